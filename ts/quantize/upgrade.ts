/**
 * Models of operator sets below 13 as set 13 has them, the first whose DequantizeLinear has a scale for each output channel: what
 * were attributes of Clip, Pad, Slice, Squeeze, Unsqueeze, Split, ReduceSum and TopK are inputs there, Upsample is Resize, Scatter is
 * ScatterElements, and the softmaxes take one axis.
 */
import type { Attribute, GraphProto, ModelProto, NodeProto, TensorProto } from '../onnx/protobuf.ts';
import { int64s, intAttribute, nodeProto, stringAttribute, tensorProto } from './protos.ts';

const SET = 13;

/** The model in operator set 13, or in its own where that is later. */
export function upgraded(model: ModelProto): ModelProto {
  const opset = model.opsets.get('') as number;
  if (opset >= SET) return model;
  return {
    ...model,
    opsets: new Map([...model.opsets, ['', SET]]),
    graph: upgradedGraph(model.graph, opset, ''),
  };
}

function upgradedGraph(graph: GraphProto, opset: number, prefix: string): GraphProto {
  const made: TensorProto[] = [];
  const nodes = graph.nodes.flatMap((node, index): readonly NodeProto[] => {
    const own = `${prefix}set${SET}/${node.operator}_${index}`;
    const attributes = new Map(
      [...node.attributes].map(([name, one]) => [
        name,
        one.graph === null ? one : { ...one, graph: upgradedGraph(one.graph, opset, `${own}/`) },
      ]),
    );
    const constant = (tensor: TensorProto): string => {
      made.push(tensor);
      return tensor.name;
    };
    return (
      RULES[node.operator]?.({ ...node, attributes }, { own, opset, constant }) ?? [{ ...node, attributes }]
    );
  });
  return { ...graph, nodes, initializers: [...graph.initializers, ...made] };
}

interface Place {
  /** A name that nothing else has. */
  readonly own: string;
  /** The model's operator set. */
  readonly opset: number;
  constant(tensor: TensorProto): string;
}

/** The nodes that stand for one; undefined: itself. */
type Rule = (node: NodeProto, place: Place) => readonly NodeProto[] | undefined;

/** Without these attributes. */
const without = (node: NodeProto, names: readonly string[]): NodeProto => ({
  ...node,
  attributes: new Map([...node.attributes].filter(([name]) => !names.includes(name))),
});

const withInputs = (node: NodeProto, inputs: readonly string[]): NodeProto => ({
  ...node,
  inputs: [...inputs],
});

/** An attribute of integers as an input. */
const listed =
  (name: string): Rule =>
  (node, { own, constant }) => {
    const list = node.attributes.get(name)?.ints;
    if (list === undefined) return undefined;
    return [
      withInputs(without(node, [name]), [node.inputs[0] ?? '', constant(int64s(`${own}/${name}`, list))]),
    ];
  };

const scalar = (name: string, value: number): TensorProto => tensorProto(name, [], Float32Array.of(value));

const clip: Rule = (node, { own, opset, constant }) => {
  if (opset >= 11) return undefined;
  const bounds = ['min', 'max'].map((name) => {
    const one = node.attributes.get(name);
    return one === undefined ? '' : constant(scalar(`${own}/${name}`, one.float));
  });
  return [withInputs(without(node, ['min', 'max']), [node.inputs[0] ?? '', ...bounds])];
};

const pad: Rule = (node, { own, opset, constant }) => {
  if (opset >= 11) return undefined;
  const pads = constant(int64s(`${own}/pads`, node.attributes.get('pads')?.ints ?? []));
  const value = constant(scalar(`${own}/value`, node.attributes.get('value')?.float ?? 0));
  return [withInputs(without(node, ['pads', 'value']), [node.inputs[0] ?? '', pads, value])];
};

const slice: Rule = (node, { own, opset, constant }) => {
  if (opset >= 10) return undefined;
  const names = ['starts', 'ends', 'axes'].filter((name) => node.attributes.has(name));
  const inputs = names.map((name) =>
    constant(int64s(`${own}/${name}`, node.attributes.get(name)?.ints ?? [])),
  );
  return [withInputs(without(node, names), [node.inputs[0] ?? '', ...inputs])];
};

const topK: Rule = (node, { own, opset, constant }) => {
  if (opset >= 10) return undefined;
  const k = constant(int64s(`${own}/k`, [node.attributes.get('k')?.int ?? 1]));
  return [withInputs(without(node, ['k']), [node.inputs[0] ?? '', k])];
};

/** Where a place of the input was asked for by an output's place, its coordinates were divided by the scale and rounded down. */
const OLD_RESIZE: Readonly<Record<string, Attribute>> = {
  coordinate_transformation_mode: stringAttribute('asymmetric'),
  nearest_mode: stringAttribute('floor'),
};

const resize: Rule = (node, { own, opset, constant }) => {
  if (opset >= 11 && node.operator === 'Resize') return undefined;
  const [x = '', given] = node.inputs;
  const floats = node.attributes.get('scales')?.floats ?? [];
  const scales = given ?? constant(tensorProto(`${own}/scales`, [floats.length], Float32Array.from(floats)));
  const attributes = new Map([...without(node, ['scales']).attributes, ...Object.entries(OLD_RESIZE)]);
  return [{ ...node, operator: 'Resize', inputs: [x, '', scales], attributes }];
};

/** It took all axes from one on as one: its input is flattened for it, and its output given the old shape. */
const softmax: Rule = (node, { own }) => {
  const axis = node.attributes.get('axis') ?? intAttribute(1);
  const [x = ''] = node.inputs;
  const flat = nodeProto('Flatten', [x], `${own}/flat`, { axis });
  const soft = nodeProto(node.operator, [`${own}/flat`], `${own}/soft`, { axis: intAttribute(-1) });
  const shape = nodeProto('Shape', [x], `${own}/shape`);
  return [
    flat,
    soft,
    shape,
    { ...node, operator: 'Reshape', inputs: [`${own}/soft`, `${own}/shape`], attributes: new Map() },
  ];
};

const RULES: Readonly<Record<string, Rule | undefined>> = {
  Clip: clip,
  Pad: pad,
  Slice: slice,
  TopK: topK,
  ...{
    Squeeze: listed('axes'),
    Unsqueeze: listed('axes'),
    ReduceSum: listed('axes'),
    Split: listed('split'),
  },
  ...{ Resize: resize, Upsample: resize },
  ...{ Softmax: softmax, LogSoftmax: softmax, Hardmax: softmax },
  Scatter: (node) => [{ ...node, operator: 'ScatterElements' }],
  Dropout: (node, { opset }) => (opset >= 12 ? undefined : [without(node, ['ratio'])]),
  BatchNormalization: (node) => [without(node, ['spatial'])],
};
