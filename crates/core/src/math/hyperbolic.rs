//! `sinh`, `cosh` and their inverses, `asinh`, `acosh` and `atanh`, of the exponential and the logarithm.

use super::called::{exp, log};
use super::{expm1, log1p, with_sign};
use crate::simd::F32x4;

/// `e^x / 2` of `x >= 0`, finite where the result is.
#[inline(always)]
fn half_exp(x: F32x4) -> F32x4 {
    let half = F32x4::splat(0.5);
    let root = exp(x.mul(half));
    root.mul(half).mul(root)
}

/// The hyperbolic sine.
#[inline(never)]
#[must_use]
pub fn sinh(x: F32x4) -> F32x4 {
    let (one, half, magnitude) = (F32x4::splat(1.0), F32x4::splat(0.5), x.abs());
    let above = half_exp(magnitude);
    let large = above.sub(F32x4::splat(0.25).div(above));
    let e = expm1(magnitude.pmin(one));
    let small = e.add(e.div(e.add(one))).mul(half);
    with_sign(magnitude.lt(one).select(small, large), x)
}

/// The hyperbolic cosine.
#[inline(never)]
#[must_use]
pub fn cosh(x: F32x4) -> F32x4 {
    let above = half_exp(x.abs());
    above.add(F32x4::splat(0.25).div(above))
}

/// From here on `1 + x^2` is `x^2`.
const LARGE: f32 = 16384.0;

/// The inverse of `sinh`: `log(x + sqrt(1 + x^2))` with the small results' full precision.
#[inline(never)]
#[must_use]
pub fn asinh(x: F32x4) -> F32x4 {
    let (one, magnitude) = (F32x4::splat(1.0), x.abs());
    let square = magnitude.mul(magnitude);
    let rest = square.div(square.add(one).sqrt().add(one));
    let small = log1p(magnitude.add(rest));
    let large = log(magnitude).add(F32x4::splat(core::f32::consts::LN_2));
    with_sign(magnitude.lt(F32x4::splat(LARGE)).select(small, large), x)
}

/// The inverse of `cosh` of `x >= 0`: `log(x + sqrt(x^2 - 1))`; NaN below 1.
#[inline(never)]
#[must_use]
pub fn acosh(x: F32x4) -> F32x4 {
    let one = F32x4::splat(1.0);
    let t = x.sub(one);
    let small = log1p(t.add(t.mul(t.add(F32x4::splat(2.0))).sqrt()));
    let large = log(x).add(F32x4::splat(core::f32::consts::LN_2));
    let found = x.lt(F32x4::splat(LARGE)).select(small, large);
    x.lt(one).select(F32x4::splat(f32::NAN), found)
}

/// The inverse of `tanh`: `log((1 + x) / (1 - x)) / 2`; NaN beyond 1.
#[inline(never)]
#[must_use]
pub fn atanh(x: F32x4) -> F32x4 {
    let (one, half, magnitude) = (F32x4::splat(1.0), F32x4::splat(0.5), x.abs());
    let left = one.sub(magnitude);
    let small = log1p(magnitude.add(magnitude).div(left));
    let large = log(one.add(magnitude).div(left));
    with_sign(magnitude.lt(half).select(small, large).mul(half), x)
}
