/** `striate/onnx`: ONNX files as models that run. Operator sets 7 to 24; handlers/ has the operators. */
import { checkOptions, integer } from '../base/checks.ts';
import { wrongKind, wrongValue } from '../base/errors.ts';
import { type ModelSource, readSource } from '../base/source.ts';
import { withPauses } from '../base/steps.ts';
import { engine } from '../engine/engine.ts';
import { prepare } from '../engine/side.ts';
import { requireRoom } from './constants.ts';
import { checkGraph } from './graph.ts';
import { handlersFor } from './handlers/index.ts';
import { Model, type ModelOptions } from './model.ts';
import { type GraphProto, type ModelProto, readModel } from './protobuf.ts';

export { ModelError } from '../base/errors.ts';
export type { ModelSource } from '../base/source.ts';
export type { ProfileOptions, StepProfile } from '../program/report.ts';
export type { Feed, FeedArray, Feeds, ModelPort, Shapes } from '../transforms/feeds.ts';
export { type ExportInput, type ExportOptions, exportOnnx } from './export/index.ts';
export type { ExternalData } from './external.ts';
export type {
  ModelNode,
  ModelOptions,
  ModelRunAsyncOptions,
  ModelSaveOptions,
  RunOptions,
  SummaryOptions,
} from './model.ts';
export { Model } from './model.ts';
export type { ModuleOptions } from './module.ts';
export { OnnxModule } from './module.ts';
export type { ModelResults } from './results.ts';

/**
 * Reads a model: its bytes, a Blob or File (of an `<input type="file">`), a URL, a Response, or in Node, Deno and Bun a
 * path. The model keeps a copy of the bytes, of which its programs make what they read. Weights in files of their own
 * (`model.onnx.data`) are read from beside a path or URL, or given as `externalData`.
 * @throws ModelError when the file is damaged, or uses what is not supported; TypeError, RangeError for wrong options;
 * Error when the source cannot be read
 * @example
 * ```ts
 * const model = await loadModel('squeezenet.onnx', { inputShapes: { image: [1, 3, 224, 224] } });
 * const { scores } = model.run(new Float32Array(3 * 224 * 224));
 * ```
 */
export async function loadModel(source: ModelSource, options: ModelOptions = {}): Promise<Model> {
  const on = engine('loadModel');
  checkOptions('loadModel', options, ['inputShapes', 'accuracy', 'externalData', 'maxIterations']);
  const { accuracy, externalData = {} } = options;
  if (accuracy !== undefined && accuracy !== 'fast' && accuracy !== 'exact') {
    throw wrongValue('loadModel', 'accuracy', accuracy, "'fast' or 'exact'");
  }
  if (typeof externalData !== 'object' || externalData === null || ArrayBuffer.isView(externalData)) {
    throw wrongKind(
      'loadModel',
      'externalData',
      externalData,
      'an object with the bytes of each file by its name',
    );
  }
  if (options.maxIterations !== undefined) integer('loadModel', 'maxIterations', options.maxIterations, 1);
  const { bytes, file, beside } = await readSource('loadModel', source);
  const proto = await protoOf(bytes, file);
  const graph = checkGraph(proto, await handlersFor(proto));
  await prepare(on);
  requireRoom(proto, on.info.maxMemoryBytes);
  if (isApart(proto.graph)) await (await import('./external.ts')).readExternal(proto, externalData, beside);
  return withPauses(Model.making(proto, graph, options), () => {
    if (!on.alive) throw new TypeError('loadModel: the runtime was disposed');
  });
}

/** What a file holds, with the nodes of its functions in the place of their calls. */
async function protoOf(bytes: Uint8Array, file: string): Promise<ModelProto> {
  let proto: ModelProto;
  try {
    proto = readModel(bytes, file);
  } catch (cause) {
    throw (await import('./foreign.ts')).refused(bytes, file, cause);
  }
  return proto.functions.size === 0 ? proto : (await import('./functions.ts')).inlined(proto);
}

/** Whether values of tensors lie in files of their own. */
const isApart = ({ initializers, nodes }: GraphProto): boolean =>
  initializers.some(({ external }) => external !== null) ||
  nodes.some(({ attributes }) =>
    [...attributes.values()].some(
      ({ tensor, graph }) =>
        (tensor !== null && tensor.external !== null) || (graph !== null && isApart(graph)),
    ),
  );
