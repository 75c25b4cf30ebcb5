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
use crate::geometry::{elements, AxisRequest};
use alloc::boxed::Box;
use core::ops::Range;
use dtype::Dtype;

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

/// The words that follow an instruction's opcode and operands, read in order. Nothing stops at what is wrong: the first
/// of it is kept for [`Params::check`], and until then a word that is missing or outside its range is 0.
pub struct Params<'a> {
    words: &'a [u32],
    fault: Option<Fault>,
}

impl<'a> Params<'a> {
    #[must_use]
    pub fn new(words: &'a [u32]) -> Self {
        Self { words, fault: None }
    }

    #[inline(never)]
    pub fn u32(&mut self) -> u32 {
        let Some((&first, rest)) = self.words.split_first() else {
            self.refuse(0);
            return 0;
        };
        self.words = rest;
        first
    }

    pub fn i32(&mut self) -> i32 {
        self.u32() as i32
    }

    pub fn usize(&mut self) -> usize {
        self.u32() as usize
    }

    pub fn f32(&mut self) -> f32 {
        f32::from_bits(self.u32())
    }

    /// The next `N` words.
    pub fn array<const N: usize>(&mut self) -> [u32; N] {
        let mut words = [0; N];
        self.read(&mut words);
        words
    }

    #[inline(never)]
    fn read(&mut self, words: &mut [u32]) {
        words.fill_with(|| self.u32());
    }

    /// The six words of a window's axis.
    pub fn axis(&mut self) -> AxisRequest {
        axis_request(self.array())
    }

    /// A word below `end`: one of so many kinds.
    #[inline(never)]
    pub fn below(&mut self, end: u32) -> u32 {
        let word = self.u32();
        if word < end {
            return word;
        }
        self.refuse(word);
        0
    }

    pub fn flag(&mut self) -> bool {
        self.below(2) != 0
    }

    #[inline(never)]
    pub fn dtype(&mut self) -> Dtype {
        match self.below(4) {
            0 => Dtype::F32,
            1 => Dtype::I32,
            2 => Dtype::U8,
            _ => Dtype::I8,
        }
    }

    /// The next `count` words.
    #[inline(never)]
    pub fn take(&mut self, count: usize) -> &'a [u32] {
        let Some((taken, rest)) = self.words.split_at_checked(count) else {
            self.refuse(count as u32);
            return &[];
        };
        self.words = rest;
        taken
    }

    /// The product of the sizes of a tensor with elements of `bytes` bytes; 0 where [`elements`] refuses it.
    #[inline(never)]
    pub fn elements(&mut self, sizes: &[usize], bytes: usize) -> usize {
        elements(sizes, bytes).unwrap_or_else(|fault| {
            self.fault.get_or_insert(fault);
            0
        })
    }

    /// `BadInstruction`, for this word.
    pub fn refuse(&mut self, word: u32) {
        self.fault.get_or_insert(Fault::new(Code::BadInstruction, [word as i32, 0, 0]));
    }

    /// # Errors
    /// What was wrong first: `BadInstruction` when words were missing or none of those that were allowed, `TooLarge`.
    pub fn check(&self) -> Result<(), Fault> {
        self.fault.map_or(Ok(()), Err)
    }

    /// # Errors
    /// As [`Params::check`]; `BadInstruction` when words are left.
    pub fn end(&self) -> Result<(), Fault> {
        self.check()?;
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
pub struct Operands {
    pub addresses: [*mut u8; MAX_OPERANDS],
}

/// More than any operator has.
pub const MAX_OPERANDS: usize = 8;

impl Operands {
    /// # Panics
    /// For more than there may be.
    #[must_use]
    pub fn new(addresses: &[*mut u8]) -> Operands {
        let mut all = [core::ptr::null_mut(); MAX_OPERANDS];
        all[..addresses.len()].copy_from_slice(addresses);
        Operands { addresses: all }
    }

    /// The address of operand `index`, typed.
    #[inline(always)]
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
