/** `striate/files`: tensors in files of other programs: numpy's .npy and .npz, and safetensors. */
export type { FileBytes, Tensors, TensorsByName } from './elements.ts';
export { readNpy, writeNpy } from './npy.ts';
export { readNpz, writeNpz } from './npz.ts';
export type { Safetensors, SafetensorsOptions } from './safetensors.ts';
export { readSafetensors, writeSafetensors } from './safetensors.ts';
