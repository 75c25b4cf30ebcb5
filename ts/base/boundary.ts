/** Numbers of the boundary. Written by crates/wasm/tests/table.rs when kernels are built: change the Rust side. */

/** Element types. */
export const DTYPE = {
  float32: 0,
  int32: 1,
  uint8: 2,
  int8: 3,
} as const;

/** What can be wrong. */
export const FAULT = {
  notPositive: 1,
  negativePadding: 2,
  kernelTooLarge: 3,
  poolPadding: 4,
  tooLarge: 5,
  outOfMemory: 6,
  badInstruction: 7,
  indexOutside: 8,
  outputPadding: 9,
  outputSize: 10,
  noOutput: 11,
  batchOutside: 12,
  axisOutside: 13,
  classOutside: 14,
  targetOutside: 15,
  probabilityOutside: 16,
} as const;

/** Results of a team's run beside 0 and faults. */
export const TEAM = {
  pending: -1,
  abandoned: -2,
} as const;
