/**
 * What a worker runs, as text: made into a Blob, given to Node, or hosted as the package's worker.js, which the bundle
 * of dist/ writes from it. It imports nothing. Its first order is [version, modules, memory, team, seat]: a seat of a team
 * (workers.ts), or with no team the lane (lane.ts): in the calling thread's memory, or, given its limits, in one of its own (laneText.ts
 * has its orders).
 */
import { extendText, instantiateText, version } from '../../build/glue.js';

/**
 * A worker says where its thread-local block and its stack lie, or what went wrong, or, when it leaves, 0. The lane
 * answers a run with what was to be read, with a fault's words, or with the bytes for which there was no memory.
 */
export type Word = readonly [number, number] | string | 0 | { readonly answer: Answer };

/** What a run of the lane gives. */
export type Answer = readonly Uint8Array<ArrayBuffer>[] | Int32Array | number | string;

const nodePort = "globalThis.process?.getBuiltinModule?.('node:worker_threads')?.parentPort";

/** A seat of a team: computes, or sleeps until the bell rings. */
const seatText =
  'const v=new Int32Array(y.buffer),k=t/4;' +
  'try{for(let b;b=Atomics.load(v,k),w.team_serve(t,s);)Atomics.wait(v,k,b)}catch{w.team_abandon(t)}' +
  'p.postMessage(0);p.close()';

/**
 * The text, with the source of a function (exports, memory) => handler of orders for the lane; a pool's workers need none, and an
 * application that calls no runAsync does not carry it.
 */
export const textWith = (lane: string): string =>
  `const p=${nodePort}??self,extend=${extendText},i=${instantiateText},l=${lane};p.onmessage=async({data:[n,m,y,t,s]})=>{let w;` +
  `if(n!=='${version}')return p.postMessage('it is of striate ${version}, must be of '+n);` +
  'try{if(!y.buffer)y=new WebAssembly.Memory(y);w=await i(m,y)}catch(e){return p.postMessage(e+"")}' +
  'if(!t)p.onmessage=l(w,y);' +
  'p.postMessage([w.__tls_base.value,w.__stack_alloc.value]);' +
  `if(t){${seatText}}}\n`;

/** A seat's. */
export const workerText: string = /*#__PURE__*/ textWith('0');
