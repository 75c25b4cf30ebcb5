/**
 * What a worker runs, as text: made into a Blob, given to Node, or hosted as the package's worker.js, which the bundle
 * of dist/ writes from it. It imports nothing. Orders are [version, module, memory, team, seat].
 */
import { instantiateText, version } from '../../build/glue.js';

/** A worker says where its thread-local block and its stack lie, or what went wrong, or, when it leaves, 0. */
export type Word = readonly [number, number] | string | 0;

const nodePort = "globalThis.process?.getBuiltinModule?.('node:worker_threads')?.parentPort";

export const workerText =
  `const p=${nodePort}??self,i=${instantiateText};p.onmessage=async({data:[n,m,y,t,s]})=>{let w;` +
  `if(n!=='${version}')return p.postMessage('it is of striate ${version}, must be of '+n);` +
  'try{w=await i(m,y)}catch(e){return p.postMessage(e+"")}' +
  'p.postMessage([w.__tls_base.value,w.__stack_alloc.value]);' +
  'const v=new Int32Array(y.buffer),k=t/4;' +
  'try{for(let b;b=Atomics.load(v,k),w.team_serve(t,s);)Atomics.wait(v,k,b)}catch{w.team_abandon(t)}' +
  'p.postMessage(0);p.close()}\n';
