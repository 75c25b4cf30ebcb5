// Hears notes in sound with Basic Pitch ("A Lightweight Instrument-Agnostic Model for Polyphonic Note Transcription and
// Multipitch Estimation", Bittner et al., 2022).
//
//   npm run example -- pitch SOUND.wav...
//
// The network takes two seconds at 22 050 Hz and gives, 86 times a second and for each of 88 keys, how likely the key sounds and
// how likely it starts there. A note begins where a start is likely and more so than just before and after, and goes on
// while the key sounds. Without a file it hears a scale and a chord that it makes itself.
import { readFileSync } from 'node:fs';
import { concat, init, interpolate, pad1d, scope, slice, type Tensor, tensor } from 'striate';
import { loadModel, type Model } from 'striate/onnx';
import { type Files, readArguments } from './support.ts';

export const needs = ['basic-pitch'];

const HELP = `Hears notes in sound.

  npm run example -- pitch SOUND.wav...`;

const RATE = 22050;
const WINDOW = 43844;
/** Samples from one row of the outputs to the next. */
const HOP = 256;
/** Rows that two windows share; half of them at each end are left out. */
const SHARED = 30;
const STEP = WINDOW - SHARED * HOP;
const KEYS = 88;
const LOWEST_KEY = 21; // A0 in MIDI
const SOUNDS = 0.3;
/** A pause of so many rows ends a note, and a shorter note is none. */
const LONGEST_PAUSE = 11;
const SHORTEST_NOTE = 11;
const NAMES = ['C', 'C#', 'D', 'D#', 'E', 'F', 'F#', 'G', 'G#', 'A', 'A#', 'B'];

export interface Note {
  /** As 'A4'. */
  readonly name: string;
  /** MIDI's number: 69 is A4. */
  readonly midi: number;
  readonly start: number;
  readonly end: number;
  /** The mean probability that it sounds. */
  readonly score: number;
}

export interface Sound {
  /** One channel, -1 to 1. */
  readonly samples: Float32Array;
  readonly rate: number;
}

/** The notes of a sound, in the order of their starts (seconds). */
export function findNotes(model: Model, sound: Sound, leastStart: number): Note[] {
  return scope(() => {
    const x = tensor(sound.samples, [1, 1, sound.samples.length]);
    const length = Math.max(1, Math.round((sound.samples.length * RATE) / sound.rate));
    const resampled = sound.rate === RATE ? x : interpolate(x, { size: length, mode: 'linear' });
    const windows = Math.max(1, Math.ceil(length / STEP));
    const front = (SHARED / 2) * HOP;
    const padded = pad1d(resampled, [[front, windows * STEP + WINDOW - STEP - front - length]]);
    const starts = [...Array(windows).keys()].map((i) => i * STEP);
    const outputs = starts.map((at) =>
      model.run(slice(padded, [0, 0, at], [1, 1, at + WINDOW]).reshape([1, WINDOW, 1])),
    );
    const rows = Math.floor(length / HOP);
    const joined = (name: string) => {
      const middle = outputs.map((output) => {
        const all = output[name] as Tensor;
        return slice(all, [0, SHARED / 2, 0], [1, (all.shape[1] as number) - SHARED / 2, KEYS]);
      });
      return concat(middle, 1).toTypedArray() as Float32Array;
    };
    const likely = joined('StatefulPartitionedCall:1');
    return notesOf(
      likely,
      joined('StatefulPartitionedCall:2'),
      Math.min(rows, likely.length / KEYS),
      leastStart,
    );
  });
}

function notesOf(sounds: Float32Array, starts: Float32Array, rows: number, leastStart: number): Note[] {
  const notes: Note[] = [];
  for (let key = 0; key < KEYS; key++) {
    const at = (values: Float32Array, row: number) => values[row * KEYS + key] ?? 0;
    for (let row = 0; row < rows; row++) {
      const start = at(starts, row);
      if (start < leastStart || start < at(starts, row - 1) || start <= at(starts, row + 1)) continue;
      let end = row + 1;
      for (let pause = 0, next = end; next < rows && pause < LONGEST_PAUSE; next++) {
        const begins = at(starts, next) >= leastStart && next > row + SHORTEST_NOTE;
        if (begins && at(starts, next) > at(starts, next + 1)) break;
        pause = at(sounds, next) < SOUNDS ? pause + 1 : 0;
        if (pause === 0) end = next + 1;
      }
      if (end - row < SHORTEST_NOTE) continue;
      const midi = LOWEST_KEY + key;
      let sum = 0;
      for (let i = row; i < end; i++) sum += at(sounds, i);
      const name = `${NAMES[midi % 12]}${Math.floor(midi / 12) - 1}`;
      const seconds = (of: number) => (of * HOP) / RATE;
      notes.push({ name, midi, start: seconds(row), end: seconds(end), score: sum / (end - row) });
      row = end - 1;
    }
  }
  return notes.sort((a, b) => a.start - b.start || a.midi - b.midi);
}

/** A scale of plucked strings, half a second each, then its chord. */
export function scaleAndChord(): Sound {
  const scale = [60, 62, 64, 65, 67, 69, 71, 72];
  const played = [
    ...scale.map((midi, i) => ({ midi, at: 0.2 + 0.5 * i, seconds: 0.45 })),
    ...[60, 64, 67].map((midi) => ({ midi, at: 4.4, seconds: 1.4 })),
  ];
  const samples = new Float32Array(Math.round(6.2 * RATE));
  for (const { midi, at, seconds } of played) {
    const frequency = 440 * 2 ** ((midi - 69) / 12);
    for (let i = 0; i < seconds * RATE; i++) {
      const t = i / RATE;
      const loud = 0.16 * Math.min(1, t / 0.005) * Math.exp(-1.5 * t) * Math.min(1, (seconds - t) / 0.03);
      const wave = [1, 0.5, 0.3, 0.2, 0.1].reduce(
        (sum, size, k) => sum + size * Math.sin(2 * Math.PI * frequency * (k + 1) * t),
        0,
      );
      samples[Math.round(at * RATE) + i]! += loud * wave;
    }
  }
  return { samples, rate: RATE };
}

/** A WAV file of 16-bit or float samples; its channels are averaged. */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new RangeError('must be a WAV file');
  let format: { kind: number; channels: number; rate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = Math.min(view.getUint32(at + 4, true), bytes.length - at - 8);
    if (tag(at) === 'fmt ' && size >= 16)
      format = {
        kind: view.getUint16(at + 8, true),
        channels: view.getUint16(at + 10, true),
        rate: view.getUint32(at + 12, true),
        bits: view.getUint16(at + 22, true),
      };
    if (tag(at) === 'data' && format !== undefined) return decodeSamples(view, at + 8, size, format);
    at += 8 + size + (size % 2);
  }
  throw new RangeError('the WAV file has no samples');
}

function decodeSamples(
  view: DataView,
  from: number,
  size: number,
  { kind, channels, rate, bits }: { kind: number; channels: number; rate: number; bits: number },
): Sound {
  const isFloat = kind === 3 && bits === 32;
  if ((!isFloat && bits !== 16) || channels < 1 || rate < 1)
    throw new RangeError(`the WAV file has ${bits} bits of kind ${kind}, must be 16-bit or float samples`);
  const width = bits / 8;
  const read = (at: number) => (isFloat ? view.getFloat32(at, true) : view.getInt16(at, true) / 32768);
  const samples = Float32Array.from({ length: Math.floor(size / (width * channels)) }, (_, i) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += read(from + (i * channels + channel) * width);
    return sum / channels;
  });
  return { samples, rate };
}

export async function main(args: readonly string[], files: Files): Promise<number> {
  const options = readArguments(args, HELP, { inputs: [], score: 0.5 });
  if (options === undefined) return 0;
  await init();
  const model = await loadModel(files['basic-pitch'] as string);
  const sounds: [string, Sound][] = options.inputs.map((path) => [path, readWav(readFileSync(path))]);
  if (sounds.length === 0) sounds.push(['a scale and a chord', scaleAndChord()]);
  const results = [];
  for (const [path, sound] of sounds) {
    const started = performance.now();
    const notes = findNotes(model, sound, options.score);
    const milliseconds = Math.round(performance.now() - started);
    results.push({ path, notes, milliseconds });
    if (options.json) continue;
    const seconds = sound.samples.length / sound.rate;
    console.log(`${path}, ${seconds.toFixed(1)} s: ${notes.length} notes, ${milliseconds} ms`);
    for (const { name, start, end, score } of notes)
      console.log(`  ${score.toFixed(3)}  ${name.padEnd(4)} ${start.toFixed(2)} to ${end.toFixed(2)} s`);
  }
  if (options.json) console.log(JSON.stringify(results, null, 2));
  return 0;
}
