//! The boundary between JavaScript and striate-core: numbers only, no function traps, whatever it is given.
//!
//! A call that gives more than one number writes the rest in the result area. One that fails writes there a fault's
//! code and its numbers, and returns the code (or 0 where it returns a handle or an address).
#![cfg_attr(target_arch = "wasm32", no_std, feature(stdarch_wasm_atomic_wait, thread_local))]

extern crate alloc;

mod memory;
pub mod program;
pub mod team;

use alloc::boxed::Box;
use core::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use program::Program;
use striate_core::fault::{Code, Fault};
use striate_core::geometry::{Axis, AxisRequest, Mode, Rule};
use striate_core::half;
use striate_core::instructions::{self, Params};
use striate_core::kernels::peak;
use team::{Progress, Team};
use wasm_bindgen::prelude::wasm_bindgen;

#[repr(align(16))]
struct ResultArea([AtomicI32; 16]);

/// Each thread has its own.
#[cfg_attr(target_arch = "wasm32", thread_local)]
static RESULT: ResultArea = ResultArea([const { AtomicI32::new(0) }; 16]);

fn give<const N: usize>(values: [i32; N]) {
    for (place, value) in RESULT.0.iter().zip(values) {
        place.store(value, Ordering::Relaxed);
    }
}

fn refuse(fault: Fault) -> u32 {
    give(fault.words());
    fault.code as u32
}

fn code(outcome: Result<(), Fault>) -> u32 {
    outcome.map_or_else(refuse, |()| 0)
}

/// The address of sixteen 32-bit integers, this thread's.
#[wasm_bindgen]
pub fn result() -> u32 {
    RESULT.0.as_ptr().expose_provenance() as u32
}

/// A 64-byte aligned address with room for `bytes` bytes; 0 when there is none.
#[wasm_bindgen]
pub fn alloc(bytes: u32) -> u32 {
    memory::allocate(bytes as usize).unwrap_or(0) as u32
}

/// Gives back what `alloc` gave; any other address is ignored.
#[wasm_bindgen]
pub fn release(address: u32) {
    memory::release(address as usize);
}

/// Result area: bytes in use, bytes free in the arena, the largest free block, blocks in use.
#[wasm_bindgen]
pub fn arena_stats() {
    let stats = memory::stats();
    give([stats.live, stats.free, stats.largest_free, stats.blocks].map(|value| value as i32));
}

/// Validates one axis of a window. Result area: output size, padding before, padding after. With `Rule::TRANSPOSED` the
/// output is the adjoint's, and `extra` its padding or, with `Rule::SIZED`, its size.
#[wasm_bindgen]
#[allow(clippy::too_many_arguments)] // numbers in registers cost a third of words in memory
pub fn window(
    input: i32,
    kernel: i32,
    stride: i32,
    dilation: i32,
    lo: i32,
    hi: i32,
    mode: u32,
    rule: u32,
    extra: i32,
) -> u32 {
    let request = AxisRequest { input, kernel, stride, dilation, lo, hi };
    let validate = |mode| {
        if rule & Rule::TRANSPOSED == 0 {
            return Axis::new(request, mode, Rule(rule)).map(|axis| [axis.output, axis.lo, axis.hi]);
        }
        Axis::transposed(request, mode, Rule(rule), extra).map(|axis| [axis.input, axis.lo, axis.hi])
    };
    let sizes = Mode::try_from(mode).and_then(validate);
    code(sizes.map(|sizes| give(sizes.map(|value| value as i32))))
}

/// Plans an instruction from its parameters. Result area: bytes of scratch per part, packed elements, algorithm.
#[wasm_bindgen]
pub fn plan(opcode: u32, params: u32, count: u32) -> u32 {
    code(try_plan(opcode, params, count))
}

fn try_plan(opcode: u32, params: u32, count: u32) -> Result<(), Fault> {
    let words = memory::words(params, count)?;
    memory::require_room(program::room_for(&[0, 1, 0]))?;
    let instruction = instructions::entry(opcode)?.plan(&mut Params::new(words))?;
    give([instruction.scratch() as i32, instruction.packed() as i32, instruction.algorithm() as i32]);
    Ok(())
}

/// Decodes a program; 0 with a fault in the result area when it cannot be read, or there is no memory for it.
#[wasm_bindgen]
pub fn program_new(words: u32, count: u32) -> u32 {
    match try_program(words, count) {
        Ok(program) => Box::into_raw(program).expose_provenance() as u32,
        Err(fault) => {
            refuse(fault);
            0
        }
    }
}

fn try_program(words: u32, count: u32) -> Result<Box<Program>, Fault> {
    let words = memory::words(words, count)?;
    let live = memory::stats().live;
    memory::require_room(program::room_for(words))?;
    let mut program = Box::new(Program::decode(words)?);
    program.bytes = memory::stats().live - live;
    Ok(program)
}

/// # Safety
/// `handle` came from `program_new` and was not freed.
unsafe fn program(handle: u32) -> &'static Program {
    // SAFETY: the caller's guarantee.
    unsafe { &*core::ptr::with_exposed_provenance(handle as usize) }
}

/// `handle` must come from `program_new`, as in the functions below; 0 is ignored.
#[wasm_bindgen]
pub fn program_free(handle: u32) {
    if handle != 0 {
        let program: *mut Program = core::ptr::with_exposed_provenance_mut(handle as usize);
        // SAFETY: `program_new` made this box; ts/program frees a handle once.
        drop(unsafe { Box::from_raw(program) });
    }
}

/// The address of the program's base table: the addresses that its operands are relative to, bound before each run.
#[wasm_bindgen]
pub fn program_bases(handle: u32) -> u32 {
    // SAFETY: handles are kept by ts/program, which uses none that it has freed.
    unsafe { program(handle) }.bases().as_ptr().expose_provenance() as u32
}

/// Bytes that the decoded program takes.
#[wasm_bindgen]
pub fn program_bytes(handle: u32) -> u32 {
    // SAFETY: as in `program_bases`.
    unsafe { program(handle) }.bytes as u32
}

/// 1 where a step, computed in so many parts, touches nothing outside of its bases, whose sizes are `count` words at `bytes`;
/// else 0.
#[wasm_bindgen]
pub fn program_fits(handle: u32, index: u32, parts: u32, bytes: u32, count: u32) -> u32 {
    // SAFETY: as in `program_bases`.
    let program = unsafe { program(handle) };
    let fits = |bytes: &[u32]| program.fits(index as usize, parts as usize, bytes);
    u32::from(memory::words(bytes, count).is_ok_and(fits))
}

/// Runs this part's share of every step.
#[wasm_bindgen]
pub fn program_run(handle: u32, part: u32, parts: u32) -> u32 {
    // SAFETY: as in `program_bases`; ts/program has bound every base to memory as large as it was planned.
    code(unsafe { program(handle).run(part as usize, parts as usize) })
}

/// Runs every step with a table of bases of the caller's, as large as the program's own: others may run it meanwhile.
#[wasm_bindgen]
pub fn program_run_on(handle: u32, table: u32) -> u32 {
    // SAFETY: as in `program_bases`.
    let program = unsafe { program(handle) };
    let count = program.bases().len();
    code(memory::words(table, count as u32).and_then(|_| {
        let start = core::ptr::with_exposed_provenance::<AtomicUsize>(table as usize);
        // SAFETY: the words lie in the memory; ts/program has bound them as in `program_run`.
        unsafe { program.run_on(core::slice::from_raw_parts(start, count), 0, 1) }
    }))
}

/// Runs this part's share of one step.
#[wasm_bindgen]
pub fn program_step(handle: u32, index: u32, part: u32, parts: u32) -> u32 {
    // SAFETY: as in `program_run`.
    code(unsafe { program(handle).step(index as usize, part as usize, parts as usize) })
}

/// A team of a caller and so many workers; 0 when there is no memory for it and for `bytes` bytes of each worker's own.
#[wasm_bindgen]
pub fn team_new(workers: u32, bytes: u32) -> u32 {
    let room = Team::room_for(workers as usize) + workers as usize * bytes as usize;
    match memory::require_room(room) {
        Ok(()) => Box::into_raw(Box::new(Team::new(workers as usize))).expose_provenance() as u32,
        Err(fault) => {
            refuse(fault);
            0
        }
    }
}

/// # Safety
/// `address` came from `team_new` and was not freed.
unsafe fn team(address: u32) -> &'static Team {
    // SAFETY: the caller's guarantee.
    unsafe { &*core::ptr::with_exposed_provenance(address as usize) }
}

/// `address` must come from `team_new`, as in the functions below; every worker has left.
#[wasm_bindgen]
pub fn team_free(address: u32) {
    let team: *mut Team = core::ptr::with_exposed_provenance_mut(address as usize);
    // SAFETY: `team_new` made this box; ts/engine frees a team once.
    drop(unsafe { Box::from_raw(team) });
}

/// A worker's work until it has none; whether to come again when the word at the team's address has changed since before
/// the call.
#[wasm_bindgen]
pub fn team_serve(address: u32, index: u32) -> u32 {
    // SAFETY: ts/engine starts one worker per seat, and frees no team that has workers.
    u32::from(unsafe { team(address).serve(index as usize) })
}

/// The result of a team's run: 0, a fault's code, or one of these. Result area of a pending one: a number that changes
/// whenever a worker has done something.
pub const PENDING: u32 = u32::MAX;
pub const ABANDONED: u32 = u32::MAX - 1;

/// Starts a run of a program's steps `first..last` in so many parts; its result as in `team_advance`.
#[wasm_bindgen]
pub fn team_run(address: u32, handle: u32, first: u32, last: u32, parts: u32) -> u32 {
    // SAFETY: as in `program_run`, until the run has ended or every worker has.
    match unsafe { team(address).start(program(handle), first as usize..last as usize, parts as usize) } {
        Ok(()) => team_advance(address),
        Err(fault) => refuse(fault),
    }
}

/// Goes on with a run that is pending.
#[wasm_bindgen]
pub fn team_advance(address: u32) -> u32 {
    // SAFETY: as in `team_run`.
    let team = unsafe { team(address) };
    // SAFETY: as in `team_run`.
    match unsafe { team.advance() } {
        Progress::Pending => {
            give([team.progress() as i32]);
            PENDING
        }
        Progress::Abandoned => ABANDONED,
        Progress::Ended(None) => 0,
        Progress::Ended(Some(fault)) => {
            give(fault);
            fault[0] as u32
        }
    }
}

/// Ends the workers' service, each after the share that it is computing, and the run. A worker whose share ended in a trap
/// calls it too.
#[wasm_bindgen]
pub fn team_abandon(address: u32) {
    // SAFETY: as in `team_free`.
    unsafe { team(address).abandon() };
}

/// Runs the loop that measures the processor's peak (kernels/peak.rs); gives the multiply-accumulates of an iteration, or
/// what they came to where that is more.
#[wasm_bindgen]
pub fn peak(iterations: u32, value: f32) -> f32 {
    peak::peak(iterations, value).max(peak::MACS as f32)
}

/// Has numbers of 16 bits, binary16 or else bfloat16, in the second half of the memory of `count` floats at `address`
/// become these floats.
#[wasm_bindgen]
pub fn widen(address: u32, count: u32, binary16: u32) -> u32 {
    code(memory::words(address, count).map(|words| {
        let at = core::ptr::with_exposed_provenance_mut(address as usize);
        // SAFETY: the words lie in the memory; ts/tensor/stored.ts gives those of a tensor that it has just made.
        unsafe { half::widen(at, words.len(), binary16 != 0) };
    }))
}

/// Writes the `count` floats at `from` as numbers of 16 bits, binary16 or else bfloat16, to memory of their own at `to`.
#[wasm_bindgen]
pub fn narrow(from: u32, to: u32, count: u32, binary16: u32) -> u32 {
    let inside =
        memory::words(from, count).and_then(|words| memory::words(to, count.div_ceil(2)).map(|_| words));
    code(inside.map(|words| {
        let to = core::ptr::with_exposed_provenance_mut(to as usize);
        // SAFETY: both lie in the memory; ts/tensor/stored.ts gives those of two tensors.
        unsafe { half::narrow(words.as_ptr().cast(), to, words.len(), binary16 != 0) };
    }))
}

/// What a caller gets who asks for what does not exist.
pub(crate) fn bad_instruction(value: usize) -> Fault {
    Fault::new(Code::BadInstruction, [value as i32, 0, 0])
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
