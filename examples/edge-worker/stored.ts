// The Worker of worker.ts with its model in R2 or in KV: the Worker stays small, and a new model needs no new Worker.
//
//   npx wrangler r2 object put models/blazeface-back.striate --file blazeface-back.striate
//   npx wrangler kv key put blazeface-back.striate --path blazeface-back.striate --binding MODELS_KV
//   npx wrangler dev --config stored.jsonc
import { facesHandler } from '../faces/answer.ts';

/** What of the bindings in stored.jsonc is used; one is enough. */
interface Env {
  readonly MODELS?: { get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null> };
  readonly MODELS_KV?: { get(key: string, type: 'arrayBuffer'): Promise<ArrayBuffer | null> };
}

const NAME = 'blazeface-back.striate';

async function model({ MODELS, MODELS_KV }: Env): Promise<ArrayBuffer> {
  const bytes =
    (await (await MODELS?.get(NAME))?.arrayBuffer()) ?? (await MODELS_KV?.get(NAME, 'arrayBuffer'));
  if (!bytes) throw new Error(`${NAME} is neither in R2 (MODELS) nor in KV (MODELS_KV)`);
  return bytes;
}

export default { fetch: facesHandler(model) };
