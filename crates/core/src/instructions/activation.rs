//! `y = act(x)`, element by element, and its derivative: one decoded activation for the epilogue of convolution and for
//! UNARY, one decoded derivative for UNARY_GRADIENT.
//!
//! NaN propagates through every kind but sign, as in PyTorch. Each kind is one loop ([`Activation::map`]), for whole tensors
//! and for what a convolution has just stored.
//! The order of operations follows PyTorch's, so that exact inputs give exact results.

use crate::enumeration::enumeration;
use crate::fault::{Code, Fault};
use crate::math::{self, called, hyperbolic, inverse};
use crate::simd::{F32x4, LANES};

enumeration! {
    /// The functions by name.
    pub enum Act {
        None,
        Relu,
        Clip,
        LeakyRelu,
        Prelu,
        Sigmoid,
        Tanh,
        HardSigmoid,
        HardSwish,
        Silu,
        Elu,
        Selu,
        Gelu,
        Mish,
        Softplus,
        Exp,
        Log,
        Sqrt,
        Abs,
        Neg,
        Floor,
        Ceil,
        /// To the next whole number, of two the even one.
        Round,
        /// -1, 0 or 1; of NaN 0.
        Sign,
        Erf,
        Sin,
        Cos,
        Tan,
        Reciprocal,
        Sinh,
        Cosh,
        Asin,
        Acos,
        Atan,
        Asinh,
        Acosh,
        Atanh,
        /// 1 between p0 and p1, exclusive: the derivative of relu6, and no function of its own.
        Inside,
    }
}

/// What several functions are together, by their parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `min(max(x, p0), p1)` by numbers: none, relu and clip.
    Clamp,
    /// NaN: clip by NaN.
    Nothing,
    /// `x > 0 ? x : x * p0`: leaky relu, and prelu with a slope per channel.
    Slope,
    Sigmoid,
    Tanh,
    HardSigmoid,
    HardSwish,
    Silu,
    /// `(x > 0 ? x : p0 * expm1(x)) * p1`: elu and selu.
    Elu,
    Gelu,
    GeluTanh,
    Mish,
    /// `log(1 + exp(p0 * x)) / p0`, and x where `p0 * x > p1`.
    Softplus,
    Exp,
    Log,
    Sqrt,
    Abs,
    Neg,
    Floor,
    Ceil,
    Round,
    Sign,
    Erf,
    Sin,
    Cos,
    Tan,
    Reciprocal,
    Sinh,
    Cosh,
    Asin,
    Acos,
    Atan,
    Asinh,
    Acosh,
    Atanh,
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
    /// `BadInstruction` for what is a derivative only.
    pub fn new(act: Act, p0: f32, p1: f32) -> Result<Self, Fault> {
        let (kind, p0, p1) = match act {
            Act::None => return Ok(Self::NONE),
            Act::Relu => (Kind::Clamp, 0.0, f32::INFINITY),
            Act::Clip if p0.is_nan() || p1.is_nan() => (Kind::Nothing, p0, p1),
            Act::Clip => (Kind::Clamp, p0, p1),
            Act::LeakyRelu | Act::Prelu => (Kind::Slope, p0, p1),
            Act::Sigmoid => (Kind::Sigmoid, p0, p1),
            Act::Tanh => (Kind::Tanh, p0, p1),
            Act::HardSigmoid => (Kind::HardSigmoid, p0, p1),
            Act::HardSwish => (Kind::HardSwish, p0, p1),
            Act::Silu => (Kind::Silu, p0, p1),
            Act::Elu => (Kind::Elu, p0, 1.0),
            Act::Selu => (Kind::Elu, SELU_ALPHA, SELU_SCALE),
            Act::Gelu => (if p0 == 0.0 { Kind::Gelu } else { Kind::GeluTanh }, p0, p1),
            Act::Mish => (Kind::Mish, p0, p1),
            Act::Softplus => (Kind::Softplus, p0, p1),
            Act::Exp => (Kind::Exp, p0, p1),
            Act::Log => (Kind::Log, p0, p1),
            Act::Sqrt => (Kind::Sqrt, p0, p1),
            Act::Abs => (Kind::Abs, p0, p1),
            Act::Neg => (Kind::Neg, p0, p1),
            Act::Floor => (Kind::Floor, p0, p1),
            Act::Ceil => (Kind::Ceil, p0, p1),
            Act::Round => (Kind::Round, p0, p1),
            Act::Sign => (Kind::Sign, p0, p1),
            Act::Erf => (Kind::Erf, p0, p1),
            Act::Sin => (Kind::Sin, p0, p1),
            Act::Cos => (Kind::Cos, p0, p1),
            Act::Tan => (Kind::Tan, p0, p1),
            Act::Reciprocal => (Kind::Reciprocal, p0, p1),
            Act::Sinh => (Kind::Sinh, p0, p1),
            Act::Cosh => (Kind::Cosh, p0, p1),
            Act::Asin => (Kind::Asin, p0, p1),
            Act::Acos => (Kind::Acos, p0, p1),
            Act::Atan => (Kind::Atan, p0, p1),
            Act::Asinh => (Kind::Asinh, p0, p1),
            Act::Acosh => (Kind::Acosh, p0, p1),
            Act::Atanh => (Kind::Atanh, p0, p1),
            Act::Inside => return Err(Fault::new(Code::BadInstruction, [act as i32, 0, 0])),
        };
        let needs_slope = act == Act::Prelu;
        Ok(Self { kind, needs_slope, p0, p1 })
    }

    /// Whether this is prelu: the slope of each channel is an operand, given by [`Activation::with_slope`].
    #[must_use]
    pub fn needs_slope(&self) -> bool {
        self.needs_slope
    }

    /// Whether it is `min(max(x, p0), p1)` by numbers.
    #[must_use]
    pub fn is_clamp(&self) -> bool {
        self.kind == Kind::Clamp
    }

    /// The same prelu with the slope of one channel.
    #[inline(always)]
    #[must_use]
    pub fn with_slope(mut self, slope: f32) -> Self {
        self.p0 = slope;
        self
    }

    /// `y[i] = act(x[i])`.
    ///
    /// # Safety
    /// `count` elements can be read at `x` and written at `y`, which may be the same memory.
    pub unsafe fn map(&self, x: *const f32, y: *mut f32, count: usize) {
        let whole = count / LANES * LANES;
        // SAFETY: the caller's guarantee.
        unsafe {
            self.map_vectors(x, y, whole);
            if whole < count {
                let rest = count - whole;
                let mut last = F32x4::load_partial(x.add(whole), rest).to_array();
                self.map_vectors(last.as_ptr(), last.as_mut_ptr(), LANES);
                F32x4::from_array(last).store_partial(y.add(whole), rest);
            }
        }
    }

    /// The same of whole vectors, a loop for each kind.
    ///
    /// # Safety
    /// As [`Activation::map`].
    #[inline(never)]
    unsafe fn map_vectors(&self, x: *const f32, y: *mut f32, count: usize) {
        let (one, zero, six) = (F32x4::splat(1.0), F32x4::ZERO, F32x4::splat(6.0));
        let (p0, p1) = (F32x4::splat(self.p0), F32x4::splat(self.p1));
        let all = Vectors { x, y, count };
        // SAFETY: the caller's guarantee.
        unsafe {
            match self.kind {
                // NaN stays in the first operand of pmax and pmin.
                Kind::Clamp => all.each(|x| x.pmax(p0).pmin(p1)),
                Kind::Nothing => all.each(|_| F32x4::splat(f32::NAN)),
                Kind::Slope => all.each(|x| x.gt(zero).select(x, x.mul(p0))),
                Kind::Sigmoid => all.each(|x| math::logistic(one, x)),
                Kind::Silu => all.each(|x| math::logistic(x, x)),
                Kind::Tanh => all.each(math::tanh),
                Kind::HardSigmoid => all.each(|x| p0.mul_add_exact(x, p1).pmax(zero).pmin(one)),
                Kind::HardSwish => all.each(|x| {
                    let gate = x.add(F32x4::splat(3.0)).pmax(zero).pmin(six);
                    x.mul(gate).div(six)
                }),
                Kind::Elu => all.each(|x| {
                    let below = math::expm1(x.pmin(zero)).mul(p0);
                    x.gt(zero).select(x, below).mul(p1)
                }),
                Kind::Gelu => all.each(|x| x.mul(math::normal(x).0)),
                Kind::GeluTanh => all.each(|x| math::logistic(x, gelu_exponent(x))),
                Kind::Mish => all.each(|x| {
                    // tanh(log(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2); from 20 on it is 1.
                    let two = F32x4::splat(2.0);
                    let e = math::exp(x.pmin(F32x4::splat(20.0)));
                    let n = e.mul(e.add(two));
                    x.mul(n.div(n.add(two)))
                }),
                Kind::Softplus => all.each(|x| {
                    let scaled = x.mul(p0);
                    let tail = math::log1p(math::exp(scaled.abs().neg()));
                    let sum = scaled.pmax(zero).add(tail).div(p0);
                    scaled.gt(p1).select(x, sum)
                }),
                Kind::Exp => all.each(math::exp),
                Kind::Log => all.each(math::log),
                Kind::Sqrt => all.each(F32x4::sqrt),
                Kind::Abs => all.each(F32x4::abs),
                Kind::Neg => all.each(F32x4::neg),
                Kind::Floor => all.each(F32x4::floor),
                Kind::Ceil => all.each(F32x4::ceil),
                Kind::Round => all.each(F32x4::nearest),
                Kind::Sign => all.each(|x| x.gt(zero).select(one, x.lt(zero).select(one.neg(), zero))),
                Kind::Erf => all.each(math::erf),
                Kind::Sin => all.each(math::sin),
                Kind::Cos => all.each(math::cos),
                Kind::Tan => all.each(math::tan),
                Kind::Reciprocal => all.each(|x| one.div(x)),
                Kind::Sinh => all.each(hyperbolic::sinh),
                Kind::Cosh => all.each(hyperbolic::cosh),
                Kind::Asin => all.each(inverse::asin),
                Kind::Acos => all.each(inverse::acos),
                Kind::Atan => all.each(inverse::atan),
                Kind::Asinh => all.each(hyperbolic::asinh),
                Kind::Acosh => all.each(hyperbolic::acosh),
                Kind::Atanh => all.each(hyperbolic::atanh),
            }
        }
    }
}

/// Whole vectors that are read at `x` and written at `y`.
struct Vectors {
    x: *const f32,
    y: *mut f32,
    count: usize,
}

impl Vectors {
    /// # Safety
    /// `count` elements can be read and written.
    #[inline(always)]
    unsafe fn each(self, act: impl Fn(F32x4) -> F32x4) {
        for i in (0..self.count).step_by(LANES) {
            // SAFETY: the caller's guarantee.
            unsafe { act(F32x4::load(self.x.add(i))).store(self.y.add(i)) };
        }
    }
}

/// The derivative of an activation, ready to be multiplied by: of v = y, the output, for relu, relu6, sigmoid, tanh,
/// hard sigmoid, exp, sqrt, tan and reciprocal, of v = x, the input, for the others. That of relu6, a clip whose ends pass nothing, is
/// `Inside`.
///
/// At kinks the values are PyTorch's: relu and abs have 0 at 0, clip passes at its bounds, leaky relu has its slope at
/// 0 and elu its alpha, hard swish -1/2 at -3 and 3/2 at 3.
#[derive(Clone, Copy, Debug)]
pub struct Derivative {
    act: Act,
    p0: f32,
    p1: f32,
}

impl Derivative {
    /// # Errors
    /// `BadInstruction` for none and neg, which need no v, for prelu, whose slopes are an operand, and for what is flat.
    pub fn new(act: Act, p0: f32, p1: f32) -> Result<Self, Fault> {
        let (p0, p1) = match act {
            Act::None | Act::Neg | Act::Prelu | Act::Floor | Act::Ceil | Act::Round | Act::Sign => {
                return Err(Fault::new(Code::BadInstruction, [act as i32, 0, 0]))
            }
            Act::Elu => (p0, 1.0),
            Act::Selu => (SELU_ALPHA, SELU_SCALE),
            _ => (p0, p1),
        };
        Ok(Self { act, p0, p1 })
    }

    /// dy times the derivative. The function that most networks have is inlined, the others are called per vector.
    #[inline(always)]
    #[must_use]
    pub fn apply(&self, dy: F32x4, v: F32x4) -> F32x4 {
        if self.act == Act::Relu {
            return v.le(F32x4::ZERO).select(F32x4::ZERO, dy);
        }
        self.apply_called(dy, v)
    }

    /// The same, kept out of the loops.
    #[inline(never)]
    #[must_use]
    pub fn apply_called(&self, dy: F32x4, v: F32x4) -> F32x4 {
        let (one, zero) = (F32x4::splat(1.0), F32x4::ZERO);
        let (p0, p1) = (F32x4::splat(self.p0), F32x4::splat(self.p1));
        match self.act {
            // Refused by `new`.
            Act::None | Act::Neg | Act::Prelu | Act::Floor | Act::Ceil | Act::Round | Act::Sign => dy,
            Act::Relu => v.le(zero).select(zero, dy),
            Act::Inside => v.le(p0).or(v.ge(p1)).select(zero, dy),
            Act::Clip => v.ge(p0).and(v.le(p1)).select(dy, zero),
            Act::LeakyRelu => v.gt(zero).select(dy, dy.mul(p0)),
            Act::Sigmoid => dy.mul(one.sub(v).mul(v)),
            Act::Tanh => dy.mul(one.sub(v.mul(v))),
            Act::HardSigmoid => v.gt(zero).and(v.lt(one)).select(dy.mul(p0), zero),
            Act::HardSwish => {
                let three = F32x4::splat(3.0);
                let between = dy.mul(v.div(three).add(F32x4::splat(0.5)));
                v.lt(three.neg()).select(zero, v.gt(three).select(dy, between))
            }
            Act::Silu => {
                let (gate, slope) = logistic_with_slope(v);
                dy.mul(v.mul_add_exact(slope, gate))
            }
            Act::Elu | Act::Selu => {
                let below = called::exp(v.min(zero)).mul(p0);
                dy.mul(v.gt(zero).select(one, below)).mul(p1)
            }
            Act::Gelu if self.p0 == 0.0 => {
                let (below, density) = math::normal(v);
                dy.mul(v.mul(density).mul_add_exact(F32x4::splat(NORMAL), below))
            }
            Act::Gelu => {
                let (gate, slope) = logistic_with_slope(gelu_exponent(v));
                let inner = v.mul(v).mul_add_exact(F32x4::splat(3.0 * CUBIC), one);
                let rise = inner.mul(F32x4::splat(TWICE_ROOT)).mul(slope);
                dy.mul(v.mul_add_exact(rise, gate))
            }
            Act::Mish => {
                // With e = e^x and n = e (e + 2): n / (n + 2) + x * 4 e (e + 1) / (n + 2)^2, and 1 from 20 on.
                let e = called::exp(v.min(F32x4::splat(20.0)));
                let n = e.mul(e.add(F32x4::splat(2.0)));
                let end = n.add(F32x4::splat(2.0));
                let rise = e.mul(F32x4::splat(4.0)).div(end).mul(e.add(one)).div(end);
                dy.mul(v.gt(F32x4::splat(20.0)).select(one, v.mul_add_exact(rise, n.div(end))))
            }
            Act::Softplus => {
                let scaled = v.mul(p0);
                scaled.gt(p1).select(dy, math::logistic(dy, scaled))
            }
            Act::Exp => dy.mul(v),
            Act::Log => dy.div(v),
            Act::Sqrt => dy.div(v.add(v)),
            Act::Abs => v.gt(zero).select(dy, v.lt(zero).select(dy.neg(), zero)),
            Act::Erf => {
                dy.mul(F32x4::splat(core::f32::consts::FRAC_2_SQRT_PI)).mul(called::exp(v.mul(v).neg()))
            }
            Act::Sin => dy.mul(math::cos(v)),
            Act::Cos => dy.mul(math::sin(v).neg()),
            Act::Tan => dy.mul(v.mul(v).add(one)),
            Act::Reciprocal => dy.neg().mul(v.mul(v)),
            Act::Sinh => dy.mul(hyperbolic::cosh(v)),
            Act::Cosh => dy.mul(hyperbolic::sinh(v)),
            // (1 - v)(1 + v) keeps the digits that 1 - v * v loses next to 1.
            Act::Asin => dy.div(one.sub(v).mul(one.add(v)).sqrt()),
            Act::Acos => dy.neg().div(one.sub(v).mul(one.add(v)).sqrt()),
            Act::Atan => dy.div(v.mul(v).add(one)),
            Act::Asinh => dy.div(v.mul(v).add(one).sqrt()),
            Act::Acosh => dy.div(v.sub(one).mul(v.add(one)).sqrt()),
            Act::Atanh => dy.div(one.sub(v).mul(one.add(v))),
        }
    }
}

/// The two numbers with which selu keeps mean 0 and variance 1.
const SELU_ALPHA: f32 = 1.673_263_2;
const SELU_SCALE: f32 = 1.050_701;

/// `2k = 2 sqrt(2 / pi) (x + 0.044715 x^3)`: `(1 + tanh(k)) / 2 = 1 / (1 + e^-2k)`, which keeps small results' digits.
#[inline(always)]
fn gelu_exponent(x: F32x4) -> F32x4 {
    let cube = x.mul(x).mul(x);
    cube.mul_add_exact(F32x4::splat(CUBIC), x).mul(F32x4::splat(TWICE_ROOT))
}

/// `2 sqrt(2 / pi)`, and the weight of the cube.
const TWICE_ROOT: f32 = 1.595_769;
const CUBIC: f32 = 0.044_715;

/// `s = 1 / (1 + e^-x)` and its derivative `s (1 - s)`, without the cancellation of `1 - s`.
#[inline(always)]
fn logistic_with_slope(x: F32x4) -> (F32x4, F32x4) {
    let one = F32x4::splat(1.0);
    let e = called::exp(x.abs().neg());
    let above = one.div(e.add(one));
    let below = e.mul(above);
    (x.gt(F32x4::ZERO).select(above, below), above.mul(below))
}

/// `1 / sqrt(2 pi)`.
const NORMAL: f32 = 0.398_942_3;
