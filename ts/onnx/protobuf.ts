/**
 * ONNX's ModelProto as plain structures: what the importer needs of it, in the file's order. Weights stay views of the
 * file's bytes (raw_data begins at any byte), to be converted when their tensor is made (weights.ts). The graphs in
 * attributes of control flow are read as the model's own is, up to a depth; the types of sequences are not entered.
 */
import { ModelError } from '../base/errors.ts';
import { Message } from './wire.ts';

export interface ModelProto {
  readonly file: string;
  /** Version of each operator set by domain; ONNX's own is ''. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: GraphProto;
  /** What exporters and users note in the file besides. */
  readonly metadata: ReadonlyMap<string, string>;
  /** By the operator that calls it. */
  readonly functions: ReadonlyMap<string, FunctionProto>;
}

/** Nodes that a model calls as one operator. */
export interface FunctionProto {
  readonly inputs: string[];
  readonly outputs: string[];
  readonly nodes: NodeProto[];
  readonly opsets: Map<string, number>;
  /** Attributes that a call may leave out. */
  readonly defaults: Map<string, Attribute>;
}

export interface GraphProto {
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
  readonly inputs: ValueInfo[];
  readonly outputs: ValueInfo[];
}

export interface NodeProto {
  readonly name: string;
  /** The operator, with its domain before it when that is not ONNX's own. */
  readonly operator: string;
  /** An input or output that was left out is ''. */
  readonly inputs: string[];
  readonly outputs: string[];
  readonly attributes: Map<string, Attribute>;
}

export type AttributeKind =
  | 'float'
  | 'int'
  | 'string'
  | 'tensor'
  | 'floats'
  | 'ints'
  | 'strings'
  | 'graph'
  | 'other';

export interface Attribute {
  kind: AttributeKind;
  float: number;
  int: number;
  string: string;
  tensor: TensorProto | null;
  /** What If, Loop and Scan run: it may read the names of the graph around it. */
  graph: GraphProto | null;
  /** In a function: the attribute of the call that it stands for; '' elsewhere. */
  reference: string;
  floats: number[];
  ints: number[];
  strings: string[];
}

export interface TensorProto {
  name: string;
  dims: number[];
  /** TensorProto.DataType. */
  type: number;
  raw: Uint8Array | null;
  /** Little-endian floats and doubles, in pieces. */
  floats: Uint8Array[];
  doubles: Uint8Array[];
  int32s: number[];
  int64s: number[];
  /** Where the values lie in another file, as the file writes it; null when they are here, or have been read. */
  external: External | null;
  /** Of a sparse tensor, whose values these are: where they lie; `dims` are then the whole tensor's, of which the rest is 0. */
  places: TensorProto | null;
}

/** The entries of external_data that are read: a file's path, and a range of its bytes in decimal digits. */
export interface External {
  location: string;
  offset: string;
  length: string;
}

export interface ValueInfo {
  name: string;
  /** TensorProto.DataType; 0 when this is no tensor, or of an unknown type. */
  type: number;
  /** What it is that is no tensor: 'a sequence'. */
  other: string | null;
  /** An axis is its size, or its name when it is free ('?' when it has none); null when the rank is unknown. */
  shape: (number | string)[] | null;
}

/** Reads a model; `file` names it in errors. @throws ModelError */
export function readModel(bytes: Uint8Array, file: string): ModelProto {
  const message = new Message(bytes, file, 'model');
  const opsets = new Map<string, number>();
  const functions = new Map<string, FunctionProto>();
  const metadata = new Map<string, string>();
  let graph: GraphProto | null = null;
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 7) graph = readGraph(message.message('graph'), file, 0);
    else if (field === 8) readOpset(message.message('opset_import'), opsets);
    else if (field === 14) readEntry(message.message('metadata_props'), metadata);
    else if (field === 25) {
      const [operator, made] = readFunction(message.message(`function ${functions.size}`), file);
      functions.set(operator, made);
    } else message.skip();
  }
  if (graph === null) throw new ModelError(`${file}: no graph: this is no ONNX model`);
  return { file, opsets, graph, metadata, functions };
}

function readEntry(message: Message, to: Map<string, string>): void {
  let [key, value] = ['', ''];
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) key = message.string();
    else if (field === 2) value = message.string();
    else message.skip();
  }
  to.set(key, value);
}

function readFunction(message: Message, file: string): [operator: string, made: FunctionProto] {
  const made: FunctionProto = { inputs: [], outputs: [], nodes: [], opsets: new Map(), defaults: new Map() };
  let name = '';
  let domain = '';
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) name = message.string();
    else if (field === 4) made.inputs.push(message.string());
    else if (field === 5) made.outputs.push(message.string());
    else if (field === 7) made.nodes.push(readNode(message.message(`node ${made.nodes.length}`), file, 0));
    else if (field === 9) readOpset(message.message('opset_import'), made.opsets);
    else if (field === 10) domain = message.string();
    else if (field === 11) {
      const where = `attribute ${made.defaults.size} of function '${name}'`;
      readAttribute(message.message(where), where, file, 1, made.defaults);
    } else message.skip();
  }
  return [operatorName(domain, name), made];
}

/** An operator with its domain before it, when that is not ONNX's own. */
const operatorName = (domain: string, name: string) =>
  domain === '' || domain === 'ai.onnx' ? name : `${domain}.${name}`;

function readOpset(message: Message, opsets: Map<string, number>): void {
  let domain = '';
  let version = 0;
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) domain = message.string();
    else if (field === 2) version = message.integer();
    else message.skip();
  }
  opsets.set(domain === 'ai.onnx' ? '' : domain, version);
}

/** Graphs within graphs: real models have a few. */
const MAX_DEPTH = 32;

function readGraph(message: Message, file: string, depth: number): GraphProto {
  if (depth > MAX_DEPTH)
    throw new ModelError(`${file}: graphs lie more than ${MAX_DEPTH} deep in each other's attributes`);
  const graph: GraphProto = { nodes: [], initializers: [], inputs: [], outputs: [] };
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) graph.nodes.push(readNode(message.message(`node ${graph.nodes.length}`), file, depth));
    else if (field === 5)
      graph.initializers.push(readTensor(message, `initializer ${graph.initializers.length}`));
    else if (field === 11) graph.inputs.push(readValueInfo(message.message(`input ${graph.inputs.length}`)));
    else if (field === 12)
      graph.outputs.push(readValueInfo(message.message(`output ${graph.outputs.length}`)));
    else if (field === 15)
      graph.initializers.push(readSparse(message, `initializer ${graph.initializers.length}`));
    else message.skip();
  }
  return graph;
}

function readNode(message: Message, file: string, depth: number): NodeProto {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  let name = '';
  let operator = '';
  let domain = '';
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) inputs.push(message.string());
    else if (field === 2) outputs.push(message.string());
    else if (field === 3) name = message.string();
    else if (field === 4) operator = message.string();
    else if (field === 5) {
      const where = `attribute ${attributes.size} of node '${name || operator}'`;
      readAttribute(message.message(where), where, file, depth + 1, attributes);
    } else if (field === 7) domain = message.string();
    else message.skip();
  }
  return { name, operator: operatorName(domain, operator), inputs, outputs, attributes };
}

/** AttributeProto.type by number; sparse tensors are tensors. */
const KINDS: readonly (AttributeKind | undefined)[] = [
  undefined,
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  ...new Array<undefined>(2),
  'tensor',
];

/** The fields that hold a value, and the kind that they are of: for old files without the attribute's type. */
const KIND_OF_FIELD: Readonly<Record<number, AttributeKind>> = {
  2: 'float',
  3: 'int',
  4: 'string',
  5: 'tensor',
  6: 'graph',
  7: 'floats',
  8: 'ints',
  9: 'strings',
  22: 'tensor',
};

/** Reads an attribute, whose graph lies so deep in others, and puts it under its name. */
function readAttribute(
  message: Message,
  where: string,
  file: string,
  depth: number,
  to: Map<string, Attribute>,
): void {
  const attribute: Attribute = {
    kind: 'other',
    float: 0,
    int: 0,
    string: '',
    tensor: null,
    graph: null,
    reference: '',
    floats: [],
    ints: [],
    strings: [],
  };
  let name = '';
  let type = 0;
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (attribute.kind === 'other') attribute.kind = KIND_OF_FIELD[field] ?? 'other';
    if (field === 1) name = message.string();
    else if (field === 2) attribute.float = message.float();
    else if (field === 3) attribute.int = message.integer();
    else if (field === 4) attribute.string = message.string();
    else if (field === 5) attribute.tensor = readTensor(message, where);
    else if (field === 6) attribute.graph = readGraph(message.message(where), file, depth);
    else if (field === 7) message.floats(attribute.floats);
    else if (field === 8) message.integers(attribute.ints);
    else if (field === 9) attribute.strings.push(message.string());
    else if (field === 20) type = message.integer();
    else if (field === 22) attribute.tensor = readSparse(message, where);
    else if (field === 21) attribute.reference = message.string();
    else message.skip();
  }
  if (type !== 0) attribute.kind = KINDS[type] ?? 'other';
  to.set(name, attribute);
}

function emptyProto(): TensorProto {
  return {
    name: '',
    dims: [],
    type: 0,
    raw: null,
    floats: [],
    doubles: [],
    int32s: [],
    int64s: [],
    external: null,
    places: null,
  };
}

/** A SparseTensorProto as its values, which have the name. */
function readSparse(outer: Message, where: string): TensorProto {
  const message = outer.message(where);
  let values = emptyProto();
  let places = emptyProto();
  const dims: number[] = [];
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) values = readTensor(message, `values of ${where}`);
    else if (field === 2) places = readTensor(message, `indices of ${where}`);
    else if (field === 3) message.integers(dims);
    else message.skip();
  }
  return { ...values, dims, places };
}

function readTensor(outer: Message, where: string): TensorProto {
  const message = outer.message(where);
  const tensor = emptyProto();
  const external: External = { location: '', offset: '', length: '' };
  let isExternal = false;
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) message.integers(tensor.dims);
    else if (field === 2) tensor.type = message.integer();
    else if (field === 4) tensor.floats.push(message.fixed(4));
    else if (field === 5) message.integers(tensor.int32s);
    else if (field === 7) message.integers(tensor.int64s);
    else if (field === 8) tensor.name = message.string();
    else if (field === 9) tensor.raw = message.bytes();
    else if (field === 10) tensor.doubles.push(message.fixed(8));
    else if (field === 13) readExternal(message.message(where), external);
    else if (field === 14) isExternal = message.integer() === 1;
    else message.skip();
  }
  if (isExternal) tensor.external = external;
  return tensor;
}

/** One entry of external_data; a checksum, which nothing else reads either, is skipped. */
function readExternal(message: Message, external: External): void {
  let key = '';
  let value = '';
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) key = message.string();
    else if (field === 2) value = message.string();
    else message.skip();
  }
  if (key === 'location' || key === 'offset' || key === 'length') external[key] = value;
}

function readValueInfo(message: Message): ValueInfo {
  const info: ValueInfo = { name: '', type: 0, other: null, shape: null };
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) info.name = message.string();
    else if (field === 2) readType(message.message('type'), info);
    else message.skip();
  }
  return info;
}

/** TypeProto's fields that are no tensor. */
const OTHERS: Readonly<Record<number, string>> = {
  4: 'a sequence',
  5: 'a map',
  8: 'a sparse tensor',
  9: 'an optional value',
};

function readType(message: Message, info: ValueInfo): void {
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field !== 1) {
      info.other ??= OTHERS[field] ?? null;
      message.skip();
      continue;
    }
    const tensor = message.message('tensor type');
    for (let inner = tensor.next(); inner !== 0; inner = tensor.next()) {
      if (inner === 1) info.type = tensor.integer();
      else if (inner === 2) info.shape = readShape(tensor.message('shape'));
      else tensor.skip();
    }
  }
}

function readShape(message: Message): (number | string)[] {
  const shape: (number | string)[] = [];
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) shape.push(readAxis(message.message('axis of a shape')));
    else message.skip();
  }
  return shape;
}

/** Exporters write a free axis as a name, as nothing, or as 0 or -1. */
function readAxis(message: Message): number | string {
  let size = 0;
  let name = '';
  for (let field = message.next(); field !== 0; field = message.next()) {
    if (field === 1) size = message.integer();
    else if (field === 2) name = message.string();
    else message.skip();
  }
  return size > 0 ? size : name || '?';
}
