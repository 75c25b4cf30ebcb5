//! One file per operator: what an instruction says, its plan, and its forward and gradient loops.
//!
//! An instruction is decoded once ([`Params`]), planned, and then run any number of times, each time by
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
pub mod fill;
pub mod grid_sample;
pub mod pool;
pub mod random;
pub mod reduce;
pub mod resample;
pub mod roi_align;
pub mod scatter;
pub mod softmax;
pub mod stats;
mod taps;
pub mod unary;
pub mod unary_gradient;
pub mod walk;

use crate::fault::{Code, Fault};
use crate::geometry::AxisRequest;
use alloc::boxed::Box;
use core::ops::Range;

/// What a program's reader knows about an opcode before it decodes the instruction.
pub struct Entry {
    pub opcode: u32,
    pub name: &'static str,
    /// How many operands the instruction has.
    pub operands: usize,
    /// A bit for each operand that may be absent.
    pub optional: u32,
    pub decode: Decode,
}

/// Judges an instruction's parameters and makes its operator.
pub type Decode = fn(&mut Params) -> Result<Box<dyn Operator>, Fault>;

/// Every operator, by its opcode.
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
/// `BadInstruction` when no operator has this opcode.
pub fn entry(opcode: u32) -> Result<&'static Entry, Fault> {
    let unknown = Fault::new(Code::BadInstruction, [opcode as i32, 0, 0]);
    ENTRIES.iter().find(|entry| entry.opcode == opcode).ok_or(unknown)
}

/// The words that follow an instruction's opcode and operands, read in order.
pub struct Params<'a> {
    words: &'a [u32],
}

impl<'a> Params<'a> {
    #[must_use]
    pub fn new(words: &'a [u32]) -> Self {
        Self { words }
    }

    /// # Errors
    /// `BadInstruction` when the words have run out.
    pub fn u32(&mut self) -> Result<u32, Fault> {
        let (&first, rest) = self.words.split_first().ok_or(Fault::new(Code::BadInstruction, [0; 3]))?;
        self.words = rest;
        Ok(first)
    }

    /// # Errors
    /// As [`Params::u32`].
    pub fn i32(&mut self) -> Result<i32, Fault> {
        Ok(self.u32()? as i32)
    }

    /// # Errors
    /// As [`Params::u32`].
    pub fn usize(&mut self) -> Result<usize, Fault> {
        Ok(self.u32()? as usize)
    }

    /// # Errors
    /// As [`Params::u32`].
    pub fn f32(&mut self) -> Result<f32, Fault> {
        Ok(f32::from_bits(self.u32()?))
    }

    /// The next `N` words.
    ///
    /// # Errors
    /// As [`Params::u32`].
    pub fn array<const N: usize>(&mut self) -> Result<[u32; N], Fault> {
        let mut words = [0; N];
        words.copy_from_slice(self.take(N)?);
        Ok(words)
    }

    /// The six words of a window's axis.
    ///
    /// # Errors
    /// As [`Params::u32`].
    pub fn axis(&mut self) -> Result<AxisRequest, Fault> {
        self.array().map(axis_request)
    }

    /// # Errors
    /// `BadInstruction` for a word that is neither 0 nor 1, and as [`Params::u32`].
    #[inline(never)]
    pub fn flag(&mut self) -> Result<bool, Fault> {
        match self.u32()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(Fault::new(Code::BadInstruction, [other as i32, 0, 0])),
        }
    }

    /// The next `count` words.
    ///
    /// # Errors
    /// `BadInstruction` when there are fewer.
    #[inline(never)]
    pub fn take(&mut self, count: usize) -> Result<&'a [u32], Fault> {
        let taken = self.words.split_at_checked(count);
        let (taken, rest) = taken.ok_or(Fault::new(Code::BadInstruction, [count as i32, 0, 0]))?;
        self.words = rest;
        Ok(taken)
    }

    /// # Errors
    /// `BadInstruction` when words are left.
    pub fn end(&self) -> Result<(), Fault> {
        match self.words.first() {
            None => Ok(()),
            Some(&word) => Err(Fault::new(Code::BadInstruction, [word as i32, 0, 0])),
        }
    }
}

/// A window's axis from its six words.
#[inline(always)]
#[must_use]
pub fn axis_request(words: [u32; 6]) -> AxisRequest {
    let [input, kernel, stride, dilation, lo, hi] = words.map(|word| word as i32);
    AxisRequest { input, kernel, stride, dilation, lo, hi }
}

/// Which part of how many: the split of an instruction's output items among its callers.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub part: usize,
    pub parts: usize,
}

impl Share {
    pub const WHOLE: Share = Share { part: 0, parts: 1 };

    /// The items of this part: contiguous, disjoint between parts, and together all of `0..items`. The first parts have
    /// the more: a single item is part 0's, which is the caller.
    #[inline(never)]
    #[must_use]
    pub fn range(self, items: usize) -> Range<usize> {
        let cut = |part: usize| (items as u64 * part as u64).div_ceil(self.parts as u64) as usize;
        cut(self.part)..cut(self.part + 1)
    }
}

/// The addresses an instruction works on, in the order its operator documents; null where one is absent.
pub struct Operands<'a> {
    pub addresses: &'a [*mut u8],
}

impl Operands<'_> {
    /// The address of operand `index`, typed.
    #[must_use]
    pub fn pointer<T>(&self, index: usize) -> *mut T {
        self.addresses[index].cast()
    }

    /// Operand `index` as a slice of `len` elements.
    ///
    /// # Safety
    /// The operand holds `len` elements of `T` that nobody writes while the slice lives.
    #[must_use]
    pub unsafe fn slice<T>(&self, index: usize, len: usize) -> &[T] {
        // SAFETY: the caller's guarantee is passed on.
        unsafe { core::slice::from_raw_parts(self.pointer(index), len) }
    }

    /// Like [`Operands::slice`], `None` when the operand is absent.
    ///
    /// # Safety
    /// As [`Operands::slice`].
    #[must_use]
    pub unsafe fn optional<T>(&self, index: usize, len: usize) -> Option<&[T]> {
        if self.pointer::<T>(index).is_null() {
            return None;
        }
        // SAFETY: the caller's guarantee is passed on.
        Some(unsafe { self.slice(index, len) })
    }
}

/// A planned instruction.
pub trait Operator {
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
    /// Every operand is absent where that is allowed, or holds the elements that the operator documents; outputs
    /// are written by no one else but the other parts of the same run, each its own share.
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault>;
}
