/** save: programs as bytes that loadCompiled runs. Instructions, where everything lies, and the constants that they are packed of. */
import { version } from '../../../build/glue.js';
import { joined } from '../../base/bytes.ts';
import type { TensorType } from '../../base/dtype.ts';
import type { Draw } from '../../graph/draw.ts';
import type { Words } from '../../instructions/words.ts';
import type { Constant, Executable } from '../../program/executable.ts';
import { type Form, formOf, type Results } from '../results.ts';
import { packed } from './container.ts';
import { inWords, type StoredWeight, stored, type WeightFormat } from './weights.ts';

/** A program as far as it is saved. */
export interface Saved {
  readonly inputs: readonly (TensorType & { readonly name: string })[];
  readonly form: Results;
  readonly executable: Executable;
  readonly captures: readonly Constant[];
  readonly draws: readonly Draw[];
}

/** An input or output of what is saved: free axes have names, '?' where they have none. */
interface Port {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[] | null;
}

/** The header of a file. */
export interface Header {
  readonly striate: string;
  /** Of a model runs take and give values by name; of a program tensors in the form of its function. */
  readonly kind: 'model' | 'program';
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Of a model: what is computed otherwise than its file said, and what that held besides. */
  readonly notes: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the data, where each begins at the next multiple of 4 bytes; of int8 the axis that has scales. */
  readonly weights: readonly (TensorType & Omit<StoredWeight, 'bytes'>)[];
  readonly programs: readonly (Omit<Executable, 'second' | 'recordBytes'> & {
    readonly inputs: Saved['inputs'];
    readonly form: Form;
    /** By index the constants of the file. */
    readonly captures: readonly number[];
    /** Seed and stream of what is drawn; no seed: the generator's next. */
    readonly draws: readonly ReturnType<Draw['saved']>[];
  })[];
}

/** The file of programs, which share the constants that they have in common. */
export function savedBytes(
  kind: Header['kind'],
  { inputs, outputs, notes, metadata }: Pick<Header, 'inputs' | 'outputs' | 'notes' | 'metadata'>,
  programs: readonly Saved[],
  format: WeightFormat,
): Uint8Array<ArrayBuffer> {
  const data: Uint8Array[] = [];
  /** As JSON has it: unsigned numbers. */
  const words = (list: Words): Words => ({ ...list, words: [...Uint32Array.from(list.words)] });
  const weights: Header['weights'][number][] = [];
  const indices = new Map<unknown, number>();
  const weightOf = (constant: Constant): number => {
    let index = indices.get(constant.storage);
    if (index === undefined) {
      const { bytes, ...how } = stored(constant, format);
      const { shape, dtype } = constant;
      index = weights.push({ shape, dtype, ...how }) - 1;
      data.push(bytes, new Uint8Array(inWords(bytes.length) - bytes.length));
      indices.set(constant.storage, index);
    }
    return index;
  };
  const header: Header = {
    striate: version,
    kind,
    ...{ inputs, outputs, notes, metadata },
    weights,
    programs: programs.map(({ inputs, form, executable, captures, draws }) => {
      const { prologue, main, pieces, bindings, slotBytes, outputs, rows } = executable;
      return {
        ...{ inputs, form: formOf(form), pieces, bindings, slotBytes, outputs, rows },
        prologue: prologue && words(prologue),
        main: words(main),
        captures: captures.map(weightOf),
        draws: draws.map((draw) => draw.saved()),
      };
    }),
  };
  return packed(header, joined(data));
}
