/** A wrong call: what is called, the class of the error, and its sentence, word by word; and what many of them are made of. */
import { ones, type Tensor } from 'striate';

export type Wrong = readonly [
  title: string,
  call: () => unknown,
  kind: new (...args: never[]) => Error,
  sentence: string,
];

/** Anything in a typed place: JavaScript has no types. */
// biome-ignore lint/suspicious/noExplicitAny: the calls are wrong on purpose.
export const any = (value: unknown): any => value;

/** An image, a weight for it, and an image that is no more. */
export const x = (): Tensor => ones([1, 2, 5, 5]);
export const w = (): Tensor => ones([3, 2, 3, 3]);
export const gone = (): Tensor => {
  const made = x();
  made.dispose();
  return made;
};
