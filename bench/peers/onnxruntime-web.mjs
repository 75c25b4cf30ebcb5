// onnxruntime-web: the WebAssembly backend in the calling thread (no proxy).
import * as ort from 'onnxruntime-web';
import { preparing } from './onnxruntime.mjs';

export const name = 'onnxruntime-web';

/** The number of threads holds for the process: the module is instantiated once. */
export function start({ threads }) {
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.proxy = false;
  ort.env.logLevel = 'error';
}

export const createSession = (model, options = {}) =>
  ort.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...options,
  });

export const Tensor = ort.Tensor;
export const prepare = preparing(createSession, Tensor);
