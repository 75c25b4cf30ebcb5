/** Programs, models and gradient records as text and in consoles. */
import { inspect } from 'node:util';
import { add, Conv2d, compile, ones, relu, scope, type Tensor, vjp, zeros } from 'striate';
import { loadModel } from 'striate/onnx';
import { expect, test } from 'vitest';
import { MODEL } from '../support/model.ts';
import { inEachVariant } from '../support/runtime.ts';

inEachVariant('what runs shows itself', () => {
  test('a program', () => {
    scope(() => {
      const program = compile(new Conv2d(3, 4, 3, { padding: 1, bias: false }), { inputs: [[1, 3, 8, 8]] });
      const { weightBytes, arenaBytes } = program;
      const text = `Program (inputs[0]: float32 [1, 3, 8, 8]) -> (float32 [1, 4, 8, 8]); steps: 1, weights: ${weightBytes} bytes, activations: ${arenaBytes} bytes`;
      expect(String(program)).toBe(text);
      expect(inspect({ program })).toContain(text);
      expect(Object.keys(program)).toEqual(['inputs', 'outputs', 'arenaBytes', 'weightBytes']);
      program.dispose();
      expect(String(program)).toBe('Program (disposed)');
    });
  });

  test('a program of several inputs and outputs, by name', () => {
    scope(() => {
      const f = (x: Tensor, y: Tensor) => [relu(x), add(x, y)];
      const program = compile(f, {
        inputs: [
          { shape: [2], name: 'x' },
          { shape: [], name: 'y' },
        ],
      });
      expect(String(program)).toMatch(
        /^Program \(x: float32 \[2\], y: float32 \[\]\) -> \(float32 \[2\], float32 \[2\]\); steps: 2, /,
      );
    });
  });

  test('a model', async () => {
    const model = await loadModel(MODEL);
    const text = 'Model model (x: float32 [1, 1, 3, 3]) -> (y: float32 [...]); nodes: 2, weights: 16 bytes';
    expect(String(model)).toBe(text);
    expect(inspect([model])).toContain(text);
    expect(Object.keys(model)).toEqual(['inputs', 'outputs', 'notes', 'metadata', 'nodes']);
    model.dispose();
    expect(String(model)).toBe('Model model (disposed)');
  });

  test('a gradient record shows its value, and nothing of its own', () => {
    scope(() => {
      const record = vjp(relu, ones([2]));
      expect(Object.keys(record).sort()).toEqual(['dispose', 'pullback', 'value']);
      expect(inspect(record)).toContain('value: Tensor float32 [2] [1, 1]');
    });
  });

  test('a scope still keeps what is inside of what it returns', () => {
    const { list, record } = scope(() => ({ list: [{ x: zeros([1]) }], record: vjp(relu, ones([1])) }));
    expect([list[0]?.x.disposed, record.disposed, record.value.disposed]).toEqual([false, false, false]);
    for (const one of [list[0]!.x, record, record.value]) one.dispose();
  });
});
