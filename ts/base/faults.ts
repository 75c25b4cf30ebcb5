/** The sentences of faults: the Rust side gives a code and up to three integers (crates/core/src/fault.rs says which). */
import { FAULT } from './boundary.ts';

const AXES: readonly (readonly string[])[] = [
  [],
  ['length'],
  ['height', 'width'],
  ['depth', 'height', 'width'],
];

/** The name of spatial axis `axis` of `rank`. */
export function axisName(rank: number, axis: number): string {
  return AXES[rank]?.[axis] ?? `axis ${axis}`;
}

/** The float of these bits, in as few digits as say which it is. */
const floatOf = (bits: number): number =>
  Number(new Float32Array(Int32Array.of(bits).buffer)[0]!.toPrecision(7));

/** The sentence of a fault: `where` says the function and, for a window, the axis. */
export function faultError(where: string, code: number, values: ArrayLike<number>): Error {
  const [a = 0, b = 0, c = 0] = [values[0], values[1], values[2]];
  switch (code) {
    case FAULT.notPositive:
      return new RangeError(
        `${where}: ${['kernel', 'stride', 'dilation'][a] ?? 'size'} is ${b}, must be at least 1`,
      );
    case FAULT.negativePadding:
      return new RangeError(`${where}: padding is ${a}, must not be negative`);
    case FAULT.kernelTooLarge:
      return new RangeError(`${where}: kernel spans ${a} elements, the padded input has only ${b}`);
    case FAULT.poolPadding:
      return new RangeError(`${where}: padding is ${a}, must be at most half the kernel size ${b}`);
    case FAULT.tooLarge:
      return new RangeError(`${where}: sizes multiply to more than 2^31 - 1 bytes`);
    case FAULT.indexOutside:
      return new RangeError(
        `${where}: indices holds ${a}, must be from 0 to ${b - 1}, the positions in a plane of ${b}`,
      );
    case FAULT.axisOutside:
      return new RangeError(
        b === 0
          ? `${where}: indices holds ${a}, but the axis has no elements`
          : `${where}: indices holds ${a}, must be from ${-b} to ${b - 1}, along an axis of ${b}`,
      );
    case FAULT.classOutside:
      return new RangeError(`${where}: x holds ${a}, must be from 0 to ${b - 1}, the classes`);
    case FAULT.targetOutside:
      return new RangeError(
        `${where}: target holds ${a} as element ${c}, must be from 0 to ${b - 1}, the classes, or ignoreIndex`,
      );
    case FAULT.probabilityOutside:
      return new RangeError(`${where}: p holds ${floatOf(a)} as element ${b}, must be from 0 to 1`);
    case FAULT.outputPadding:
      return new RangeError(`${where}: outputPadding is ${a}, must be from 0 to ${b}`);
    case FAULT.outputSize:
      return new RangeError(`${where}: outputSize is ${a}, must be from ${b} to ${c}`);
    case FAULT.noOutput:
      return new RangeError(`${where}: the output would have ${a} elements, must have at least 1`);
    case FAULT.batchOutside:
      return new RangeError(`${where}: boxes name image ${a}, must be from 0 to ${b - 1}`);
    default:
      return new Error(
        `${where}: internal fault ${code} (${Array.from(values).join(', ')}); please report it`,
      );
  }
}
