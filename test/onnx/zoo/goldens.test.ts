/**
 * Small networks of npm packages against native onnxruntime, in both variants: goldens.json has values of every output,
 * which generate.mjs made. `npm run zoo` compares all networks and all values.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scope, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { beforeAll, expect, test } from 'vitest';
import { TOLERANCE } from '../../../scripts/zoo/compare.mjs';
import { ourFeeds } from '../../../scripts/zoo/feeds.mjs';
import { fetchModels, fileOf } from '../../../scripts/zoo/files.mjs';
import { inEachVariant } from '../../support/runtime.ts';
import { runsOf, SMALL_MODELS, samples } from './inputs.mjs';

interface Golden {
  shape: number[];
  largest: number;
  values: number[];
}

const goldens = JSON.parse(
  readFileSync(fileURLToPath(new URL('goldens.json', import.meta.url)), 'utf8'),
) as Record<string, Record<string, Golden>[]>;

beforeAll(() => fetchModels(SMALL_MODELS), 300_000);

inEachVariant('networks of the zoo', () => {
  test.each(SMALL_MODELS.map((model) => [model.name, model] as const))('%s', async (name, zooModel) => {
    const model = await loadModel(fileOf(zooModel));
    const wanted = goldens[name] as Record<string, Golden>[];
    for (const [i, run] of (await runsOf(zooModel)).entries()) {
      scope(() => {
        const results = model.run(ourFeeds(tensor, run));
        for (const [output, { shape, largest, values }] of Object.entries(wanted[i] ?? {})) {
          const got = results[output]!;
          expect(got.shape, `run ${i}, ${output}`).toEqual(shape);
          const data = got.toTypedArray();
          const off = samples(data.length).map((at, k) => Math.abs((data[at] as number) - values[k]!));
          expect(Math.max(...off) / largest, `run ${i}, ${output}`).toBeLessThanOrEqual(TOLERANCE.float32);
        }
      });
    }
    model.dispose();
  });
});
