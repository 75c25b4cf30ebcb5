import { expect, test } from 'vitest';
import { wrongCalls } from '../support/families.ts';
import { beforeInit, cases, faults, starts } from './cases.ts';
import { habits } from './habits.ts';
import { noTensors } from './noTensors.ts';
import { filesOf, literalsOf, sentencesOf } from './sources.ts';

/** Guards that no call reaches: inputs from whose values a shape is computed are known when a program is made. */
const GUARDS = [/must be known when importing, but is computed from an input's values$/];

test('every sentence that the sources can throw is written in a test, in full', () => {
  const said = [...noTensors, ...habits, ...wrongCalls, ...cases, ...beforeInit, ...starts, ...faults].map(
    ([, , , sentence]) =>
      typeof sentence === 'string' ? sentence : sentence.source.replace(/^\^|\\(?=[.()])/g, ''),
  );
  // What models, files, pictures, training, a pool of threads and the library's own graphs say has tests of its own.
  const others = [
    ...[
      'test/onnx',
      'test/files',
      'test/image',
      'test/train',
      'test/runtime',
      'test/compiled',
      'test/quantize',
    ].flatMap(filesOf),
    ...['test/threads/pool.test.ts', 'test/graph/graph.test.ts', 'test/analyze/inside.test.ts'],
  ];
  said.push(...others.flatMap(literalsOf));
  const sites = filesOf('ts').flatMap(sentencesOf);
  expect(sites.length).toBeGreaterThan(150);
  const missing = sites
    .filter(({ pattern }) => !said.some((sentence) => new RegExp(pattern).test(sentence)))
    .filter(({ pattern }) => !GUARDS.some((guard) => guard.test(pattern)));
  expect(missing.map(({ at, pattern }) => `${at}: ${pattern}`)).toEqual([]);
});
