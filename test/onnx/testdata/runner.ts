/** Runs one test of ONNX's own test data: a model, and for each data set its inputs and the outputs that they must give. */
import { PbfReader } from 'pbf';
import { memory, scope, type Tensor, tensor } from 'striate';
import { loadModel, type Model } from 'striate/onnx';

/** The files of one test, by their paths in its folder: model.onnx, test_data_set_0/input_0.pb and so on. */
export type TestFiles = ReadonlyMap<string, Uint8Array>;

/** Of an output's largest magnitude: float32 sums in another order, and double computed as float32. */
const TOLERANCE = 2e-5;
/** Of float16 outputs, for their own rounding; and of tests whose values are known to four digits. */
const COARSE_TOLERANCE = 1e-3;
const FOUR_DIGITS = /^test_(roialign|blackmanwindow|hammingwindow|hannwindow)/;

interface Values {
  name: string;
  type: number;
  shape: number[];
  data: number[];
}

/** Its name, how many bytes, and how one value is read. */
type ElementType = [name: string, bytes: number, read: (view: DataView, at: number) => number];

/** By TensorProto.DataType. */
const TYPES: Record<number, ElementType> = {
  1: ['float32', 4, (view, at) => view.getFloat32(at, true)],
  2: ['uint8', 1, (view, at) => view.getUint8(at)],
  3: ['int8', 1, (view, at) => view.getInt8(at)],
  4: ['uint16', 2, (view, at) => view.getUint16(at, true)],
  5: ['int16', 2, (view, at) => view.getInt16(at, true)],
  6: ['int32', 4, (view, at) => view.getInt32(at, true)],
  7: ['int64', 8, (view, at) => Number(view.getBigInt64(at, true))],
  9: ['bool', 1, (view, at) => view.getUint8(at)],
  10: ['float16', 2, (view, at) => half(view.getUint16(at, true))],
  11: ['double', 8, (view, at) => view.getFloat64(at, true)],
  12: ['uint32', 4, (view, at) => view.getUint32(at, true)],
  13: ['uint64', 8, (view, at) => Number(view.getBigUint64(at, true))],
};

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return (sign * fraction) / 2 ** 24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A TensorProto. @throws Error for what is no tensor of numbers */
function readValues(bytes: Uint8Array): Values {
  const values: Values = { name: '', type: 0, shape: [], data: [] };
  let raw: Uint8Array | undefined;
  new PbfReader(bytes).readFields((field, _, pbf) => {
    if (field === 1) readIntegers(pbf, values.shape);
    else if (field === 2) values.type = pbf.readVarint();
    else if (field === 4) pbf.readPackedFloat(values.data);
    else if (field === 5 || field === 7) readIntegers(pbf, values.data);
    else if (field === 8) values.name = pbf.readString();
    else if (field === 9) raw = pbf.readBytes();
    else if (field === 10) pbf.readPackedDouble(values.data);
  }, null);
  const type = TYPES[values.type];
  if (type === undefined) throw new Error(`its data are no tensor of numbers (type ${values.type})`);
  if (raw !== undefined) {
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    values.data = Array.from({ length: raw.length / type[1] }, (_, i) => type[2](view, i * type[1]));
  } else if (values.type === 10) values.data = values.data.map(half);
  return values;
}

/** Packed or one by one, signed. */
function readIntegers(pbf: PbfReader, into: number[]): void {
  pbf.readPackedVarint(into, true);
}

/** What the library has in the place of a type. */
const DTYPES: Record<string, 'float32' | 'int32' | 'uint8' | 'int8'> = {
  float32: 'float32',
  float16: 'float32',
  double: 'float32',
  int64: 'int32',
  int32: 'int32',
  bool: 'uint8',
  uint8: 'uint8',
  int8: 'int8',
};

function tensorOf({ type, shape, data }: Values): Tensor {
  const [name] = TYPES[type] as ElementType;
  const dtype = DTYPES[name];
  if (dtype === undefined) throw new Error(`its inputs are of type ${name}`);
  return tensor(data, shape, { dtype }) as Tensor;
}

/** Why `got` is not what the test wants; null where it is. */
function differenceOf(got: Tensor, { name, type, shape, data }: Values, coarse: boolean): string | null {
  if (`${got.shape}` !== `${shape}`) return `${name} is of shape [${got.shape}], must be [${shape}]`;
  const isWhole = !['float32', 'float16', 'double'].includes((TYPES[type] as ElementType)[0]);
  const tolerance = coarse || type === 10 ? COARSE_TOLERANCE : TOLERANCE;
  const finite = data.filter(Number.isFinite).map(Math.abs);
  const largest = finite.reduce((most, one) => Math.max(most, one), 0);
  const ours = Array.from(got.toTypedArray(), Number);
  const at = data.findIndex((wanted, i) => {
    const is = ours[i] as number;
    if (Object.is(is, wanted) || is === wanted) return false;
    return isWhole || !(Math.abs(is - wanted) <= tolerance * largest);
  });
  return at < 0 ? null : `${name}[${at}] is ${ours[at]}, must be ${data[at]}`;
}

const setsOf = (files: TestFiles) => [
  ...new Set([...files.keys()].flatMap((path) => path.match(/^(.+)\//)?.[1] ?? [])),
];

function filesOf(files: TestFiles, set: string, what: string): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let i = 0; ; i++) {
    const file = files.get(`${set}/${what}_${i}.pb`);
    if (file === undefined) return found;
    found.push(file);
  }
}

/** Runs a data set; every tensor ends with it. */
function runSet(
  model: Model,
  given: readonly Values[],
  wanted: readonly Values[],
  coarse: boolean,
): string | null {
  let wrong: string | null = null;
  scope(() => {
    const feeds = model.inputs.map(({ name }, i) => [name, tensorOf(given[i] as Values)] as const);
    const results = model.run(Object.fromEntries(feeds));
    const differences = model.outputs.map(({ name }, i) =>
      differenceOf(results[name] as Tensor, { ...(wanted[i] as Values), name }, coarse),
    );
    wrong = differences.find((one) => one !== null) ?? null;
  });
  return wrong;
}

/** An opset_import of a ModelProto: set 7 of ONNX's own operators. The last one holds. */
const AS_SET_7 = [0x42, 2, 0x10, 7];

/** Tests of the sets 1 to 6, where an operator has no attribute that it lost later, mean what they mean in set 7. */
async function load(bytes: Uint8Array): Promise<Model> {
  try {
    return await loadModel(bytes);
  } catch (error) {
    if (!/operator set [1-6] is not/.test(String(error))) throw error;
    return loadModel(Uint8Array.of(...bytes, ...AS_SET_7));
  }
}

async function runSets(name: string, files: TestFiles): Promise<string | null> {
  const model = await load(files.get('model.onnx') as Uint8Array);
  try {
    for (const set of setsOf(files)) {
      const given = filesOf(files, set, 'input').map(readValues);
      const wanted = filesOf(files, set, 'output').map(readValues);
      const wrong = runSet(model, given, wanted, FOUR_DIGITS.test(name));
      if (wrong !== null) return wrong;
    }
  } finally {
    model.dispose();
  }
  const { liveBytes } = memory.stats();
  return liveBytes > 0 ? `${liveBytes} bytes are left alive` : null;
}

/** Null where the test passes, else what is wrong. */
export async function runTest(name: string, files: TestFiles): Promise<string | null> {
  try {
    return await runSets(name, files);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
