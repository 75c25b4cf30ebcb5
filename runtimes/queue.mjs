// examples/edge-queue under miniflare: R2, the queue, the Worker and D1 in one workerd, as wrangler.jsonc sets them up. What miniflare's R2
// does not do is done here: it tells the queue of each picture that is put into it.
import fs from 'node:fs';
import path from 'node:path';
import { startWorkerd, workerModules } from './edge.mjs';

const withoutComments = (text) => text.replace(/^\s*(\/\/|--).*$/gm, '');

function settingsOf(folder) {
  const read = (name) => withoutComments(fs.readFileSync(path.join(folder, name), 'utf8'));
  const { queues, r2_buckets, d1_databases } = JSON.parse(read('wrangler.jsonc'));
  const consumers = queues.consumers.map((one) => [
    one.queue,
    {
      maxBatchSize: one.max_batch_size,
      maxBatchTimeout: one.max_batch_timeout,
      maxRetries: one.max_retries,
      deadLetterQueue: one.dead_letter_queue,
    },
  ]);
  return {
    schema: read('schema.sql')
      .split(';')
      .filter((statement) => statement.trim() !== ''),
    options: {
      r2Buckets: r2_buckets.map(({ binding }) => binding),
      d1Databases: d1_databases.map(({ binding }) => binding),
      queueConsumers: Object.fromEntries(consumers),
      queueProducers: { TELL: { queueName: queues.consumers[0].queue } },
    },
  };
}

/**
 * Starts the example in `folder`, which `bring` has filled; `entry` is its Worker, or a test's around it. `use` is given
 * { put, tell, rows, ask, processes }: a picture into R2 (which is told of), what R2 would tell once more, the rows of a query, a request to the Worker.
 */
export async function withQueue(folder, entry, use) {
  const own = path.join(folder, 'edge-queue');
  const { options, schema } = settingsOf(own);
  const { worker, processes } = await startWorkerd({ modules: await workerModules(own, entry), ...options });
  try {
    const [bucket, database, queue] = [
      await worker.getR2Bucket('PICTURES'),
      await worker.getD1Database('DB'),
      await worker.getQueueProducer('TELL'),
    ];
    for (const statement of schema) await database.prepare(statement).run();
    const tell = (object) => queue.send({ action: 'PutObject', bucket: 'pictures', object });
    const put = async (key, bytes) => {
      const { etag: eTag, size } = await bucket.put(key, bytes);
      const object = { key, size, eTag };
      await tell(object);
      return object;
    };
    const rows = async (query) => (await database.prepare(query).all()).results;
    const ask = async (address) => (await worker.dispatchFetch(`http://localhost/${address}`)).json();
    return await use({ put, tell, rows, ask, processes });
  } finally {
    await worker.dispose();
  }
}
