//! The words of an instruction, as its decoding reads them.

use super::dtype::Dtype;
use crate::enumeration::Enumeration;
use crate::fault::{Code, Fault};
use crate::geometry::{elements, AxisRequest};

/// The words that follow an instruction's opcode and operands, read in order. Nothing stops at what is wrong: the first
/// of it is kept for [`Params::check`], and until then a word that is missing or outside its range is 0.
pub struct Params<'a> {
    words: &'a [u32],
    fault: Option<Fault>,
    /// The type of the elements, which [`super::Entry::plan`] has read and found allowed.
    pub dtype: Dtype,
}

impl<'a> Params<'a> {
    #[must_use]
    pub fn new(words: &'a [u32]) -> Self {
        Self { words, fault: None, dtype: Dtype::F32 }
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

    /// One of an enumeration's kinds.
    ///
    /// # Panics
    /// Never: what is no kind is the first.
    #[inline(always)]
    pub fn kind<T: Enumeration>(&mut self) -> T {
        T::at(self.below(T::COUNT)).unwrap()
    }

    pub fn flag(&mut self) -> bool {
        self.below(2) != 0
    }

    #[inline(never)]
    pub fn dtype(&mut self) -> Dtype {
        self.kind()
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

    /// The product of the sizes of a tensor with elements of `bytes` bytes; 0 where [`elements`] refuses it, or where nothing is
    /// there so often that even that takes long.
    #[inline(never)]
    pub fn elements(&mut self, sizes: &[usize], bytes: usize) -> usize {
        let turns = sizes.iter().fold(1, |turns: usize, &size| turns.saturating_mul(size.max(1)));
        let count = elements(sizes, bytes).and_then(|count| elements(&[turns], bytes).map(|_| count));
        count.unwrap_or_else(|fault| {
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
