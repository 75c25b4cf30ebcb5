//! Samples: words of each instruction that are valid, and operands for them. Native tests run every instruction by its own
//! (`tests/every.rs`); a build for wasm has none of them.

use super::dtype::Dtype;
use super::entry::FLOAT;

/// An element's bits by its place.
pub type Element = fn(usize) -> u32;

/// What stands beside an instruction's entry.
#[derive(Clone, Copy)]
pub struct Sample {
    /// Those behind the element type.
    pub words: &'static [u32],
    /// How many 4-byte elements each operand before the scratch memory has, 0 being absent.
    pub operands: &'static [usize],
    /// The element types with which the words are valid.
    pub dtypes: &'static [Dtype],
    /// An operand that does not start as [`number`]s, or as an output does, and its elements.
    pub special: Option<(usize, Element)>,
}

impl Sample {
    /// Of float32.
    #[must_use]
    pub const fn new(words: &'static [u32], operands: &'static [usize]) -> Sample {
        Sample { words, operands, dtypes: FLOAT, special: None }
    }

    #[must_use]
    pub const fn of(self, dtypes: &'static [Dtype]) -> Sample {
        Sample { dtypes, ..self }
    }

    /// The operand's elements are these: indices, states, sums that more is added to.
    #[must_use]
    pub const fn with(self, operand: usize, element: Element) -> Sample {
        Sample { special: Some((operand, element)), ..self }
    }
}

/// What inputs hold: small floats.
#[must_use]
pub fn number(i: usize) -> u32 {
    ((i * 7 % 11) as f32 * 0.25 + 0.5).to_bits()
}

pub const ONE: u32 = 1f32.to_bits();

/// `[input, kernel, stride, dilation, lo, hi]` of depth, height and width, between other words: planes of 5x6 under 3x3,
/// padded by one. What is convolved has 2 images of 3 channels, and 4 outputs.
macro_rules! window {
    ($($before:expr),*; $($after:expr),*) => {
        &[$($before,)* 1, 1, 1, 1, 0, 0, 5, 3, 1, 1, 1, 1, 6, 3, 1, 1, 1, 1, $($after),*]
    };
}
pub(super) use window;
