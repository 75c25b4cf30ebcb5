/**
 * What the lane's worker runs, as text, and what worker.js of the package is: a worker of either kind. In a memory of its own its orders
 * are [program, writes, reads, brought] for a run, and [program] to forget one; in the calling thread's
 * [handle, table of bases]. Besides, [modules]: further side modules.
 */
import { textWith } from './workerText.ts';

/** The lane: in a memory of its own it has programs by id, each with memory for every base but the arena's. */
const lane = `(w, y) => {
  const programs = new Map();
  let arena = 0, arenaBytes = 0;
  const room = (bytes) => {
    const at = w.alloc(bytes) >>> 0;
    if (at === 0) throw bytes;
    return at;
  };
  const put = (at, bytes) => new Uint8Array(y.buffer).set(bytes, at);
  const forget = (id) => {
    const program = programs.get(id);
    programs.delete(id);
    if (program?.handle) w.program_free(program.handle);
    for (const [at] of program?.places.values() ?? []) w.release(at);
  };
  const bring = (id, { words, bytes, memory }) => {
    forget(id);
    const program = { handle: 0, places: new Map() };
    programs.set(id, program);
    for (const [base, size, contents] of memory) {
      const at = room(size);
      program.places.set(base, [at, size]);
      if (contents) put(at, contents);
    }
    const at = room(words.byteLength);
    put(at, new Uint8Array(words.buffer));
    program.handle = w.program_new(at, words.length) >>> 0;
    w.release(at);
    if (program.handle === 0) throw words.byteLength;
    if (bytes <= arenaBytes) return;
    if (arenaBytes > 0) w.release(arena);
    arenaBytes = 0;
    arena = room(bytes);
    arenaBytes = bytes;
  };
  const fault = () => new Int32Array(y.buffer, w.result(), 5).slice();
  const run = ({ handle, places }, writes, reads) => {
    const table = w.program_bases(handle) >>> 2;
    const words = new Uint32Array(y.buffer);
    words[table] = arena;
    for (const [base, [at]] of places) words[table + base] = at;
    for (const [base, bytes] of writes) put(places.get(base)[0], bytes);
    if (w.program_run(handle, 0, 1) !== 0) return fault();
    return reads.map((base) => new Uint8Array(y.buffer, ...places.get(base)).slice());
  };
  return ({ data: [id, writes, reads, brought] }) => {
    if (Array.isArray(id)) return id.forEach((side) => extend(w, side, y));
    if (!writes) return forget(id);
    let answer;
    try {
      if (brought) bring(id, brought);
      if (reads) answer = run(programs.get(id), writes, reads);
      else answer = w.program_run_on(id, writes) === 0 ? [] : fault();
    } catch (error) {
      forget(id);
      answer = typeof error === 'number' ? error : error + '';
    }
    p.postMessage({ answer }, Array.isArray(answer) ? answer.map(({ buffer }) => buffer) : []);
  };
}`;

export const laneText: string = /*#__PURE__*/ textWith(lane);
