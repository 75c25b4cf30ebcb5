// A .tflite file of a network's tensors and operators: the flatbuffer of TensorFlow Lite's schema, version 3. A table's fields are
// written by their numbers in the schema.
import { Builder } from 'flatbuffers';

const TYPES = { float32: 0, int32: 2, int8: 9 };
const ALIGNMENT = 16; // of a tensor's bytes

/** By name: the operator's number and its version for floats and bytes, the number of its options' table, and that table's fields. */
const OPERATORS = {
  add: { code: 0, versions: [1, 2], options: 11, fields: { activation: [0, 'Int8'] } },
  conv: {
    ...{ code: 3, versions: [1, 3], options: 1 },
    fields: {
      padding: [0, 'Int8'],
      strideX: [1, 'Int32'],
      strideY: [2, 'Int32'],
      activation: [3, 'Int8'],
      dilationX: [4, 'Int32', 1],
      dilationY: [5, 'Int32', 1],
    },
  },
  depthwise: {
    ...{ code: 4, versions: [2, 3], options: 2 },
    fields: {
      padding: [0, 'Int8'],
      strideX: [1, 'Int32'],
      strideY: [2, 'Int32'],
      multiplier: [3, 'Int32'],
      activation: [4, 'Int8'],
      dilationX: [5, 'Int32', 1],
      dilationY: [6, 'Int32', 1],
    },
  },
  dense: { code: 9, versions: [1, 4], options: 8, fields: { activation: [0, 'Int8'] } },
  mean: { code: 40, versions: [1, 2], options: 27, fields: { keepDims: [0, 'Int8'] } },
};

/** A table of `[number, kind, value, default]` fields. */
function table(to, fields) {
  to.startObject(Math.max(-1, ...fields.map(([number]) => number)) + 1);
  for (const [number, kind, value, usual = 0] of fields) to[`addField${kind}`](number, value, usual);
  return to.endObject();
}

function vector(to, values, bytes, add) {
  to.startVector(bytes, values.length, bytes);
  for (const value of [...values].reverse()) to[add](value);
  return to.endVector();
}

const offsets = (to, values) => vector(to, values, 4, 'addOffset');
const integers = (to, values) => vector(to, values, 4, 'addInt32');

function bytesOf(to, { buffer, byteOffset, byteLength }) {
  to.startVector(1, byteLength, ALIGNMENT);
  to.space -= byteLength;
  to.bb.bytes().set(new Uint8Array(buffer, byteOffset, byteLength), to.space);
  return to.endVector();
}

function quantizationOf(to, { scales, zero, axis }) {
  const scale = vector(to, scales, 4, 'addFloat32');
  const zeros = vector(to, Array(scales.length).fill(BigInt(zero)), 8, 'addInt64');
  return table(to, [
    [2, 'Offset', scale],
    [3, 'Offset', zeros],
    [6, 'Int32', axis ?? 0],
  ]);
}

function tensorOf(to, { shape, type, scaled }, i) {
  const name = to.createString(`t${i}`);
  const sizes = integers(to, shape);
  const quantization = scaled === undefined ? 0 : quantizationOf(to, scaled);
  return table(to, [
    [0, 'Offset', sizes],
    [1, 'Int8', TYPES[type]],
    [2, 'Int32', i + 1],
    [3, 'Offset', name],
    [4, 'Offset', quantization],
  ]);
}

function operatorOf(to, { operator, inputs, output, values }, kinds) {
  const { options, fields } = OPERATORS[operator];
  const given = Object.entries(values).map(([name, value]) => {
    const [number, kind, usual] = fields[name];
    return [number, kind, value, usual];
  });
  const own = table(to, given);
  const [from, into] = [integers(to, inputs), integers(to, [output])];
  return table(to, [
    [0, 'Int32', kinds.indexOf(operator)],
    [1, 'Offset', from],
    [2, 'Offset', into],
    [3, 'Int8', options],
    [4, 'Offset', own],
  ]);
}

const codeOf = (to, operator, isOfBytes) => {
  const { code, versions } = OPERATORS[operator];
  return table(to, [
    [0, 'Int8', code],
    [2, 'Int32', versions[Number(isOfBytes)], 1],
    [3, 'Int32', code],
  ]);
};

/**
 * The bytes of a model. `tensors`: { shape, type, data, scaled: { scales, zero, axis } } each, `operators`: { operator, inputs, output,
 * values } each, inputs and output as places in `tensors`. The first tensor is the model's input, the last operator's output its output.
 */
export function tflite({ tensors, operators }) {
  const to = new Builder(tensors.reduce((total, { data }) => total + (data?.byteLength ?? 0) + 512, 4096));
  const kinds = [...new Set(operators.map(({ operator }) => operator))];
  const isOfBytes = tensors[0].type === 'int8';
  const buffers = [table(to, [])];
  for (const { data } of tensors) {
    const bytes = data === undefined ? 0 : bytesOf(to, data);
    buffers.push(table(to, bytes === 0 ? [] : [[0, 'Offset', bytes]]));
  }
  const tables = offsets(
    to,
    tensors.map((tensor, i) => tensorOf(to, tensor, i)),
  );
  const [inputs, outputs] = [integers(to, [0]), integers(to, [operators.at(-1).output])];
  const nodes = offsets(
    to,
    operators.map((one) => operatorOf(to, one, kinds)),
  );
  const graph = table(to, [
    [0, 'Offset', tables],
    [1, 'Offset', inputs],
    [2, 'Offset', outputs],
    [3, 'Offset', nodes],
  ]);
  const codes = offsets(
    to,
    kinds.map((kind) => codeOf(to, kind, isOfBytes)),
  );
  const graphs = offsets(to, [graph]);
  const data = offsets(to, buffers);
  to.finish(
    table(to, [
      [0, 'Int32', 3],
      [1, 'Offset', codes],
      [2, 'Offset', graphs],
      [4, 'Offset', data],
    ]),
    'TFL3',
  );
  return to.asUint8Array();
}
