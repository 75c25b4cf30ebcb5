/** Weights in files beside the model's: where they are looked for, which bytes of them, and what is refused. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { init, memory, type Tensor } from 'striate';
import { type ExternalData, loadModel, ModelError, type ModelSource } from 'striate/onnx';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf, type Field, floats, message, model, type NodeSpec, TYPE } from './encode.ts';

const folder = mkdtempSync(join(tmpdir(), 'striate-external-'));
const asked: string[] = [];
let server: Server;
let origin: string;

/** Four floats behind eight bytes of something else. */
const weights = bytesOf(Float32Array.of(9, 9, 1, 2, 3, 4));

/** A TensorProto whose values are elsewhere; what is not given is not written. */
function external(
  name: string,
  dims: number[],
  entries: Record<string, string>,
  type = TYPE.float,
): Uint8Array {
  const fields = Object.entries(entries).map(
    ([key, value]): Field => [
      13,
      message([
        [1, key],
        [2, value],
      ]),
    ],
  );
  return message([...dims.map((dim): Field => [1, dim]), [2, type], [8, name], ...fields, [14, 1]]);
}

const adding = (...tensors: Uint8Array[]): Uint8Array =>
  model({
    nodes: [{ op: 'Add', in: ['x', 'w'] }],
    weights: tensors,
    inputs: { x: [[2]] },
  });
const second = { location: 'm.onnx.data', offset: '16', length: '8' };

/** What the model adds to zeros. */
async function added(source: ModelSource, externalData?: ExternalData): Promise<number[]> {
  const loaded = await loadModel(source, { externalData });
  const { y } = loaded.run(new Float32Array(2)) as { y: Tensor };
  const values = [...y.data];
  y.dispose();
  loaded.dispose();
  return values;
}

beforeAll(async () => {
  await init({ maxMemoryBytes: 2 ** 26 });
  mkdirSync(join(folder, 'parts'));
  writeFileSync(join(folder, 'm.onnx'), adding(external('w', [2], second)));
  writeFileSync(join(folder, 'm.onnx.data'), weights);
  writeFileSync(join(folder, 'deep.onnx'), adding(external('w', [2], { location: './parts\\a%2f#?.bin' })));
  writeFileSync(join(folder, 'parts', 'a%2f#?.bin'), bytesOf(Float32Array.of(5, 6)));
  server = createServer((request, response) => {
    asked.push(request.url as string);
    const files: Record<string, Uint8Array> = {
      '/models/m.onnx?key=1': adding(external('w', [2], second)),
      '/models/m.onnx.data': weights,
      '/models/deep.onnx': adding(external('w', [2], { location: 'parts/a%2f#?.bin' })),
      '/models/parts/a%252f%23%3F.bin': bytesOf(Float32Array.of(5, 6)),
      '/models/none.onnx': adding(external('w', [2], { location: 'none.bin' })),
    };
    const found = files[request.url as string];
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

describe('where they are', () => {
  test('beside a path, and beside the URL of a file', async () => {
    expect(await added(join(folder, 'm.onnx'))).toEqual([3, 4]);
    expect(await added(pathToFileURL(join(folder, 'm.onnx')))).toEqual([3, 4]);
  });

  test('in a folder below the model, under a name that a URL would take for more', async () => {
    expect(await added(join(folder, 'deep.onnx'))).toEqual([5, 6]);
    expect(await added(`${origin}/models/deep.onnx`)).toEqual([5, 6]);
  });

  test('beside a URL, and beside what answered to one; each file is asked for once', async () => {
    asked.length = 0;
    expect(await added(`${origin}/models/m.onnx?key=1`)).toEqual([3, 4]);
    expect(asked).toEqual(['/models/m.onnx?key=1', '/models/m.onnx.data']);
    expect(await added(await fetch(`${origin}/models/m.onnx?key=1`))).toEqual([3, 4]);
  });

  test('given by name: before what is beside, as bytes or any other source', async () => {
    const bytes = adding(external('w', [2], second));
    expect(await added(bytes, { 'm.onnx.data': weights })).toEqual([3, 4]);
    expect(await added(bytes, { 'm.onnx.data': weights.slice().buffer as ArrayBuffer })).toEqual([3, 4]);
    expect(await added(bytes, { 'm.onnx.data': new Blob([weights as BlobPart]) })).toEqual([3, 4]);
    expect(await added(bytes, { 'm.onnx.data': join(folder, 'm.onnx.data') })).toEqual([3, 4]);
    const others = bytesOf(Float32Array.of(0, 0, 0, 0, 7, 8));
    expect(await added(join(folder, 'm.onnx'), { 'm.onnx.data': others })).toEqual([7, 8]);
    expect(
      await added(adding(external('w', [2], { ...second, location: './a/b' })), { 'a/b': weights }),
    ).toEqual([3, 4]);
  });
});

describe('which bytes', () => {
  test('from the start where there is no offset, as many as the shape has where there is no length', async () => {
    const given = { 'w.bin': weights };
    expect(await added(adding(external('w', [2], { location: 'w.bin' })), given)).toEqual([9, 9]);
    expect(await added(adding(external('w', [2], { location: 'w.bin', offset: '8' })), given)).toEqual([
      1, 2,
    ]);
  });

  test('a checksum is not looked at', async () => {
    const entries = { ...second, checksum: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' };
    expect(await added(adding(external('w', [2], entries)), { 'm.onnx.data': weights })).toEqual([3, 4]);
  });

  test('of a tensor in an attribute too', async () => {
    const value = external('', [2], second);
    const nodes: NodeSpec[] = [
      { op: 'Constant', in: [], out: ['c'], name: 'k', attributes: { value } },
      { op: 'Add', in: ['x', 'c'] },
    ];
    const bytes = model({ nodes, inputs: { x: [[2]] } });
    expect(await added(bytes, { 'm.onnx.data': weights })).toEqual([3, 4]);
    await expect(loadModel(bytes)).rejects.toThrow(
      "model: node 'k' (Constant): attribute value: its values are in the file 'm.onnx.data'",
    );
  });
});

// biome-ignore lint/suspicious/noExplicitAny: the values are wrong on purpose.
const any = (value: unknown): any => value;
const given = { 'w.bin': weights };
const outside = (location: string) =>
  `model: initializer 'w': its values are in '${location}', must be in a file of the model's folder or below it`;
const wrong: [string, Record<string, string>, string][] = [
  ['the folder above', { location: '../w.bin' }, outside('../w.bin')],
  ['a way up within', { location: 'a/../../w.bin' }, outside('a/../../w.bin')],
  ["Windows' way up", { location: '..\\w.bin' }, outside('..\\w.bin')],
  ['an absolute path', { location: '/etc/passwd' }, outside('/etc/passwd')],
  ['another origin', { location: 'http://example.org/w.bin' }, outside('http://example.org/w.bin')],
  ['another host', { location: '//example.org/w.bin' }, outside('//example.org/w.bin')],
  ['no file', { offset: '0' }, outside('')],
  ['a NUL', { location: 'w\0.bin' }, outside('w\0.bin')],
  [
    'a negative offset',
    { location: 'w.bin', offset: '-4' },
    "model: initializer 'w': its offset in another file is '-4', must be an integer from 0 to 2^53 - 1",
  ],
  [
    'an offset beyond all files',
    { location: 'w.bin', offset: '18446744073709551616' },
    "model: initializer 'w': its offset in another file is '18446744073709551616', must be an integer from 0 to 2^53 - 1",
  ],
  [
    'a length that is no integer',
    { location: 'w.bin', length: '0x8' },
    "model: initializer 'w': its length in another file is '0x8', must be an integer from 0 to 2^53 - 1",
  ],
  [
    'a length of another shape',
    { location: 'w.bin', length: '12' },
    "model: initializer 'w' of shape 2 holds 12 bytes, must hold 2 values of float (8 bytes)",
  ],
  [
    'a file that is too short',
    { location: 'w.bin', offset: '20' },
    "model: initializer 'w': its values are bytes 20 to 28 of the file 'w.bin', which has 24",
  ],
  [
    'a file that is not given',
    { location: 'v.bin' },
    "model: initializer 'w': its values are in the file 'v.bin': give its bytes as loadModel's externalData: { 'v.bin': bytes }",
  ],
];

describe('what is refused', () => {
  test.each(wrong)('%s', async (_, entries, sentence) => {
    const error = await loadModel(adding(external('w', [2], entries)), { externalData: given }).catch(
      (it) => it,
    );
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toBe(sentence);
  });

  test('files that are not there name the tensor', async () => {
    writeFileSync(join(folder, 'none.onnx'), adding(external('w', [2], { location: 'none.bin' })));
    await expect(loadModel(join(folder, 'none.onnx'))).rejects.toThrow(
      /^none\.onnx: initializer 'w': its values are in the file 'none\.bin': loadModel: source '.*none\.bin' cannot be read: ENOENT/,
    );
    await expect(loadModel(`${origin}/models/none.onnx`)).rejects.toThrow(
      "none.onnx: initializer 'w': its values are in the file 'none.bin': loadModel: none.bin was answered with status 404, must be 200",
    );
  });

  test('what is no map of sources', async () => {
    const load = (externalData: unknown) =>
      loadModel(adding(external('w', [2], { location: 'w.bin' })), { externalData: any(externalData) });
    await expect(load(weights)).rejects.toThrow(
      'loadModel: externalData is a Uint8Array, must be an object with the bytes of each file by its name',
    );
    await expect(load({ 'w.bin': 3 })).rejects.toThrow(
      "loadModel: externalData['w.bin'] is 3, must be a Uint8Array, ArrayBuffer, Blob, File, URL, Response or path",
    );
  });
});

describe('too much', () => {
  test('files of 2 GiB and more, the weights and the model', async () => {
    const path = join(folder, 'huge.onnx');
    writeFileSync(path, '');
    truncateSync(path, 2 ** 31);
    await expect(loadModel(path)).rejects.toThrow(
      'huge.onnx: it has 2147483648 bytes, must have fewer than 2^31',
    );
    const bytes = adding(external('w', [2], { location: 'w' }));
    await expect(loadModel(bytes, { externalData: { w: path } })).rejects.toThrow(
      'huge.onnx: it has 2147483648 bytes, must have fewer than 2^31',
    );
    const answer = new Response('', { headers: { 'content-length': '3000000000' } });
    await expect(loadModel(answer)).rejects.toThrow(
      'model: it has 3000000000 bytes, must have fewer than 2^31',
    );
  });

  test('weights beyond the memory are refused before a file is read', async () => {
    const many = [0, 1, 2, 3].map((i) => external(`v${i}`, [2 ** 28], { location: 'none.bin' }, TYPE.half));
    const bytes = adding(floats('w', [2], [1, 2]), ...many);
    await expect(loadModel(bytes)).rejects.toThrow(
      `loadModel: no room for ${2 ** 32 + 8} bytes; the limit is ${2 ** 26} bytes (init's maxMemoryBytes)`,
    );
  });
});
