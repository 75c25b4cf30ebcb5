//! The transforms of Winograd's F(4x4, 3x3) with the points 0, 1, -1, 2, -2 and infinity (Lavin and Gray, "Fast
//! algorithms for convolutional neural networks", 2016): `y = A' [(G g G') * (B' d B)] A`, a 6x6 patch `d` of the input
//! and a 3x3 kernel `g` giving 4x4 outputs. Lanes are four patches, or four kernels.

use super::gemm::{multiply, MR, NR};
use crate::simd::{F32x4, Mask};

/// Positions of a transformed patch.
pub const POSITIONS: usize = 36;

/// `B' d`
#[inline(always)]
fn input([d0, d1, d2, d3, d4, d5]: [F32x4; 6]) -> [F32x4; 6] {
    let (two, four, five) = (F32x4::splat(2.0), F32x4::splat(4.0), F32x4::splat(5.0));
    let minus = |a: F32x4, factor: F32x4, b: F32x4| F32x4::splat(0.0).sub(factor).madd(b, a);
    let (even, odd) = (minus(d4, four, d2), minus(d3, four, d1));
    let (near, far) = (d4.sub(d2), d3.sub(d1));
    [
        four.madd(d0, minus(d4, five, d2)),
        even.add(odd),
        even.sub(odd),
        two.madd(far, near),
        minus(near, two, far),
        four.madd(d1, minus(d5, five, d3)),
    ]
}

/// `G g`
#[inline(always)]
fn kernel([g0, g1, g2]: [F32x4; 3]) -> [F32x4; 6] {
    let times = |factor: f32, v: F32x4| v.mul(F32x4::splat(factor));
    let outer = times(-1.0 / 6.0, g0.add(g2));
    let middle = times(1.0 / 6.0, g1);
    let wide = F32x4::splat(1.0 / 24.0).madd(g0, times(1.0 / 6.0, g2));
    let half = times(1.0 / 12.0, g1);
    [times(0.25, g0), outer.sub(middle), outer.add(middle), wide.add(half), wide.sub(half), g2]
}

/// `A' m`
#[inline(always)]
pub fn output([m0, m1, m2, m3, m4, m5]: [F32x4; 6]) -> [F32x4; 4] {
    let (sum, difference) = (m1.add(m2), m1.sub(m2));
    let (wide, apart) = (m3.add(m4), m3.sub(m4));
    [
        m0.add(sum).add(wide),
        F32x4::splat(2.0).madd(apart, difference),
        F32x4::splat(4.0).madd(wide, sum),
        F32x4::splat(8.0).madd(apart, difference).add(m5),
    ]
}

/// Which elements of four patches are inside the input: `[row][column]`, patches in the lanes.
pub type Inside = [[Mask; 6]; 6];

/// Transforms four patches, whose rows lie `stride` elements apart; position `p` of them goes to `to[p * step]`.
///
/// # Safety
/// Six elements of each of the six rows can be read of each patch; the places in `to` can be written.
#[inline(never)]
pub unsafe fn transform_input(
    patches: [*const f32; 4],
    stride: usize,
    inside: &Inside,
    to: *mut f32,
    step: usize,
) {
    let mut rows = [[F32x4::ZERO; 6]; 6];
    for (r, (row, masks)) in rows.iter_mut().zip(inside).enumerate() {
        // SAFETY: the caller's guarantee.
        let load = |column: usize| unsafe {
            F32x4::transpose(patches.map(|patch| F32x4::load(patch.add(r * stride + column))))
        };
        let ([c0, c1, c2, c3], [_, _, c4, c5]) = (load(0), load(2));
        let [m0, m1, m2, m3, m4, m5] = masks;
        *row = input([m0.keep(c0), m1.keep(c1), m2.keep(c2), m3.keep(c3), m4.keep(c4), m5.keep(c5)]);
    }
    // SAFETY: the caller's guarantee.
    unsafe { store_columns(|column| input(core::array::from_fn(|r| rows[r][column])), to, step) };
}

/// Stores the six positions of each of six columns.
///
/// # Safety
/// The places `to[p * step]` can be written.
#[inline(always)]
unsafe fn store_columns(values: impl Fn(usize) -> [F32x4; 6], to: *mut f32, step: usize) {
    let mut top = to;
    for column in 0..6 {
        let mut place = top;
        for value in values(column) {
            // SAFETY: the caller's guarantee.
            unsafe { value.store(place) };
            place = place.wrapping_add(6 * step);
        }
        top = top.wrapping_add(step);
    }
}

/// Transforms the kernels of four outputs, which are in the lanes, and of so many channels: `from[tap][channel]`, taps
/// `taps_step` elements apart. Position `p` goes to `to[p * step]`, channels NR elements apart.
///
/// # Safety
/// The taps can be read, the places in `to` can be written.
#[inline(never)]
pub unsafe fn transform_kernels(
    channels: usize,
    from: *const f32,
    taps_step: usize,
    to: *mut f32,
    step: usize,
) {
    for channel in 0..channels {
        let mut rows = [[F32x4::ZERO; 6]; 3];
        for (r, row) in rows.iter_mut().enumerate() {
            // SAFETY: the caller's guarantee.
            let tap = |kw: usize| unsafe { F32x4::load(from.add((3 * r + kw) * taps_step + channel * 4)) };
            *row = kernel([tap(0), tap(1), tap(2)]);
        }
        let columns = |column: usize| kernel([rows[0][column], rows[1][column], rows[2][column]]);
        // SAFETY: the caller's guarantee.
        unsafe { store_columns(columns, to.add(channel * NR), step) };
    }
}

/// The products of so many tiles of MR patches with a panel of NR outputs: `y[tile][MR][NR]`, added to what is there if
/// these are not the `first` channels.
///
/// # Safety
/// `a` holds the tiles, `k * MR` elements each and `a_step` apart, `b` holds `k * NR`; `y` can be written.
#[inline(never)]
pub unsafe fn multiply_tiles(
    k: usize,
    tiles: usize,
    (a, a_step): (*const f32, usize),
    b: *const f32,
    y: *mut f32,
    first: bool,
) {
    let (mut a, mut y, mut left) = (a, y, tiles);
    while left > 0 {
        // SAFETY: the caller's guarantee: three tiles or one are left.
        unsafe {
            if F32x4::FUSED && left >= 3 {
                let (middle, last) = (a.add(a_step), a.add(2 * a_step));
                product::<6>(k, [a, middle], b, [y, y.add(4 * NR)], first);
                product::<6>(k, [last, middle.add(2)], b, [y.add(8 * NR), y.add(6 * NR)], first);
                (a, y, left) = (last, y.add(2 * MR * NR), left - 2);
            } else {
                product::<4>(k, [a; 2], b, [y; 2], first);
            }
        }
        (a, y, left) = (a.wrapping_add(a_step), y.wrapping_add(MR * NR), left - 1);
    }
}

/// R rows of products: those of a tile, and where there are more the first of another one.
///
/// # Safety
/// As [`multiply`]; the rows can be written at both of `y`, and read unless these are the `first` channels.
#[inline(never)]
unsafe fn product<const R: usize>(
    k: usize,
    a: [*const f32; 2],
    b: *const f32,
    y: [*mut f32; 2],
    first: bool,
) {
    // SAFETY: the caller's guarantee.
    unsafe {
        let place = |m: usize| y[m / MR].add(m % MR * NR);
        let start = match first {
            true => [[F32x4::ZERO; 2]; R],
            false => core::array::from_fn(|m| [F32x4::load(place(m)), F32x4::load(place(m).add(4))]),
        };
        for (m, [left, right]) in multiply(k, a, b, start).into_iter().enumerate() {
            left.store(place(m));
            right.store(place(m).add(4));
        }
    }
}

/// The outputs of a patch whose positions are `from[p * step]`, before their columns' transform: `[row][column]`, output
/// channels in the lanes.
///
/// # Safety
/// The positions can be read.
#[inline(always)]
pub unsafe fn transform_output(from: *const f32, step: usize) -> [[F32x4; 6]; 4] {
    let mut rows = [[F32x4::ZERO; 6]; 4];
    for column in 0..6 {
        // SAFETY: the caller's guarantee.
        let sums =
            output(core::array::from_fn(|r| unsafe { F32x4::load(from.add((6 * r + column) * step)) }));
        for (row, sum) in rows.iter_mut().zip(sums) {
            row[column] = sum;
        }
    }
    rows
}
