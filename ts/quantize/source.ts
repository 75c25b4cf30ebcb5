/** What is quantised, as the parts of an ONNX model: an imported one's own, or those of a module that is exported for it. */
import { ModelError, wrongKind } from '../base/errors.ts';
import { atOnce } from '../base/steps.ts';
import { type AnyModule, Module } from '../layers/module.ts';
import { type ExportInput, exportOnnx } from '../onnx/export/index.ts';
import { checkGraph } from '../onnx/graph.ts';
import { handlerTable } from '../onnx/handlers/all.ts';
import { Model } from '../onnx/model.ts';
import { type ModelProto, readModel } from '../onnx/protobuf.ts';
import type { Numbers } from '../tensor/copied.ts';
import { numbersFor } from '../tensor/data.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Feed, Feeds } from '../transforms/feeds.ts';
import { Editing, type Weight } from './editing.ts';
import { foldNorms } from './fold.ts';
import { upgraded } from './upgrade.ts';

const where = 'quantize';

/** @throws TypeError for what is neither; ModelError for what is quantised already */
export function requireSource(net: unknown): Model | AnyModule {
  if (net instanceof Module) return net as AnyModule;
  if (!(net instanceof Model))
    throw wrongKind(where, 'model', net, 'a Model, as loadModel gives it, or a Module');
  if (net.disposed) throw new TypeError(`${where}: the model is disposed`);
  const integers = net.nodes.find(({ operator }) => /Quantize|QLinear|Integer$/.test(operator));
  if (integers === undefined) return net;
  throw new ModelError(
    `${where}: the model is quantised already: node '${integers.name}' is ${integers.operator}`,
  );
}

/** A model of one's own, which must be disposed: of a module the shapes are those of the first input, and its first axis is free where the module leaves it so. */
export function modelOf(net: Model | AnyModule, first: Feeds | Feed): { model: Model; isOwn: boolean } {
  if (net instanceof Model) return { model: net, isOwn: false };
  const proto = readModel(exported(net, first), 'module.onnx');
  return { model: made(proto), isOwn: true };
}

function exported(net: AnyModule, first: Feeds | Feed): Uint8Array {
  const isValue = first instanceof Tensor || ArrayBuffer.isView(first) || Array.isArray(first);
  const inputs = isValue
    ? [typeOf('calibration[0]', first)]
    : Object.entries(first as Feeds).map(([name, feed]) => ({
        ...typeOf(`calibration[0].${name}`, feed),
        name,
      }));
  const open = inputs.map((input): ExportInput => {
    const [, ...rest] = input.shape;
    return { ...input, shape: input.shape.length > 1 ? ['batch', ...rest] : input.shape };
  });
  try {
    return exportOnnx(net, { inputs: open });
  } catch (cause) {
    if (cause instanceof ModelError && !/free axis/.test(cause.message)) throw cause;
    return exportOnnx(net, { inputs });
  }
}

/** Shape and dtype of what a module is given. */
function typeOf(name: string, feed: Feed): { shape: readonly number[]; dtype: Numbers['dtype'] } {
  if (feed instanceof Tensor) return { shape: feed.shape, dtype: feed.dtype };
  const { shape } = numbersFor(where, name, feed, 'float32');
  if (shape !== null) return { shape, dtype: 'float32' };
  throw wrongKind(where, name, feed, 'a Tensor or nested arrays: a module says nothing of its shape');
}

/** A model of these parts, its nodes in order. */
export function made(proto: ModelProto, options: Model['origin']['options'] = {}): Model {
  return atOnce(Model.making(proto, checkGraph(proto, handlerTable()), options));
}

/** The parts with their nodes in order. */
export function inOrder(proto: ModelProto): ModelProto {
  const nodes = checkGraph(proto, handlerTable()).nodes.map(({ node }) => node);
  return { ...proto, graph: { ...proto.graph, nodes } };
}

/** The floats among a model's values that are the same at each run. */
export function constantsOf(model: Model): (name: string) => Weight | null {
  const { constant } = model.origin;
  return (name) => {
    const value = constant(name);
    if (!(value instanceof Tensor) || value.dtype !== 'float32') return null;
    const { storage } = value.resources;
    const wasAway = storage?.isAway === true;
    const weight = { shape: [...value.shape], data: value.toTypedArray() as Float32Array };
    if (wasAway) storage.leave();
    return weight;
  };
}

/** The model's graph to be edited: in operator set 13 or later, batch norms folded, nodes in order. */
export function editingOf(model: Model): Editing {
  const graph = new Editing(upgraded(inOrder(model.origin.proto)), constantsOf(model));
  foldNorms(graph);
  return graph;
}
