/** The public names of striate; nothing runs at import. */

export type { DType, TensorType } from './base/dtype.ts';
export { ModelError, OutOfMemoryError } from './base/errors.ts';
export type { RuntimeInfo } from './engine/engine.ts';
export type { InitOptions } from './engine/init.ts';
export { disposeRuntime, runtime } from './engine/init.ts';
export type { MemoryStats } from './engine/memory.ts';
export { memory, scope } from './engine/memory.ts';
export { init } from './entries/default.ts';
export { manualSeed } from './graph/draw.ts';
export type { PadMode } from './instructions/emitPad.ts';
export * from './layers/index.ts';
export * from './ops/index.ts';
export type { ProfileOptions, StepProfile } from './program/report.ts';
export type { TensorData } from './tensor/data.ts';
export type { JSONNumber } from './tensor/print.ts';
export type { AnyTensor, NestedArray, TensorJSON } from './tensor/tensor.ts';
export { Tensor } from './tensor/tensor.ts';
export { Vjp, vjp } from './transforms/gradient.ts';
export type { InputSpec, ProgramInput } from './transforms/inputs.ts';
export type { ProgramRunOptions } from './transforms/program.ts';
export { Program } from './transforms/program.ts';
export type { ValueAndGrad } from './transforms/valueAndGrad.ts';
export { valueAndGrad } from './transforms/valueAndGrad.ts';
