//! What is known about an instruction before its words are read, and what their reading makes.

use super::dtype::Dtype;
use super::sample::Sample;
use super::{Instruction, Params, MAX_OPERANDS};
use crate::fault::Fault;
use alloc::boxed::Box;
use core::ops::Deref;

/// An instruction's kind; its opcode is its place in `ENTRIES`.
#[derive(Clone, Copy)]
pub struct Entry {
    /// How many operands the instruction has.
    pub operands: usize,
    /// A bit for each operand that may be absent.
    pub optional: u32,
    /// A bit for each element type that it takes.
    dtypes: u32,
    decode: Decode,
    /// As [`Entry::new`] was given them.
    #[cfg(not(target_arch = "wasm32"))]
    pub name: &'static str,
    #[cfg(not(target_arch = "wasm32"))]
    pub signature: &'static str,
    #[cfg(not(target_arch = "wasm32"))]
    pub sample: Sample,
}

/// Validates the parameters behind the element type and plans the instruction.
pub type Decode = fn(&mut Params) -> Result<Planned, Fault>;

pub const FLOAT: &[Dtype] = &[Dtype::F32];
pub const ANY: &[Dtype] = &[Dtype::F32, Dtype::I32, Dtype::U8, Dtype::I8];

impl Entry {
    /// The signature names the operands in their order, `x, weights, bias? -> y; scratch`: what is read, what is written,
    /// and the scratch memory; a question mark follows what may be absent. `dtypes` are the types that x's elements may have,
    /// `sample` is for native tests.
    ///
    /// # Panics
    /// For more operands than there may be, which a constant's compilation shows.
    #[must_use]
    #[cfg_attr(target_arch = "wasm32", allow(unused_variables))]
    pub const fn new(
        name: &'static str,
        signature: &'static str,
        dtypes: &'static [Dtype],
        decode: Decode,
        sample: Sample,
    ) -> Entry {
        let text = signature.as_bytes();
        let (mut operands, mut optional, mut at) = (1, 0, 0);
        while at < text.len() {
            match text[at] {
                b',' | b';' => operands += 1,
                // Nothing is read where the arrow comes first.
                b'>' if at > 1 => operands += 1,
                b'?' => optional |= 1 << (operands - 1),
                _ => {}
            }
            at += 1;
        }
        assert!(operands <= MAX_OPERANDS);
        let (mut bits, mut at) = (0, 0);
        while at < dtypes.len() {
            bits |= 1 << dtypes[at] as u32;
            at += 1;
        }
        Entry {
            operands,
            optional,
            dtypes: bits,
            decode,
            #[cfg(not(target_arch = "wasm32"))]
            name,
            #[cfg(not(target_arch = "wasm32"))]
            signature,
            #[cfg(not(target_arch = "wasm32"))]
            sample,
        }
    }

    /// Plans the instruction that these words say: the element type, and what the instruction's file documents.
    ///
    /// # Errors
    /// `BadInstruction` for an element type that it does not take, and what its own parameters may be refused for.
    #[inline(never)]
    pub fn plan(&self, params: &mut Params) -> Result<Planned, Fault> {
        params.dtype = params.dtype();
        if self.dtypes >> params.dtype as u32 & 1 == 0 {
            params.refuse(params.dtype as u32);
        }
        params.check()?;
        (self.decode)(params)
    }
}

/// Bytes that a planned instruction takes at most: a program's reader makes sure of so much memory for each.
pub const MAX_BYTES: usize = 512;

/// An instruction in memory of its own.
pub struct Planned(Box<dyn Instruction>);

impl Planned {
    /// The only way to make one, so that none is too large.
    #[must_use]
    pub fn new<T: Instruction + 'static>(instruction: T) -> Planned {
        const { assert!(size_of::<T>() <= MAX_BYTES, "an instruction is larger than MAX_BYTES") };
        Planned(Box::new(instruction))
    }
}

impl Deref for Planned {
    type Target = dyn Instruction;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}
