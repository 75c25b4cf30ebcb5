//! The instructions, which are what crosses the boundary; the operators that users call are made of them in TypeScript. One
//! file per instruction: what its words say, its plan, and its forward and gradient loops. A file that exports `ENTRIES` is in
//! the list of modules and of instructions by itself.
//!
//! An instruction is planned once, from its words ([`Params`]), and then run any number of times, each time by
//! `parts` callers that each compute their own [`Share`] of the output. Nothing is allocated while it runs
//! and nothing is kept outside the arguments.

pub mod activation;
pub mod dtype;
mod entry;
mod operands;
mod params;
pub mod sample;
mod share;
mod taps;
pub mod walk;

use crate::fault::{Code, Fault};

pub use entry::{Entry, Planned, MAX_BYTES};
pub use operands::{product, Extents, Operands, MAX_OPERANDS};
pub use params::Params;
pub use share::Share;

// `with_files!(make)` is `make!` of the names of the files that export `ENTRIES`, sorted.
include!(concat!(env!("OUT_DIR"), "/instructions.rs"));

macro_rules! instructions {
    ($($file:ident)*) => {
        $(pub mod $file;)*

        const FILES: &[&[Entry]] = &[$($file::ENTRIES),*];
    };
}
with_files!(instructions);

const COUNT: usize = {
    let (mut count, mut file) = (0, 0);
    while file < FILES.len() {
        count += FILES[file].len();
        file += 1;
    }
    count
};

/// Every instruction, in the order of the files; the opcode is its place.
pub const ENTRIES: &[Entry] = &{
    let mut entries = [FILES[0][0]; COUNT];
    let (mut count, mut file) = (0, 0);
    while file < FILES.len() {
        let mut at = 0;
        while at < FILES[file].len() {
            entries[count] = FILES[file][at];
            count += 1;
            at += 1;
        }
        file += 1;
    }
    entries
};

/// # Errors
/// `BadInstruction` when no instruction has this opcode.
pub fn entry(opcode: u32) -> Result<&'static Entry, Fault> {
    ENTRIES.get(opcode as usize).ok_or(Fault::new(Code::BadInstruction, [opcode as i32, 0, 0]))
}

/// What the core module has in the place of an instruction of a side module (scripts/lib/split.mjs) that is not there yet.
#[cfg(target_arch = "wasm32")]
fn absent(_: &mut Params) -> Result<Planned, Fault> {
    Err(Fault::new(Code::BadInstruction, [-1, 0, 0]))
}

#[cfg(target_arch = "wasm32")]
#[used]
static ABSENT: entry::Decode = absent;

/// A planned instruction.
pub trait Instruction {
    /// What a run reads and writes of its operands. Scratch memory has to lie apart from all others.
    fn extents(&self) -> Extents;

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
