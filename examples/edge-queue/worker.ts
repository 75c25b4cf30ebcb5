// Pictures in R2 -> Queue -> this Worker -> the faces in them in D1; as many Workers as the queue is long.
//
// R2 tells the queue of each picture that is put into it (wrangler.jsonc says how). A queue delivers at least once: a Worker may end
// half way, and a message may come twice. So a message is acknowledged after its row is written, and a row is written once: its key is the
// picture and its etag. What fails is delivered again, later each time; what has failed four times goes to the dead-letter queue, and
// is written down. docs/scale.md: what that costs.
import { decoded, facesIn, modelOnce } from '../faces/compiled.ts';
import file from './blazeface-back.striate';

/** What of the bindings is used. */
export interface Env {
  readonly PICTURES: { get(key: string): Promise<StoredPicture | null> };
  readonly DB: { prepare(query: string): Statement };
}
interface StoredPicture {
  readonly etag: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}
interface Statement {
  bind(...values: readonly (string | number)[]): Statement;
  first(): Promise<object | null>;
  run(): Promise<unknown>;
}

/** What R2 tells of an object that was put, as far as it is read. */
export interface Told {
  readonly object: { readonly key: string; readonly eTag: string };
}
export interface Message {
  readonly body: Told;
  /** How often it was delivered, this time included. */
  readonly attempts: number;
  ack(): void;
  retry(options: { delaySeconds: number }): void;
}
export interface Batch {
  readonly queue: string;
  readonly messages: readonly Message[];
}

const DEAD = 'pictures-dead';
/** Seconds before a second delivery, doubled for each further one. */
const FIRST_DELAY = 1;

const load = modelOnce(() => file);

export default {
  /** One message after the other: pictures are decoded in memory, of which a Worker has 128 MB. */
  async queue({ queue, messages }: Batch, env: Env): Promise<void> {
    for (const message of messages) {
      if (queue === DEAD) await bury(message, env);
      else await process(message, env);
    }
  },
};

async function process(message: Message, { PICTURES, DB }: Env): Promise<void> {
  const { key, eTag: etag } = message.body.object;
  try {
    const known = DB.prepare('SELECT 1 FROM results WHERE key = ? AND etag = ?').bind(key, etag);
    if (!(await known.first())) {
      const stored = await PICTURES.get(key);
      // One that was deleted has no faces to be found, and of one that was overwritten R2 tells again.
      if (stored?.etag === etag) {
        const model = await load();
        const picture = await decoded(new Uint8Array(await stored.arrayBuffer()));
        const faces = JSON.stringify(facesIn(picture, model));
        await DB.prepare('INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?)')
          .bind(key, etag, picture.width, picture.height, faces)
          .run();
      }
    }
    if (message.attempts > 1)
      await DB.prepare('DELETE FROM failures WHERE key = ? AND etag = ?').bind(key, etag).run();
    message.ack();
  } catch (error) {
    await DB.prepare('INSERT OR REPLACE INTO failures VALUES (?, ?, ?, 0)')
      .bind(key, etag, (error as Error).message)
      .run();
    message.retry({ delaySeconds: FIRST_DELAY * 2 ** (message.attempts - 1) });
  }
}

/** A message of the dead-letter queue: its last error is known, and now final. */
async function bury(message: Message, { DB }: Env): Promise<void> {
  const { key, eTag: etag } = message.body.object;
  await DB.prepare(BURY).bind(key, etag).run();
  message.ack();
}

/** Not where the Worker ended each time, but only after the row was written. */
const BURY = `INSERT INTO failures SELECT ?1, ?2, 'the Worker ended each time', 1
  WHERE NOT EXISTS (SELECT 1 FROM results WHERE key = ?1 AND etag = ?2) ON CONFLICT DO UPDATE SET dead = 1`;
