// The simd variant, made of the relaxed one: each relaxed instruction becomes what every engine with vectors has. So both are the same
// functions in the same order, and an application that holds the one and this rule (`plain` in ts/engine/plain.ts) holds the other.
//
//   relaxed_madd               f32x4.mul, f32x4.add: the summand is a local, so that the product can come before it
//   relaxed_swizzle            i8x16.swizzle, for what picks bytes that are there
//   relaxed_dot ...            something of as many operands: kernels/integer.rs probes what it computes, and takes another way. The kernels
//                              of the ways that are not taken are empty: those with one of the two dots, since what probes has both
import { readUnsigned, unsigned } from './wasm.mjs';

const FUSED = '(f32x4.relaxed_madd';
const RELAXED =
  /\((?:f32x4\.relaxed_madd|i8x16\.relaxed_swizzle|i(?:16x8|32x4)\.relaxed_dot_i8x16_i7x16(?:_add)?_s)\s/g;

/** In the text format: every summand of a `relaxed_madd` is read from a local. */
export function localSummands(text) {
  return text
    .split(/\n(?= \(func )/)
    .map(withLocalSummands)
    .join('\n');
}

function withLocalSummands(form) {
  const marks = [];
  for (let at = form.indexOf(FUSED); at >= 0; at = form.indexOf(FUSED, at + 1)) {
    const [start, end] = lastOperand(form, at);
    if (/^\(local\.(get|tee) /.test(form.slice(start, start + 11))) continue;
    marks.push([start, '(local.tee $summand '], [end, ')']);
  }
  if (marks.length === 0) return form;
  const parts = [];
  let done = 0;
  for (const [at, mark] of marks.sort(([a], [b]) => a - b)) {
    parts.push(form.slice(done, at), mark);
    done = at;
  }
  const [first, ...rest] = [...parts, form.slice(done)].join('').split(/\n(?! {2}\(local )/);
  return [first, '  (local $summand v128)', ...rest].join('\n');
}

/** Where the third operand of the instruction at `at` lies. */
function lastOperand(text, at) {
  let [depth, operands, start] = [0, 0, 0];
  for (let i = at; ; i++) {
    if (text[i] === '(' && ++depth === 2) start = i;
    else if (text[i] === ')' && --depth === 1 && ++operands === 3) return [start, i + 1];
  }
}

const [PREFIX, SECOND] = [0xfd, 2];
const [MADD, SWIZZLE, PAIRS, DOTS] = [0x85, 0x80, 0x92, 0x93];
const [GET, SET, TEE] = [0x20, 0x21, 0x22];
const [MUL, ADD] = [
  [0xfd, 0xe6, 1],
  [0xfd, 0xe4, 1],
];
const INSTEAD = new Map([
  [SWIZZLE, [0xfd, 0x0e]],
  [PAIRS, [0xfd, 0x4e]], // v128.and
  [DOTS, [0xfd, 0x52]], // v128.bitselect
]);

/** A function's body without locals: `unreachable`. */
const EMPTY = Buffer.from([0, 0x00, 0x0b]);

/** Bytes with plain instructions for relaxed ones, and which those were. ts/engine/plain.ts does the same. */
export function plainBytes(bytes) {
  const [out, codes] = [[], []];
  let done = 0;
  for (let at = bytes.indexOf(PREFIX); at >= 0; at = bytes.indexOf(PREFIX, at + 1)) {
    const code = bytes[at + 2] === SECOND ? bytes[at + 1] : 0;
    const instead = INSTEAD.get(code);
    if (code === MADD) {
      const from = at - (bytes[at - 2] > 127 ? 3 : 2);
      const local = bytes.subarray(from + 1, at);
      out.push(...bytes.subarray(done, from));
      if (bytes[from] === TEE) out.push(SET, ...local, ...MUL, GET, ...local, ...ADD);
      else out.push(...MUL, GET, ...local, ...ADD);
    } else if (instead) out.push(...bytes.subarray(done, at), ...instead);
    else continue;
    codes.push(code);
    done = at + 3;
  }
  for (const byte of bytes.subarray(done)) out.push(byte);
  return { bytes: Buffer.from(out), codes };
}

const CODE = 10;

/** The same of a module, whose text is `text`: sizes of functions become what they are. */
export function plainModule(bytes, text) {
  const parts = [bytes.subarray(0, 8)];
  let count = 0;
  for (let at = 8; at < bytes.length; ) {
    const [size, start] = readUnsigned(bytes, at + 1);
    if (bytes[at] !== CODE) parts.push(bytes.subarray(at, start + size));
    else {
      const functions = [];
      let [left, place] = readUnsigned(bytes, start);
      functions.push(Buffer.from(unsigned(left)));
      for (; left > 0; left--) {
        const [length, body] = readUnsigned(bytes, place);
        const { bytes: plain, codes } = plainBytes(bytes.subarray(body, body + length));
        const content = codes.includes(PAIRS) === codes.includes(DOTS) ? plain : EMPTY;
        functions.push(Buffer.from(unsigned(content.length)), content);
        count += codes.length;
        place = body + length;
      }
      const content = Buffer.concat(functions);
      parts.push(Buffer.from([CODE, ...unsigned(content.length)]), content);
    }
    at = start + size;
  }
  const meant = text.match(RELAXED)?.length ?? 0;
  if (count !== meant) throw new Error(`${count} places look like relaxed instructions, which are ${meant}`);
  return Buffer.concat(parts);
}
