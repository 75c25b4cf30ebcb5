//! A program: instructions decoded from words, and the table of addresses that they work on.
//!
//! Words: `bases, steps`, then per step `opcode, operands, (base, byte offset) per operand, params, params...`.
//! An absent operand has the base [`ABSENT`]. A step's instruction is planned by its entry in `striate_core::instructions`.

use crate::bad_instruction;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use striate_core::fault::Fault;
use striate_core::instructions::{self, Extents, Operands, Params, Planned, Share, MAX_BYTES, MAX_OPERANDS};

/// The base of an operand that is absent.
pub const ABSENT: u32 = u32::MAX;
/// The base in which scratch memory lies; no other is bound to any of its memory.
const ARENA: u32 = 0;
const MAX_BASES: usize = 1 << 16;
/// What the largest instruction takes: a step, and memory of its own with what an allocation is rounded up by.
const STEP_BYTES: usize = size_of::<Step>() + MAX_BYTES + 64;

#[derive(Clone, Copy)]
struct Operand {
    base: u32,
    offset: u32,
}

struct Step {
    instruction: Planned,
    /// Those that the instruction lacks are absent.
    operands: [Operand; MAX_OPERANDS],
    count: usize,
}

pub struct Program {
    /// Written by JavaScript between runs, read by every part.
    bases: Vec<AtomicUsize>,
    steps: Vec<Step>,
    pub bytes: usize,
}

/// Bytes that decoding these words allocates at most.
pub fn room_for(words: &[u32]) -> usize {
    let bases = words.first().map_or(0, |&bases| bases as usize).min(MAX_BASES);
    4096 + steps_of(words) * STEP_BYTES + 16 * (words.len() + bases)
}

/// Steps that the words announce; no more than they can hold.
fn steps_of(words: &[u32]) -> usize {
    let announced = words.get(1).copied().unwrap_or(0) as usize;
    announced.min(words.len() / 3)
}

impl Program {
    /// # Errors
    /// `BadInstruction` for words that are no program, and what the instructions' own decoding refuses.
    pub fn decode(words: &[u32]) -> Result<Program, Fault> {
        let mut params = Params::new(words);
        let [bases, count] = params.array().map(|word| word as usize);
        if bases > MAX_BASES {
            return Err(bad_instruction(bases));
        }
        if count != steps_of(words) {
            return Err(bad_instruction(count));
        }
        let bases = (0..bases).map(|_| AtomicUsize::new(0)).collect();
        let mut program = Program { bases, steps: Vec::with_capacity(count), bytes: 0 };
        program.read(&mut params, count)?;
        Ok(program)
    }

    #[inline(never)]
    fn read(&mut self, params: &mut Params, count: usize) -> Result<(), Fault> {
        for _ in 0..count {
            let step = Step::decode(params, self.bases.len())?;
            // There is room for all: without the question the code that makes more comes along.
            if self.steps.len() < self.steps.capacity() {
                self.steps.push(step);
            }
        }
        params.end()
    }

    pub fn bases(&self) -> &[AtomicUsize] {
        &self.bases
    }

    /// Runs the share `part` of `parts` of every step, in their order.
    ///
    /// # Errors
    /// `BadInstruction` when there is no such part; a step's fault.
    ///
    /// # Safety
    /// The bases are bound to memory that holds what the operands' instructions document.
    pub unsafe fn run(&self, part: usize, parts: usize) -> Result<(), Fault> {
        // SAFETY: the caller's guarantee.
        unsafe { self.run_on(&self.bases, part, parts) }
    }

    /// The same with other bases, as many as the program has.
    ///
    /// # Errors
    /// As [`Program::run`].
    ///
    /// # Safety
    /// As [`Program::run`].
    pub unsafe fn run_on(&self, bases: &[AtomicUsize], part: usize, parts: usize) -> Result<(), Fault> {
        let share = share(part, parts)?;
        for index in 0..self.steps.len() {
            // SAFETY: the caller's guarantee.
            unsafe { self.run_step_on(bases, index, share)? };
        }
        Ok(())
    }

    pub fn count(&self) -> usize {
        self.steps.len()
    }

    /// Runs the share of one step, which there is; a fault of the data names it.
    ///
    /// # Safety
    /// As [`Program::run`].
    pub(crate) unsafe fn run_step(&self, index: usize, share: Share) -> Result<(), Fault> {
        // SAFETY: the caller's guarantee.
        unsafe { self.run_step_on(&self.bases, index, share) }
    }

    /// # Safety
    /// As [`Program::run`].
    unsafe fn run_step_on(&self, bases: &[AtomicUsize], index: usize, share: Share) -> Result<(), Fault> {
        // SAFETY: the caller's guarantee.
        unsafe { self.steps[index].run(bases, share) }.map_err(|fault| Fault { step: index as i32, ..fault })
    }

    /// Whether a step, computed in so many parts, touches nothing outside of bases of so many bytes.
    #[must_use]
    pub fn fits(&self, index: usize, parts: usize, bytes: &[u32]) -> bool {
        let bound = bytes.len() == self.bases.len();
        bound && self.steps.get(index).is_some_and(|step| step.fits(parts, bytes))
    }

    /// Runs the share of one step.
    ///
    /// # Errors
    /// `BadInstruction` when there is no such step or part; the step's fault.
    ///
    /// # Safety
    /// As [`Program::run`].
    pub unsafe fn step(&self, index: usize, part: usize, parts: usize) -> Result<(), Fault> {
        let share = share(part, parts)?;
        if index >= self.steps.len() {
            return Err(bad_instruction(index));
        }
        // SAFETY: the caller's guarantee.
        unsafe { self.run_step(index, share) }
    }
}

pub(crate) fn share(part: usize, parts: usize) -> Result<Share, Fault> {
    if part < parts {
        Ok(Share { part, parts })
    } else {
        Err(bad_instruction(part))
    }
}

impl Step {
    #[inline(never)]
    fn decode(params: &mut Params, bases: usize) -> Result<Step, Fault> {
        let [opcode, count] = params.array();
        let (entry, count) = (instructions::entry(opcode)?, count as usize);
        if count != entry.operands || count > MAX_OPERANDS {
            return Err(bad_instruction(count));
        }
        let mut operands = [Operand { base: ABSENT, offset: 0 }; MAX_OPERANDS];
        for (index, operand) in operands[..count].iter_mut().enumerate() {
            let [base, offset] = params.array();
            let may_be_absent = entry.optional & (1 << index) != 0;
            if base as usize >= bases && !(base == ABSENT && may_be_absent) {
                return Err(bad_instruction(base as usize));
            }
            *operand = Operand { base, offset };
        }
        let own = params.usize();
        let mut own = Params::new(params.take(own));
        let instruction = entry.plan(&mut own)?;
        own.end()?;
        Ok(Step { instruction, operands, count })
    }

    /// Whether the operands lie in bases of so many bytes, those that the instruction needs are there, and the scratch memory, where
    /// it keeps places in others, is none of theirs.
    #[inline(never)]
    fn fits(&self, parts: usize, bases: &[u32]) -> bool {
        let Extents { mut bytes, needed } = self.instruction.extents();
        let scratch = self.instruction.scratch().saturating_mul(parts);
        let last = self.count - 1;
        if scratch > 0 {
            bytes[last] = scratch;
        }
        if scratch > 0 && self.operands[last].base != ARENA {
            return false;
        }
        let end = |index: usize| u64::from(self.operands[index].offset) + bytes[index] as u64;
        (0..self.count).all(|index| {
            let Operand { base, offset } = self.operands[index];
            if base == ABSENT {
                return needed & (1 << index) == 0;
            }
            let room = u64::from(self.operands[last].offset)..end(last);
            let apart = base != ARENA || end(index) <= room.start || u64::from(offset) >= room.end;
            end(index) <= u64::from(bases[base as usize]) && (scratch == 0 || apart || index == last)
        })
    }

    /// # Safety
    /// As [`Program::run`].
    #[inline(never)]
    unsafe fn run(&self, bases: &[AtomicUsize], share: Share) -> Result<(), Fault> {
        let mut operands = Operands::new(&[]);
        for (address, operand) in operands.addresses.iter_mut().zip(&self.operands) {
            if let Some(base) = bases.get(operand.base as usize) {
                let start = base.load(Ordering::Relaxed);
                *address =
                    core::ptr::with_exposed_provenance_mut(start.wrapping_add(operand.offset as usize));
            }
        }
        // SAFETY: the caller's guarantee: the bases are bound as the instruction documents.
        unsafe { self.instruction.run(&operands, share) }
    }
}
