// @vitest-environment jsdom
/** vitest's jsdom environment: part of the globals are a page's, the rest Node's. */
import { Conv2d, compile, disposeRuntime, init, scope, type Tensor, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MODEL } from '../support/model.ts';

beforeAll(() => init().then(() => {}));
afterAll(disposeRuntime);

test('this is a page', () => {
  expect(document.createElement('p').tagName).toBe('P');
});

test('tensors of a frame', () => {
  const frame = document.body.appendChild(document.createElement('iframe')).contentWindow as unknown as {
    eval(code: string): unknown;
  };
  const data = frame.eval('Float32Array.of(1, 2)') as Float32Array;
  expect(data instanceof Float32Array).toBe(false);
  scope(() => expect(tensor(data)).toEqual(tensor([1, 2])));
});

test('a layer, a program and a model', async () => {
  const model = await loadModel(MODEL.buffer);
  scope(() => {
    const program = compile(new Conv2d(1, 1, 2), { inputs: [[1, 1, 3, 3]] });
    expect(program.run(tensor(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8), [1, 1, 3, 3])).shape).toEqual([
      1, 1, 2, 2,
    ]);
    const { y } = model.run({ x: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8) });
    expect([...(y as Tensor)]).toEqual([19, 25, 37, 43]);
  });
  model.dispose();
});
