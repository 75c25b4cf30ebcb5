//! The instructions, which are what crosses the boundary; the operators that users call are made of them in TypeScript. One
//! file per instruction: what its words say, its plan, and its forward and gradient loops.
//!
//! An instruction is planned once, from its words ([`Params`]), and then run any number of times, each time by
//! `parts` callers that each compute their own [`Share`] of the output. Nothing is allocated while it runs
//! and nothing is kept outside the arguments.

pub mod accumulate;
pub mod activation;
pub mod affine;
pub mod binary;
pub mod cast;
pub mod conv;
pub mod copy;
pub mod deform;
pub mod dropout;
pub mod dtype;
mod entry;
pub mod fill;
pub mod grid_sample;
mod operands;
mod params;
pub mod pool;
pub mod random;
pub mod reduce;
pub mod resample;
pub mod roi_align;
pub mod scatter;
mod share;
pub mod softmax;
pub mod stats;
mod taps;
pub mod unary;
pub mod unary_gradient;
pub mod walk;

use crate::fault::{Code, Fault};

pub use entry::{Entry, Planned, MAX_BYTES};
pub use operands::{Operands, MAX_OPERANDS};
pub use params::Params;
pub use share::Share;

/// Every instruction; the opcode is its place.
pub const ENTRIES: &[Entry] = &[
    conv::CONV,
    conv::CONV_PACK,
    pool::ENTRY,
    copy::ENTRY,
    fill::ENTRY,
    unary::ENTRY,
    binary::ENTRY,
    affine::ENTRY,
    cast::ENTRY,
    random::ENTRY,
    stats::ENTRY,
    conv::CONV_WEIGHT_GRADIENT,
    accumulate::ENTRY,
    reduce::ENTRY,
    pool::gradient::ENTRY,
    scatter::SCATTER,
    scatter::GATHER,
    unary_gradient::ENTRY,
    softmax::ENTRY,
    dropout::ENTRY,
    resample::ENTRY,
    grid_sample::ENTRY,
    grid_sample::GRADIENT,
    roi_align::ENTRY,
    roi_align::GRADIENT,
    deform::DEFORM,
    deform::DEFORM_GRADIENT,
];

/// # Errors
/// `BadInstruction` when no instruction has this opcode.
pub fn entry(opcode: u32) -> Result<&'static Entry, Fault> {
    ENTRIES.get(opcode as usize).ok_or(Fault::new(Code::BadInstruction, [opcode as i32, 0, 0]))
}

/// A planned instruction.
pub trait Instruction {
    /// Bytes of scratch memory that each part needs; part `p` uses `[p * scratch, (p + 1) * scratch)` of the last operand.
    fn scratch(&self) -> usize {
        0
    }

    /// Elements that the packed form of the constant operand takes.
    fn packed(&self) -> usize {
        0
    }

    /// The number of the algorithm that was chosen, where there is a choice.
    fn algorithm(&self) -> u32 {
        0
    }

    /// Computes this share of the output.
    ///
    /// # Errors
    /// A fault that depends on the data (an index outside its plane): the write is skipped.
    ///
    /// # Safety
    /// Every operand is absent where that is allowed, or holds the elements that the instruction documents; outputs
    /// are written by no one else but the other parts of the same run, each its own share.
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault>;
}
