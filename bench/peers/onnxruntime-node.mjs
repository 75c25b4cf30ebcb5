// onnxruntime-node: native code, with the widest vectors that this CPU has.
import ort from 'onnxruntime-node';
import { preparing } from './onnxruntime.mjs';

export const name = 'onnxruntime-node';

let intraOpNumThreads = 1;

export function start({ threads }) {
  intraOpNumThreads = threads;
}

export const createSession = (model, options = {}) =>
  ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...options,
  });

export const Tensor = ort.Tensor;
export const prepare = preparing(createSession, Tensor);
