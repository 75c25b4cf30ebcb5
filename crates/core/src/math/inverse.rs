//! `asin`, `acos` and `atan`, by the reductions and polynomials of Moshier's Cephes (single/asinf.c, atanf.c).

use super::{polynomial, with_sign};
use crate::simd::F32x4;
use core::f32::consts::{FRAC_PI_2, FRAC_PI_4, PI};

/// The arc sine of `0 <= x <= 1/2`, of x and its square.
#[inline(always)]
fn short(x: F32x4, square: F32x4) -> F32x4 {
    let p =
        polynomial(square, [4.216_319_9e-2, 2.418_131_1e-2, 4.547_002_6e-2, 7.495_300_3e-2, 0.166_667_52]);
    p.mul(square).madd(x, x)
}

/// The arc sine of the magnitude, or of `sqrt((1 - x) / 2)`, of which it is `pi / 2` less twice that; NaN beyond 1.
#[inline(always)]
fn parts(magnitude: F32x4) -> F32x4 {
    let (half, one) = (F32x4::splat(0.5), F32x4::splat(1.0));
    let rest = one.sub(magnitude).mul(half);
    let far = magnitude.gt(half);
    let square = far.select(rest, magnitude.mul(magnitude));
    short(far.select(rest.sqrt(), magnitude), square)
}

/// The arc sine.
#[inline(never)]
#[must_use]
pub fn asin(x: F32x4) -> F32x4 {
    let magnitude = x.abs();
    let angle = parts(magnitude);
    let far = F32x4::splat(FRAC_PI_2).sub(angle.add(angle));
    with_sign(magnitude.gt(F32x4::splat(0.5)).select(far, angle), x)
}

/// The arc cosine.
#[inline(never)]
#[must_use]
pub fn acos(x: F32x4) -> F32x4 {
    let (zero, half) = (F32x4::ZERO, F32x4::splat(0.5));
    let magnitude = x.abs();
    let angle = parts(magnitude);
    let twice = angle.add(angle);
    let far = x.lt(zero).select(F32x4::splat(PI).sub(twice), twice);
    magnitude.gt(half).select(far, F32x4::splat(FRAC_PI_2).sub(with_sign(angle, x)))
}

/// The arc tangent.
#[inline(never)]
#[must_use]
pub fn atan(x: F32x4) -> F32x4 {
    let (one, magnitude) = (F32x4::splat(1.0), x.abs());
    // tan(3 pi / 8) and tan(pi / 8).
    let far = magnitude.gt(F32x4::splat(2.414_213_6));
    let near = magnitude.lt(F32x4::splat(0.414_213_57));
    let middle = magnitude.sub(one).div(magnitude.add(one));
    let y = near.select(magnitude, far.select(one.div(magnitude).neg(), middle));
    let start = far.select(F32x4::splat(FRAC_PI_2), F32x4::splat(FRAC_PI_4));
    let z = y.mul(y);
    let p = polynomial(z, [8.053_744_5e-2, -0.138_776_86, 0.199_777_1, -0.333_329_5]);
    let angle = p.mul(z).madd(y, y);
    with_sign(near.select(angle, start.add(angle)), x)
}
