//! The transforms of Winograd's F(4x4, 3x3) with the points 0, 1, -1, 2, -2 and infinity (Lavin and Gray, "Fast
//! algorithms for convolutional neural networks", 2016): `y = A' [(G g G') * (B' d B)] A`, a 6x6 patch `d` of the input
//! and a 3x3 kernel `g` giving 4x4 outputs. Lanes are four patches, or four kernels.

use super::gemm::{multiply, packed, MR, NR};
use crate::simd::{F32x4, Mask};

/// Positions of a transformed patch.
pub const POSITIONS: usize = 36;

/// Channels that are taken together: their transformed weights for a panel of outputs fit the first cache.
pub const CHUNK: usize = 24;
/// Elements between the positions of transformed patches and of transformed weights, which for all channels of a chunk lie
/// within a few pages of memory.
pub const PATCHES_STEP: usize = CHUNK * MR;
pub const WEIGHTS_STEP: usize = CHUNK * NR + PAD;
/// What is added where positions would lie a power of two apart.
pub const PAD: usize = 16;

/// `a + factor * b`
#[inline(always)]
fn plus(a: F32x4, factor: f32, b: F32x4) -> F32x4 {
    F32x4::splat(factor).madd(b, a)
}

/// `B' d`, its rows 1 and 2 being divided by -4: what is left to multiply outputs by is the same for all of them.
#[inline(always)]
pub fn input([d0, d1, d2, d3, d4, d5]: [F32x4; 6]) -> [F32x4; 6] {
    let (even, odd) = (plus(d2, -0.25, d4), plus(d1, -0.25, d3));
    let (near, far) = (d4.sub(d2), d3.sub(d1));
    [
        plus(plus(d4, -5.0, d2), 4.0, d0),
        even.add(odd),
        even.sub(odd),
        plus(near, 2.0, far),
        plus(near, -2.0, far),
        plus(plus(d5, -5.0, d3), 4.0, d1),
    ]
}

/// `G g`, its rows being multiplied by 4, -6, -6, 6, 6 and 1: few operations, since where there are few patches these are most.
#[inline(always)]
fn kernel([g0, g1, g2]: [F32x4; 3]) -> [F32x4; 6] {
    let (outer, wide) = (g0.add(g2), plus(g2, 0.25, g0));
    let half = F32x4::splat(0.5).mul(g1);
    [g0, outer.add(g1), outer.sub(g1), wide.add(half), wide.sub(half), g2]
}

/// What is left to multiply the outputs of both directions by.
pub const SCALE: f32 = 4.0 / 9.0;

/// `A' m`, up to [`SCALE`].
#[inline(always)]
pub fn output([m0, m1, m2, m3, m4, m5]: [F32x4; 6]) -> [F32x4; 4] {
    let (sum, difference) = (m1.add(m2), m1.sub(m2));
    let (wide, apart) = (m3.add(m4), m3.sub(m4));
    [
        plus(plus(sum, 0.25, wide), 0.375, m0),
        plus(difference, 0.5, apart),
        sum.add(wide),
        plus(plus(difference, 2.0, apart), 1.5, m5),
    ]
}

/// Which elements of four patches are inside the input: `[row][column]`, patches in the lanes.
pub type Inside = [[Mask; 6]; 6];

/// Sums of squares of four patches: of rows 1 and 2, or 3 and 4, by the same columns, and of all around them. Each window of
/// 3x3 holds one of the four squares whole.
pub type Energies = [F32x4; 5];
const AROUND: usize = 4;

/// Stores a column of transformed patches.
///
/// # Safety
/// The places can be written.
#[inline(always)]
pub unsafe fn store_column([a, b, c, d, e, f]: [F32x4; 6], to: *mut f32, step: usize) {
    // SAFETY: the caller's guarantee.
    unsafe {
        a.store(to);
        b.store(to.add(6 * step));
        c.store(to.add(12 * step));
        d.store(to.add(18 * step));
        e.store(to.add(24 * step));
        f.store(to.add(30 * step));
    }
}

/// Rows that were transformed to columns that are, stored: position `p` goes to `to[p * step]`.
///
/// # Safety
/// The places can be written.
#[inline(always)]
pub unsafe fn store_input([a, b, c, d, e, f]: [[F32x4; 6]; 6], to: *mut f32, step: usize) {
    // One by one: in a loop the rows would lie in memory.
    // SAFETY: the caller's guarantee.
    unsafe {
        store_column(input([a[0], b[0], c[0], d[0], e[0], f[0]]), to, step);
        store_column(input([a[1], b[1], c[1], d[1], e[1], f[1]]), to.add(step), step);
        store_column(input([a[2], b[2], c[2], d[2], e[2], f[2]]), to.add(2 * step), step);
        store_column(input([a[3], b[3], c[3], d[3], e[3], f[3]]), to.add(3 * step), step);
        store_column(input([a[4], b[4], c[4], d[4], e[4], f[4]]), to.add(4 * step), step);
        store_column(input([a[5], b[5], c[5], d[5], e[5], f[5]]), to.add(5 * step), step);
    }
}

/// Transforms four patches, whose rows lie `stride` elements apart; position `p` of them goes to `to[p * PATCHES_STEP]`.
/// Their squares are added to `energies`.
///
/// # Safety
/// Six elements of each of the six rows can be read of each patch; the places in `to` can be written.
#[inline(never)]
pub unsafe fn transform_input(
    patches: [*const f32; 4],
    stride: usize,
    inside: &Inside,
    energies: &mut Energies,
    to: *mut f32,
) {
    let mut rows = [[F32x4::ZERO; 6]; 6];
    for (r, (row, masks)) in rows.iter_mut().zip(inside).enumerate() {
        // SAFETY: the caller's guarantee.
        let load = |column: usize| unsafe {
            F32x4::transpose(patches.map(|patch| F32x4::load(patch.add(r * stride + column))))
        };
        let ([c0, c1, c2, c3], [_, _, c4, c5]) = (load(0), load(2));
        let [m0, m1, m2, m3, m4, m5] = masks;
        let values = [m0.keep(c0), m1.keep(c1), m2.keep(c2), m3.keep(c3), m4.keep(c4), m5.keep(c5)];
        let squares =
            |a: usize, b: usize, sum: F32x4| values[b].madd(values[b], values[a].madd(values[a], sum));
        let [left, right] = match r {
            0 | 5 => [AROUND; 2],
            _ => [(r - 1) / 2 * 2, (r - 1) / 2 * 2 + 1],
        };
        energies[AROUND] = squares(0, 5, energies[AROUND]);
        energies[left] = squares(1, 2, energies[left]);
        energies[right] = squares(3, 4, energies[right]);
        *row = input(values);
    }
    let values = |column: usize| input(core::array::from_fn(|row| rows[row][column]));
    for column in 0..6 {
        for (row, value) in values(column).into_iter().enumerate() {
            // SAFETY: the caller's guarantee.
            unsafe { value.store(to.add((6 * row + column) * PATCHES_STEP)) };
        }
    }
}

/// Transforms the kernels of four outputs, which are in the lanes, and of so many channels: `from[channel][tap]`. Position
/// `p` goes to `to[p * WEIGHTS_STEP]`, channels NR elements apart.
///
/// # Safety
/// The taps can be read, the places in `to` can be written.
#[inline(never)]
pub unsafe fn transform_kernels(channels: usize, from: *const f32, to: *mut f32) {
    let (mut from, mut to) = (from, to);
    for _ in 0..channels {
        // SAFETY: the caller's guarantee.
        unsafe {
            let column = |kw: usize| -> [F32x4; 3] {
                core::array::from_fn(|kh| F32x4::load(from.add((3 * kh + kw) * MR)))
            };
            let store = |column: usize, taps: [F32x4; 3]| {
                for (row, value) in kernel(taps).into_iter().enumerate() {
                    value.store(to.add((6 * row + column) * WEIGHTS_STEP));
                }
            };
            // As `kernel`, of whole columns, and in an order that leaves few of them in registers.
            let [left, middle, right] = [column(0), column(1), column(2)];
            let each = |values: fn(F32x4, F32x4) -> F32x4, a: [F32x4; 3], b: [F32x4; 3]| -> [F32x4; 3] {
                core::array::from_fn(|row| values(a[row], b[row]))
            };
            store(0, left);
            store(5, right);
            let outer = each(F32x4::add, left, right);
            let wide = each(|left, right| plus(right, 0.25, left), left, right);
            store(1, each(F32x4::add, outer, middle));
            store(2, each(F32x4::sub, outer, middle));
            let half = middle.map(|tap| F32x4::splat(0.5).mul(tap));
            store(3, each(F32x4::add, wide, half));
            store(4, each(F32x4::sub, wide, half));
            from = from.add(9 * MR);
            to = to.add(NR);
        }
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
            if F32x4::is_fused() && left >= 3 {
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
        for (m, [left, right]) in multiply(k, a, packed(b), start).into_iter().enumerate() {
            left.store(place(m));
            right.store(place(m).add(4));
        }
    }
}

/// Where and how the sixteen outputs of a patch are stored.
#[derive(Clone, Copy)]
pub struct Ending {
    /// What is added to them, with their shape; null where there is nothing.
    pub residual: *const f32,
    pub y: *mut f32,
    /// Elements from a row to the next, and from an output channel to the next.
    pub row: usize,
    pub plane: usize,
    /// Their bounds, where there are any.
    pub bounded: bool,
    pub low: f32,
    pub high: f32,
}

impl Ending {
    /// Stores a row of outputs, before their columns' transform, of the four channels in the lanes.
    ///
    /// # Safety
    /// The four columns at `place` can be written in each channel, and read of what is added.
    #[inline(always)]
    unsafe fn store(&self, sums: [F32x4; 6], bias: F32x4, place: usize) {
        let scale = F32x4::splat(SCALE);
        let [a, b, c, d] = F32x4::transpose(output(sums).map(|sum| scale.madd(sum, bias)));
        // SAFETY: the caller's guarantee.
        unsafe {
            self.store_channel(a, place);
            self.store_channel(b, place + self.plane);
            self.store_channel(c, place + 2 * self.plane);
            self.store_channel(d, place + 3 * self.plane);
        }
    }

    /// # Safety
    /// As [`Ending::store`].
    #[inline(always)]
    unsafe fn store_channel(&self, row: F32x4, place: usize) {
        let mut row = row;
        // SAFETY: the caller's guarantee.
        unsafe {
            if !self.residual.is_null() {
                row = row.add(F32x4::load(self.residual.add(place)));
            }
            if self.bounded {
                row = row.pmax(F32x4::splat(self.low)).pmin(F32x4::splat(self.high));
            }
            row.store(self.y.add(place));
        }
    }
}

/// Transforms the products of a patch, whose positions are `from[p * step]`, output channels in the lanes, and stores its
/// outputs at `place`: one by one, for in loops its rows would lie in memory.
///
/// # Safety
/// The positions can be read; four rows of four columns at `place` can be written in each of the channels, and read of what
/// is added.
#[inline(never)]
pub unsafe fn store_outputs(from: *const f32, step: usize, bias: F32x4, place: usize, ending: &Ending) {
    // A copy, which no store can change.
    let ending = *ending;
    let row = ending.row;
    // SAFETY: the caller's guarantee.
    unsafe {
        let a = column_of(from, step);
        let b = column_of(from.add(step), step);
        let c = column_of(from.add(2 * step), step);
        let d = column_of(from.add(3 * step), step);
        let e = column_of(from.add(4 * step), step);
        let f = column_of(from.add(5 * step), step);
        ending.store([a[0], b[0], c[0], d[0], e[0], f[0]], bias, place);
        ending.store([a[1], b[1], c[1], d[1], e[1], f[1]], bias, place + row);
        ending.store([a[2], b[2], c[2], d[2], e[2], f[2]], bias, place + 2 * row);
        ending.store([a[3], b[3], c[3], d[3], e[3], f[3]], bias, place + 3 * row);
    }
}

/// A column of positions, transformed.
///
/// # Safety
/// The positions can be read.
#[inline(always)]
unsafe fn column_of(from: *const f32, step: usize) -> [F32x4; 4] {
    // SAFETY: the caller's guarantee.
    unsafe {
        output([
            F32x4::load(from),
            F32x4::load(from.add(6 * step)),
            F32x4::load(from.add(12 * step)),
            F32x4::load(from.add(18 * step)),
            F32x4::load(from.add(24 * step)),
            F32x4::load(from.add(30 * step)),
        ])
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
