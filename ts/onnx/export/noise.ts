/** What draws numbers: ONNX's runtimes draw others. */
import { DISTRIBUTION } from '../../instructions/table.ts';
import { type Form, type Forms, inputOf } from './form.ts';

export const noises = (): Forms => ({
  dropout(to, call) {
    const [p = 0] = call.params;
    if (p === 0 || call.inputs[1] === '') return to.op('Identity', [inputOf(call)]);
    if (p === 1) return nothing(to, call);
    return to.op('Dropout', [inputOf(call), to.scalar(p), to.truth(true)]);
  },
  dropout1d: channels,
  dropout2d: channels,
  dropout3d: channels,
  random(to, { params: [distribution, p0 = 0, p1 = 0, ...shape] }) {
    if (distribution === DISTRIBUTION.uniform)
      return to.op('RandomUniform', [], { low: { float: p0 }, high: { float: p1 }, shape });
    return to.op('RandomNormal', [], { mean: { float: p0 }, scale: { float: p1 }, shape });
  },
});

function channels(...[to, call]: Parameters<Form>): string {
  if (call.params[0] === 1) return nothing(to, call);
  if (call.params[0] !== 0 && call.inputs[1] !== '') to.fail('ONNX drops single elements only');
  return to.op('Identity', [inputOf(call)]);
}

/** Everything is dropped. */
const nothing = (...[to, call]: Parameters<Form>): string => to.op('Mul', [inputOf(call), to.scalar(0)]);
