//! UNARY_GRADIENT: `dx[i] = dy[i] * act'(x[i])`, from the function's input or from its output, whichever says more.
//!
//! Params: the function ([`Act`]), p0, p1, count. Operands: dy, v, dx (which may be the memory of either). The derivative of
//! relu6, a clip whose ends pass nothing, is `Inside`. `v` is the output y for relu, relu6, sigmoid, tanh, hard sigmoid,
//! exp and sqrt, and the input x for the others.
//!
//! At kinks the values are PyTorch's: relu and abs have 0 at 0, clip passes at its bounds, leaky relu has its slope at
//! 0 and elu its alpha, hard swish -1/2 at -3 and 3/2 at 3.

use super::activation::{gelu_exponent, logistic, Act, CUBIC, SELU_ALPHA, SELU_SCALE, TWICE_ROOT};
use super::{Entry, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::math;
use crate::simd::{F32x4, LANES};

pub const ENTRY: Entry = Entry::new("unary gradient", "dy, v -> dx", FLOAT, decode);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Relu,
    Clip,
    Slope,
    Sigmoid,
    Tanh,
    HardSigmoid,
    HardSwish,
    Silu,
    Elu,
    Gelu,
    GeluTanh,
    Mish,
    Softplus,
    Exp,
    Log,
    Sqrt,
    Abs,
    /// Between two values, exclusive.
    Inside,
}

struct UnaryGradient {
    kind: Kind,
    p0: f32,
    p1: f32,
    count: usize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (act, p0, p1, count) = (params.kind(), params.f32(), params.f32(), params.usize());
    params.elements(&[count], 4);
    let (kind, p0, p1) = match act {
        Act::Relu => (Kind::Relu, p0, p1),
        Act::Clip => (Kind::Clip, p0, p1),
        Act::LeakyRelu => (Kind::Slope, p0, p1),
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
        Act::Inside => (Kind::Inside, p0, p1),
        Act::None | Act::Prelu | Act::Neg => {
            params.refuse(act as u32);
            (Kind::Relu, p0, p1)
        }
    };
    params.check()?;
    Ok(Planned::new(UnaryGradient { kind, p0, p1, count }))
}

impl Instruction for UnaryGradient {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.count);
        let (dy, v) = (operands.pointer::<f32>(0).cast_const(), operands.pointer::<f32>(1).cast_const());
        let dx = operands.pointer::<f32>(2);
        let mut i = range.start;
        // SAFETY: all three hold `count` elements; this part's range is written by no other part, and an element is
        // read before it is written, should they be the same memory.
        unsafe {
            while i + LANES <= range.end {
                self.apply(F32x4::load(dy.add(i)), F32x4::load(v.add(i))).store(dx.add(i));
                i += LANES;
            }
            if i < range.end {
                let rest = range.end - i;
                let (dy, v) = (F32x4::load_partial(dy.add(i), rest), F32x4::load_partial(v.add(i), rest));
                self.apply_called(dy, v).store_partial(dx.add(i), rest);
            }
        }
        Ok(())
    }
}

impl UnaryGradient {
    /// The kind that most networks have is inlined, the others are called per vector.
    #[inline(always)]
    fn apply(&self, dy: F32x4, v: F32x4) -> F32x4 {
        if self.kind == Kind::Relu {
            return v.le(F32x4::ZERO).select(F32x4::ZERO, dy);
        }
        self.apply_called(dy, v)
    }

    #[inline(never)]
    fn apply_called(&self, dy: F32x4, v: F32x4) -> F32x4 {
        let (one, zero) = (F32x4::splat(1.0), F32x4::ZERO);
        let (p0, p1) = (F32x4::splat(self.p0), F32x4::splat(self.p1));
        match self.kind {
            Kind::Relu => v.le(zero).select(zero, dy),
            Kind::Inside => v.le(p0).or(v.ge(p1)).select(zero, dy),
            Kind::Clip => v.ge(p0).and(v.le(p1)).select(dy, zero),
            Kind::Slope => v.gt(zero).select(dy, dy.mul(p0)),
            Kind::Sigmoid => dy.mul(one.sub(v).mul(v)),
            Kind::Tanh => dy.mul(one.sub(v.mul(v))),
            Kind::HardSigmoid => v.gt(zero).and(v.lt(one)).select(dy.mul(p0), zero),
            Kind::HardSwish => {
                let three = F32x4::splat(3.0);
                let between = dy.mul(v.div(three).add(F32x4::splat(0.5)));
                v.lt(three.neg()).select(zero, v.gt(three).select(dy, between))
            }
            Kind::Silu => {
                let (gate, slope) = logistic_with_slope(v);
                dy.mul(v.mul_add_exact(slope, gate))
            }
            Kind::Elu => {
                let below = math::exp(v.min(zero)).mul(p0);
                dy.mul(v.gt(zero).select(one, below)).mul(p1)
            }
            Kind::Gelu => {
                let (below, density) = math::normal(v);
                dy.mul(v.mul(density).mul_add_exact(F32x4::splat(NORMAL), below))
            }
            Kind::GeluTanh => {
                let (gate, slope) = logistic_with_slope(gelu_exponent(v));
                let inner = v.mul(v).mul_add_exact(F32x4::splat(3.0 * CUBIC), one);
                let rise = inner.mul(F32x4::splat(TWICE_ROOT)).mul(slope);
                dy.mul(v.mul_add_exact(rise, gate))
            }
            Kind::Mish => {
                // With e = e^x and n = e (e + 2): n / (n + 2) + x * 4 e (e + 1) / (n + 2)^2, and 1 from 20 on.
                let e = math::exp(v.min(F32x4::splat(20.0)));
                let n = e.mul(e.add(F32x4::splat(2.0)));
                let end = n.add(F32x4::splat(2.0));
                let rise = e.mul(F32x4::splat(4.0)).div(end).mul(e.add(one)).div(end);
                dy.mul(v.gt(F32x4::splat(20.0)).select(one, v.mul_add_exact(rise, n.div(end))))
            }
            Kind::Softplus => {
                let scaled = v.mul(p0);
                scaled.gt(p1).select(dy, dy.mul(logistic(scaled)))
            }
            Kind::Exp => dy.mul(v),
            Kind::Log => dy.div(v),
            Kind::Sqrt => dy.div(v.add(v)),
            Kind::Abs => v.gt(zero).select(dy, v.lt(zero).select(dy.neg(), zero)),
        }
    }
}

/// `s = 1 / (1 + e^-x)` and its derivative `s (1 - s)`, without the cancellation of `1 - s`.
#[inline(always)]
fn logistic_with_slope(x: F32x4) -> (F32x4, F32x4) {
    let one = F32x4::splat(1.0);
    let e = math::exp(x.abs().neg());
    let above = one.div(e.add(one));
    let below = e.mul(above);
    (x.gt(F32x4::ZERO).select(above, below), above.mul(below))
}

/// `1 / sqrt(2 pi)`.
const NORMAL: f32 = 0.398_942_3;
