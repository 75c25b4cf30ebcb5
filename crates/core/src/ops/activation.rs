//! `y = act(x)`, element by element: one decoded activation for the epilogue of convolution and for UNARY.
//!
//! NaN propagates through every kind, as in PyTorch. The kinds that surround convolutions (none, relu, clip, leaky
//! relu, prelu) are two inlined instructions or three; the others share one function that is called per vector.
//! The order of operations follows PyTorch's, so that exact inputs give exact results.

use crate::fault::{Code, Fault};
use crate::math;
use crate::simd::F32x4;

/// The numbers of the kinds are part of the program format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `min(max(x, p0), p1)`: none, relu and clip.
    Clamp,
    /// `x > 0 ? x : x * p0`: leaky relu, and prelu with a slope per channel.
    Slope,
    Sigmoid,
    Tanh,
    HardSigmoid,
    HardSwish,
    Silu,
    /// `(x > 0 ? x : p0 * expm1(x)) * p1`: elu and selu.
    Elu,
    Exp,
    Log,
    Sqrt,
    Abs,
    Neg,
}

/// An activation and its parameters, ready to be applied.
#[derive(Clone, Copy, Debug)]
pub struct Activation {
    kind: Kind,
    needs_slope: bool,
    p0: f32,
    p1: f32,
}

impl Activation {
    pub const NONE: Activation =
        Activation { kind: Kind::Clamp, needs_slope: false, p0: f32::NEG_INFINITY, p1: f32::INFINITY };

    /// # Errors
    /// `BadInstruction` for a number that names no activation.
    pub fn new(act: u32, p0: f32, p1: f32) -> Result<Self, Fault> {
        let (kind, p0, p1) = match act {
            0 => return Ok(Self::NONE),
            1 => (Kind::Clamp, 0.0, f32::INFINITY),
            2 => (Kind::Clamp, p0, p1),
            3 | 4 => (Kind::Slope, p0, p1),
            5 => (Kind::Sigmoid, p0, p1),
            6 => (Kind::Tanh, p0, p1),
            7 => (Kind::HardSigmoid, p0, p1),
            8 => (Kind::HardSwish, p0, p1),
            9 => (Kind::Silu, p0, p1),
            10 => (Kind::Elu, p0, 1.0),
            // selu
            11 => (Kind::Elu, 1.673_263_2, 1.050_701),
            16 => (Kind::Exp, p0, p1),
            17 => (Kind::Log, p0, p1),
            18 => (Kind::Sqrt, p0, p1),
            19 => (Kind::Abs, p0, p1),
            20 => (Kind::Neg, p0, p1),
            _ => return Err(Fault::new(Code::BadInstruction, [act as i32, 0, 0])),
        };
        let needs_slope = act == 4;
        Ok(Self { kind, needs_slope, p0, p1 })
    }

    /// Whether this is prelu: the slope of each channel is an operand, given by [`Activation::with_slope`].
    #[must_use]
    pub fn needs_slope(&self) -> bool {
        self.needs_slope
    }

    /// The same prelu with the slope of one channel.
    #[inline(always)]
    #[must_use]
    pub fn with_slope(mut self, slope: f32) -> Self {
        self.p0 = slope;
        self
    }

    #[inline(always)]
    #[must_use]
    pub fn apply(&self, x: F32x4) -> F32x4 {
        match self.kind {
            Kind::Clamp => self.clamp(x),
            Kind::Slope => self.slope(x),
            _ => self.apply_called(x),
        }
    }

    #[inline(always)]
    fn clamp(&self, x: F32x4) -> F32x4 {
        x.max(F32x4::splat(self.p0)).min(F32x4::splat(self.p1))
    }

    #[inline(always)]
    fn slope(&self, x: F32x4) -> F32x4 {
        x.gt(F32x4::ZERO).select(x, x.mul(F32x4::splat(self.p0)))
    }

    /// The same, kept out of the loops that inline the short kinds.
    #[inline(never)]
    #[must_use]
    pub fn apply_called(&self, x: F32x4) -> F32x4 {
        let one = F32x4::splat(1.0);
        match self.kind {
            Kind::Clamp => self.clamp(x),
            Kind::Slope => self.slope(x),
            Kind::Sigmoid | Kind::Silu => {
                let above = if self.kind == Kind::Silu { x } else { one };
                above.div(math::exp(x.neg()).add(one))
            }
            Kind::Tanh => math::tanh(x),
            Kind::HardSigmoid => {
                F32x4::splat(self.p0).mul_add_exact(x, F32x4::splat(self.p1)).max(F32x4::ZERO).min(one)
            }
            Kind::HardSwish => {
                let gate = x.add(F32x4::splat(3.0)).max(F32x4::ZERO).min(F32x4::splat(6.0));
                x.mul(gate).div(F32x4::splat(6.0))
            }
            Kind::Elu => {
                let below = math::expm1(x.min(F32x4::ZERO)).mul(F32x4::splat(self.p0));
                x.gt(F32x4::ZERO).select(x, below).mul(F32x4::splat(self.p1))
            }
            Kind::Exp => math::exp(x),
            Kind::Log => math::log(x),
            Kind::Sqrt => x.sqrt(),
            Kind::Abs => x.abs(),
            Kind::Neg => x.neg(),
        }
    }
}
