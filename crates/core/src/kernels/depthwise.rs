//! One output plane of a depthwise convolution: `sum over taps of x[tap] * w[tap]`, output columns in the lanes.
//!
//! [`rows`] goes along the rows, R output rows at a time, so that memory is read and written in its order: each input
//! row is loaded once per vector and multiplied by every row of the weights that meets one of the R outputs.
//! Rows outside the input are passed over; columns outside it must be zero in memory (a padded copy), or are made zero
//! in the registers of the first and the last vector of a row.
//! [`Window`] serves what has no such kernel: any kernel, stride and dilation, three axes.

use super::tile::{Finish, Tile};
use crate::geometry::Geometry;
use crate::simd::{F32x4, I32x4, LANES};
use core::ops::Range;

/// The input columns under some output columns.
pub struct Band {
    /// Input row 0 under the first tap of the first output column.
    pub source: *const f32,
    /// Elements from an input row to the next.
    pub pitch: usize,
    /// Input rows.
    pub rows: usize,
    /// Rows of padding above them.
    pub lo: usize,
    pub weights: *const f32,
    /// The band is the whole input, without its padding: with 3x3 taps one column on the right, at stride 1 one on the
    /// left as well.
    pub bare: bool,
}

impl Band {
    /// Padded input row `row`; null outside the input.
    fn row(&self, row: usize) -> *const f32 {
        let row = row.wrapping_sub(self.lo);
        if row < self.rows {
            self.source.wrapping_add(row * self.pitch)
        } else {
            core::ptr::null()
        }
    }
}

/// K x K taps, stride S both ways; `N = (R - 1) * S + K` input rows make R output rows. The tile's rows are output
/// rows, `plane` apart.
///
/// # Safety
/// The weights, and of each row what lies under whole vectors of the tile's columns, can be read; the tile's
/// addresses hold its rows and columns. Those of a bare band are whole vectors, at least two.
#[inline(never)]
pub unsafe fn rows<const K: usize, const S: usize, const R: usize, const N: usize>(
    band: &Band,
    tile: &Tile,
    finish: &Finish,
) {
    let mut weights = [[F32x4::ZERO; K]; K];
    for (tap, weight) in weights.as_flattened_mut().iter_mut().enumerate() {
        // SAFETY: `tap` is below K x K.
        *weight = unsafe { F32x4::load_splat(band.weights.add(tap)) };
    }
    // SAFETY: the tile's bias can be read.
    let bias = unsafe { tile.bias(0) };
    let (low, high) = (F32x4::splat(finish.low), F32x4::splat(finish.high));
    let plain = tile.is_plain(finish);
    let bounded = plain && (finish.low > f32::NEG_INFINITY || finish.high < f32::INFINITY);
    let mut first = 0;
    while first < tile.rows {
        let sources: [*const f32; N] = core::array::from_fn(|row| band.row(first * S + row));
        let store = |sums: [F32x4; R], column: usize| {
            let sums = if bounded { sums.map(|sum| sum.pmax(low).pmin(high)) } else { sums };
            for (r, &sum) in sums.iter().enumerate().take(tile.rows - first) {
                let place = (first + r) * tile.plane + column;
                // SAFETY: row and columns are the tile's.
                unsafe {
                    if plain && column + LANES <= tile.columns {
                        sum.store(tile.y.add(place));
                    } else {
                        let mut part = tile.right(place);
                        part.columns = tile.columns - column;
                        part.store_vector(0, sum, finish);
                    }
                }
            }
        };
        let store_edge = |sums: [F32x4; R], column: usize| {
            for (r, &sum) in sums.iter().enumerate().take(tile.rows - first) {
                let place = (first + r) * tile.plane + column;
                // SAFETY: row and columns are the tile's.
                unsafe {
                    if plain {
                        sum.pmax(low).pmin(high).store(tile.y.add(place));
                    } else {
                        store_part(tile, place, column, sum, finish);
                    }
                }
            }
        };
        let bare = K == 3 && band.bare;
        let mut column = 0;
        let end = if bare { tile.columns - LANES } else { tile.columns };
        // SAFETY: the columns lie under a vector of the tile's; a bare band's first and last are told apart.
        unsafe {
            if bare && S == 1 {
                store_edge(sums::<K, S, R, N, LEFT>(&sources, 0, &weights, bias), 0);
                column = LANES;
            }
            while column < end {
                store(sums::<K, S, R, N, INNER>(&sources, column, &weights, bias), column);
                column += LANES;
            }
            if bare {
                store_edge(sums::<K, S, R, N, RIGHT>(&sources, column, &weights, bias), column);
            }
        }
        first += R;
    }
}

/// The columns of a row from `column` on, at most four of them; the first is element `place` of the tile.
///
/// # Safety
/// The tile's addresses hold them.
#[inline(never)]
unsafe fn store_part(tile: &Tile, place: usize, column: usize, sum: F32x4, finish: &Finish) {
    // SAFETY: the caller's guarantee.
    unsafe {
        let mut part = tile.right(place);
        part.columns = tile.columns - column;
        part.store_vector(0, sum, finish);
    }
}

/// Where in a row a vector of outputs lies: with the first or the last column of a bare band, or anywhere else.
const LEFT: u8 = 0;
const INNER: u8 = 1;
const RIGHT: u8 = 2;

/// A vector of sums in each of R output rows.
///
/// # Safety
/// As [`columns`], for each row that is not null.
#[inline(always)]
unsafe fn sums<const K: usize, const S: usize, const R: usize, const N: usize, const PLACE: u8>(
    sources: &[*const f32; N],
    column: usize,
    weights: &[[F32x4; K]; K],
    bias: F32x4,
) -> [F32x4; R] {
    let mut sums = [bias; R];
    for (row, &source) in sources.iter().enumerate() {
        // This branch is also what keeps the loads of one row beside its products: without it those of all
        // rows come first, and there are no registers for them.
        if source.is_null() {
            continue;
        }
        // SAFETY: the caller's guarantee.
        let columns = unsafe { columns::<K, S, PLACE>(source.wrapping_add(column * S)) };
        for (r, sum) in sums.iter_mut().enumerate() {
            let kh = row.wrapping_sub(r * S);
            if kh < K {
                for (kw, &columns) in columns.iter().enumerate() {
                    *sum = columns.madd(weights[kh][kw], *sum);
                }
            }
        }
    }
    sums
}

/// The columns of an input row under each tap.
///
/// # Safety
/// `3 * S + K` elements can be read at `x`, but for the first at the left edge and the last at the right edge.
#[inline(always)]
unsafe fn columns<const K: usize, const S: usize, const PLACE: u8>(x: *const f32) -> [F32x4; K] {
    // SAFETY: no lane reads before the first column or beyond the last column under a tap.
    unsafe {
        if S == 1 {
            return core::array::from_fn(|kw| match PLACE {
                LEFT if kw == 0 => F32x4::load(x.wrapping_add(1)).preceded_by(F32x4::ZERO),
                RIGHT if kw + 1 == K => F32x4::load(x.wrapping_add(kw - 1)).followed_by(F32x4::ZERO),
                _ => F32x4::load(x.wrapping_add(kw)),
            });
        }
        let (even, odd) = F32x4::load(x).unzip(F32x4::load(x.add(4)));
        let mut columns = [even; K];
        columns[1] = odd;
        for kw in 2..K {
            let next = if PLACE == RIGHT { F32x4::ZERO } else { F32x4::load_splat(x.add(6 + kw)) };
            columns[kw] = columns[kw - 2].followed_by(next);
        }
        columns
    }
}

/// An output plane without strips: any kernel, stride and dilation, row by row.
pub struct Window<'a> {
    pub geometry: &'a Geometry,
    /// The output columns all of whose taps read inside the row.
    pub interior: Range<usize>,
    pub x: *const f32,
    pub weights: *const f32,
}

/// The taps of an output row that read inside the input.
struct Taps {
    kd: Range<usize>,
    kh: Range<usize>,
    /// Input depth and row of tap 0, which may lie in the padding.
    id: isize,
    ih: isize,
}

impl Window<'_> {
    /// One output row, the tile's.
    ///
    /// # Safety
    /// `x` is an input plane and `weights` a kernel of the geometry; the tile's addresses hold its columns.
    #[inline(never)]
    pub unsafe fn row(&self, od: usize, oh: usize, tile: &Tile, finish: &Finish) {
        let [depth, height, width] = &self.geometry.axes;
        let taps = Taps {
            kd: depth.taps_of_output(od),
            kh: height.taps_of_output(oh),
            id: (od * depth.stride) as isize - depth.lo as isize,
            ih: (oh * height.stride) as isize - height.lo as isize,
        };
        // SAFETY: the tile's bias can be read.
        let bias = unsafe { tile.bias(0) };
        let wide = 4 * LANES;
        let mut ow = 0;
        while ow < tile.columns {
            let inside = width.stride == 1 && self.interior.start <= ow && ow + wide <= self.interior.end;
            // SAFETY: whole vectors are loaded only inside the row; columns below the tile's are stored.
            unsafe {
                if inside {
                    for (index, sum) in self.inner::<4>(&taps, ow, bias).into_iter().enumerate() {
                        tile.store_vector(ow + index * LANES, sum, finish);
                    }
                    ow += wide;
                } else {
                    tile.store_vector(ow, self.edge(&taps, ow, bias), finish);
                    ow += LANES;
                }
            }
        }
    }

    /// The input row under each row of taps, and the weights of that row.
    ///
    /// # Safety
    /// As [`Window::row`].
    #[inline(always)]
    unsafe fn each_row(&self, taps: &Taps, mut visit: impl FnMut(*const f32, *const f32)) {
        let [depth, height, width] = &self.geometry.axes;
        for kd in taps.kd.clone() {
            let id = (taps.id + (kd * depth.dilation) as isize) as usize;
            for kh in taps.kh.clone() {
                let ih = (taps.ih + (kh * height.dilation) as isize) as usize;
                // SAFETY: these taps read inside the input.
                unsafe {
                    let row = self.x.add((id * height.input + ih) * width.input);
                    visit(row, self.weights.add((kd * height.kernel + kh) * width.kernel));
                }
            }
        }
    }

    /// `V` vectors at stride 1, all of whose taps read inside the row.
    ///
    /// # Safety
    /// As [`Window::row`].
    #[inline(always)]
    unsafe fn inner<const V: usize>(&self, taps: &Taps, ow: usize, bias: F32x4) -> [F32x4; V] {
        let width = &self.geometry.axes[2];
        let mut sums = [bias; V];
        // SAFETY: each tap exists and its `V * 4` columns are inside the row.
        unsafe {
            self.each_row(taps, |row, weights| {
                let mut x = row.add(ow - width.lo);
                for kw in 0..width.kernel {
                    let weight = F32x4::load_splat(weights.add(kw));
                    for (index, sum) in sums.iter_mut().enumerate() {
                        *sum = F32x4::load(x.add(index * LANES)).madd(weight, *sum);
                    }
                    x = x.wrapping_add(width.dilation);
                }
            });
        }
        sums
    }

    /// Four columns at any stride; taps outside the row count as zero.
    ///
    /// # Safety
    /// As [`Window::row`].
    #[inline(always)]
    unsafe fn edge(&self, taps: &Taps, ow: usize, bias: F32x4) -> F32x4 {
        let width = &self.geometry.axes[2];
        let (start, stride) = ((ow * width.stride) as i32 - width.lo as i32, width.stride as i32);
        let lanes = [0, 1, 2, 3].map(|lane| start.wrapping_add(stride.wrapping_mul(lane)));
        let (starts, limit) = (I32x4::from_array(lanes), I32x4::splat(width.input as i32));
        let mut sum = bias;
        // SAFETY: each tap exists; places outside the row are replaced by its first element, there being one.
        unsafe {
            self.each_row(taps, |row, weights| {
                for kw in 0..width.kernel {
                    let places = starts.add(I32x4::splat((kw * width.dilation) as i32));
                    let mask = places.below(limit);
                    if mask.any() {
                        let places = places.and(mask.bits()).to_array().map(|place| place as usize);
                        let columns = mask.keep(F32x4::gather(row, places));
                        sum = columns.madd(F32x4::load_splat(weights.add(kw)), sum);
                    }
                }
            });
        }
        sum
    }
}
