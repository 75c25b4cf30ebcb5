//! The boolean decoder (RFC 6386, section 7), with a window of up to eight bytes.

use crate::picture::Fault;

/// A decoder may look a little further than its encoder wrote.
const SLACK_BITS: usize = 16;

#[derive(Clone, Default)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    /// Bytes that are in the window or were; beyond the end zeros follow.
    at: usize,
    window: u64,
    /// Bits of the window behind the eight that decide.
    count: i32,
    /// The range less one.
    range: u32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Bits { bytes, at: 0, window: 0, count: -8, range: 254 }
    }

    #[inline(always)]
    fn load(&mut self) {
        if let Some(eight) = self.bytes.get(self.at..self.at + 8) {
            let eight = u64::from_be_bytes(eight.try_into().expect("eight bytes"));
            self.window = self.window << 56 | eight >> 8;
            self.count += 56;
            self.at += 7;
        } else {
            let byte = self.bytes.get(self.at).copied().unwrap_or(0);
            self.window = self.window << 8 | u64::from(byte);
            self.count += 8;
            self.at += 1;
        }
    }

    /// One bit, which is 0 with the probability p / 256.
    #[inline(always)]
    pub fn bit(&mut self, probability: u8) -> bool {
        if self.count < 0 {
            self.load();
        }
        let split = (self.range * u32::from(probability)) >> 8;
        let bit = (self.window >> self.count) as u32 > split;
        let range = if bit {
            self.window -= u64::from(split + 1) << self.count;
            self.range - split
        } else {
            split + 1
        };
        let shift = range.leading_zeros() - 24;
        self.range = (range << shift) - 1;
        self.count -= shift as i32;
        bit
    }

    pub fn flag(&mut self) -> bool {
        self.bit(128)
    }

    pub fn literal(&mut self, bits: usize) -> i32 {
        (0..bits).fold(0, |value, _| value << 1 | i32::from(self.flag()))
    }

    /// A magnitude and its sign.
    pub fn signed(&mut self, bits: usize) -> i32 {
        let value = self.literal(bits);
        if self.flag() {
            -value
        } else {
            value
        }
    }

    /// What a flag says that is there, else 0.
    pub fn optional(&mut self, bits: usize) -> i32 {
        if self.flag() {
            self.signed(bits)
        } else {
            0
        }
    }

    /// Whether more was read than there is.
    pub fn check(&self) -> Result<(), Fault> {
        let read = (self.at * 8).saturating_add_signed(-(self.count as isize) - 8);
        if read > self.bytes.len() * 8 + SLACK_BITS {
            return Err(Fault::EndsEarly);
        }
        Ok(())
    }
}
