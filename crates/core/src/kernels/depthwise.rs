//! One output plane of a depthwise convolution: `sum over taps of x[tap] * w[tap]`, output columns in the lanes.
//!
//! Four output columns are a strip; the last one of a row overlaps the one before. Where a strip's taps read beyond the
//! row, vectors are loaded from inside it and their bytes put where they belong, zeros elsewhere ([`Edge`]): nothing is
//! copied. [`rows`] (stride 1) makes R output rows of a strip at a time, column of taps by column of taps: as many sums as
//! rows, a few weights, and each input row loaded once per column. [`down`] (stride 2) walks down a strip, two input rows
//! per output row, with the sums of the outputs that a row belongs to.
//! [`Window`] serves what has no such kernel: any kernel, stride and dilation, three axes.

use super::tile::{Finish, Tile};
use crate::geometry::{Axis, Geometry};
use crate::simd::{F32x4, I32x4, LANES};
use core::ops::Range;

/// Strips of a row that read beyond it: the first, and two where the last one overlaps.
const EDGES: usize = 4;
/// Vectors that a strip loads of a row: one for each tap, at stride 2 two.
const LOADS: usize = 10;

/// How a strip that reads beyond its row loads each vector: from where in the row, and which bytes go where.
#[derive(Clone, Copy)]
struct Edge {
    /// Its first column, and how many of its columns the strip before has too.
    at: usize,
    skip: usize,
    starts: [usize; LOADS],
    picks: [I32x4; LOADS],
}

impl Edge {
    fn new(width: &Axis, at: usize, skip: usize) -> Edge {
        let (stride, inside) = (width.stride as i32, 0..width.input as i32);
        let mut edge = Edge { at, skip, starts: [0; LOADS], picks: [I32x4::splat(0); LOADS] };
        for (load, (start, pick)) in edge.starts.iter_mut().zip(&mut edge.picks).enumerate() {
            // At stride 2 the even loads of a tap give lanes 0 and 1, the odd ones lanes 2 and 3.
            let (tap, half) = if stride == 1 { (load, 0) } else { (load / 2, load % 2) };
            let first = (at * width.stride + tap + half * LANES) as i32 - width.lo as i32;
            let from = first.min(inside.end - LANES as i32).max(0);
            let lanes = [0, 1, 2, 3].map(|lane| {
                let column = first + if stride == 1 { lane } else { lane % 2 * 2 };
                if inside.contains(&column) {
                    0x0302_0100 + 0x0404_0404 * (column - from)
                } else {
                    i32::MIN | 0x0080_8080
                }
            });
            (*start, *pick) = (from as usize, I32x4::from_array(lanes));
        }
        edge
    }

    /// # Safety
    /// A row of the input begins at `x`.
    #[inline(always)]
    unsafe fn load(&self, x: *const f32, load: usize) -> F32x4 {
        // SAFETY: `load` is below LOADS; a row has at least four elements, and the start leaves four.
        unsafe { F32x4::load(x.wrapping_add(*self.starts.get_unchecked(load))).pick(self.picks[load]) }
    }
}

/// The strips of a row.
pub struct Strips {
    columns: usize,
    /// The first columns of strips whose taps all read inside the row.
    interior: Range<usize>,
    /// The others, and the last one where it overlaps.
    edges: [Edge; EDGES],
}

/// A strip: its first column, how many of its columns the one before has too, and how it reads at an edge.
#[derive(Clone, Copy)]
struct Strip<'a> {
    at: usize,
    skip: usize,
    edge: Option<&'a Edge>,
}

impl Strips {
    /// Those of a width that `strip_kernel` accepts.
    #[must_use]
    pub fn new(width: &Axis) -> Strips {
        let span = 3 * width.stride + width.kernel;
        let start = width.lo.div_ceil(width.stride);
        let end = (width.input + width.lo).checked_sub(span).map_or(0, |room| room / width.stride + 1);
        let interior = start..end.min(width.output - 3);
        let mut strips = Strips { columns: width.output, interior, edges: [Edge::new(width, 0, 0); EDGES] };
        let (mut column, mut count) = (0, 0);
        while column < width.output {
            if !strips.interior.contains(&column) {
                let at = column.min(width.output - LANES);
                strips.edges[count % EDGES] = Edge::new(width, at, column - at);
                count += 1;
            }
            column += LANES;
        }
        strips
    }

    #[inline(always)]
    fn each(&self, mut visit: impl FnMut(Strip)) {
        let (mut column, mut edges) = (0, self.edges.iter());
        let (columns, interior) = (self.columns, self.interior.clone());
        while column < columns {
            let strip = if interior.contains(&column) {
                Strip { at: column, skip: 0, edge: None }
            } else {
                let Some(edge) = edges.next() else { return };
                Strip { at: edge.at, skip: edge.skip, edge: Some(edge) }
            };
            visit(strip);
            column += LANES;
        }
    }
}

/// An input plane under its kernel.
pub struct Plane<'a> {
    pub x: *const f32,
    pub weights: *const f32,
    pub height: &'a Axis,
    pub width: &'a Axis,
    pub strips: &'a Strips,
    /// A row of zeros, which stands for each row of padding.
    pub zeros: *const f32,
}

/// How an output plane is stored; the tile's rows are its rows.
struct Ending<'a> {
    tile: &'a Tile,
    finish: &'a Finish,
    /// Whole vectors of whole blocks of rows are stored, some twice, and a clamp at most finishes them.
    plain: bool,
    bounded: bool,
}

impl<'a> Ending<'a> {
    fn new(tile: &'a Tile, finish: &'a Finish, rows: usize) -> Ending<'a> {
        let plain = tile.is_plain(finish) && tile.rows >= rows;
        let bounded = plain && (finish.low > f32::NEG_INFINITY || finish.high < f32::INFINITY);
        Ending { tile, finish, plain, bounded }
    }

    /// Stores a strip's sums of the rows from `first` on, of which `above` are stored already.
    ///
    /// # Safety
    /// The tile's addresses hold the strip's columns.
    #[inline(always)]
    unsafe fn store<const R: usize>(&self, first: usize, above: usize, strip: Strip, mut sums: [F32x4; R]) {
        if !self.plain {
            // SAFETY: the caller's guarantee.
            return unsafe { self.store_rest(first, above, strip.at, strip.skip, &sums) };
        }
        if self.bounded {
            let (low, high) = (F32x4::splat(self.finish.low), F32x4::splat(self.finish.high));
            sums = sums.map(|sum| sum.pmax(low).pmin(high));
        }
        let mut y = self.tile.y.wrapping_add(first * self.tile.plane + strip.at);
        for sum in sums {
            // SAFETY: as above.
            unsafe { sum.store(y) };
            y = y.wrapping_add(self.tile.plane);
        }
    }

    /// The same, finished in any way. What is stored already, perhaps over its residual, is left.
    ///
    /// # Safety
    /// As [`Ending::store`].
    #[inline(never)]
    unsafe fn store_rest(&self, first: usize, above: usize, at: usize, skip: usize, sums: &[F32x4]) {
        for (row, sum) in (first..self.tile.rows).zip(sums).skip(above) {
            let lanes = sum.to_array();
            // SAFETY: the caller's guarantee.
            unsafe {
                let rest =
                    F32x4::gather(lanes.as_ptr(), [0, 1, 2, 3].map(|lane: usize| (lane + skip).min(3)));
                let mut part = self.tile.right(row * self.tile.plane + at + skip);
                part.columns = LANES - skip;
                part.store_vector(0, rest, self.finish);
            }
        }
    }
}

/// K x K taps at stride 1; `N = R + K - 1` input rows make R output rows.
///
/// # Safety
/// The plane's strips and axes are those of a geometry with this kernel, its addresses hold what the axes say; the tile's
/// addresses hold an output plane.
#[inline(never)]
pub unsafe fn rows<const K: usize, const R: usize, const N: usize>(
    plane: &Plane,
    tile: &Tile,
    finish: &Finish,
) {
    let Plane { x, weights, height, width, zeros, .. } = *plane;
    let (lo, taps) = (width.lo, width.kernel);
    let ending = Ending::new(tile, finish, R);
    // SAFETY: the tile's bias can be read.
    let bias = unsafe { tile.bias(0) };
    let mut done = 0;
    while done < tile.rows {
        let first = done.min(tile.rows.saturating_sub(R));
        let mut row = first.wrapping_sub(height.lo);
        let mut source = x.wrapping_add(row.wrapping_mul(width.input));
        let sources: [*const f32; N] = core::array::from_fn(|_| {
            let this = if row < height.input { source } else { zeros };
            row = row.wrapping_add(1);
            source = source.wrapping_add(width.input);
            this
        });
        plane.strips.each(|strip| {
            let at = strip.at.wrapping_sub(lo);
            // SAFETY: the strip's vectors lie inside the row, or are loaded as its edge says.
            let sums = unsafe {
                match strip.edge {
                    None => sums::<K, R, N>(weights, taps, bias, at, |row, at| {
                        F32x4::load(sources[row].wrapping_add(at))
                    }),
                    Some(edge) => {
                        sums::<K, R, N>(weights, taps, bias, 0, |row, kw| edge.load(sources[row], kw))
                    }
                }
            };
            // SAFETY: the strip's columns are the tile's.
            unsafe { ending.store(first, done - first, strip, sums) };
        });
        done = first + R;
    }
}

/// The sums of a strip in R rows; `x` gives the vector in an input row under the tap that is numbered from `at` on.
///
/// # Safety
/// The weights can be read: K rows of as many taps.
#[inline(always)]
unsafe fn sums<const K: usize, const R: usize, const N: usize>(
    weights: *const f32,
    taps: usize,
    bias: F32x4,
    at: usize,
    x: impl Fn(usize, usize) -> F32x4,
) -> [F32x4; R] {
    let mut sums = [bias; R];
    // A loop, not unrolled, keeps the loads beside their products: unrolled they come first, and there are no registers
    // for them. So its end must not be known.
    for kw in 0..taps {
        // SAFETY: the taps exist.
        let column: [F32x4; K] =
            core::array::from_fn(|kh| unsafe { F32x4::load_splat(weights.add(kh * K + kw)) });
        let at = at.wrapping_add(kw);
        for row in 0..N {
            let x = x(row, at);
            for (r, sum) in sums.iter_mut().enumerate() {
                let kh = row.wrapping_sub(r);
                if kh < K {
                    *sum = x.madd(column[kh], *sum);
                }
            }
        }
    }
    sums
}

/// K x K taps at stride 2, K being odd: an input row belongs to `C = (K + 1) / 2` output rows or one less.
///
/// # Safety
/// As [`rows`].
#[inline(never)]
pub unsafe fn down<const K: usize, const C: usize>(plane: &Plane, tile: &Tile, finish: &Finish) {
    let Plane { weights, width, .. } = *plane;
    let ending = Ending::new(tile, finish, 1);
    // SAFETY: the bias and the taps can be read.
    let (bias, weight) = unsafe { (tile.bias(0), |tap: usize| F32x4::load_splat(weights.add(tap))) };
    let mut kept = [[F32x4::ZERO; K]; K];
    if K == 3 {
        // As many fit into the registers.
        for (tap, kept) in kept.as_flattened_mut().iter_mut().enumerate() {
            *kept = weight(tap);
        }
    }
    let weight = |kh: usize, kw: usize| if K == 3 { kept[kh][kw] } else { weight(kh * K + kw) };
    plane.strips.each(|mut strip| {
        if plane.strips.interior.contains(&strip.at) {
            strip.edge = None;
        }
        let at = (strip.at * 2).wrapping_sub(width.lo);
        // SAFETY: as in `rows`; row and columns are the tile's.
        unsafe {
            let store = |row, sum| ending.store(row, 0, strip, [sum]);
            match strip.edge {
                None => walk::<K, C>(plane, tile.rows, bias, weight, store, |x| columns(x.wrapping_add(at))),
                Some(edge) => walk::<K, C>(plane, tile.rows, bias, weight, store, |x| {
                    core::array::from_fn(|kw| edge.load(x, 2 * kw).low_and_high(edge.load(x, 2 * kw + 1)))
                }),
            }
        }
    });
}

/// Down a strip of `rows` outputs; `columns` gives the vectors under the taps in the input row that begins at an address.
#[inline(always)]
fn walk<const K: usize, const C: usize>(
    plane: &Plane,
    rows: usize,
    bias: F32x4,
    weight: impl Fn(usize, usize) -> F32x4,
    store: impl Fn(usize, F32x4),
    columns: impl Fn(*const f32) -> [F32x4; K],
) {
    let Plane { x, height, width, .. } = *plane;
    let mut sums = [bias; C];
    // An output's sum begins in the second of the two rows, and there end those of the first one.
    let mut row = height.lo.wrapping_neg().wrapping_sub(1);
    let mut x = x.wrapping_add(row.wrapping_mul(width.input));
    let mut output = 1usize.wrapping_sub(C);
    while output != rows {
        if row < height.input {
            let columns = columns(x);
            for (o, sum) in sums[..C - 1].iter_mut().enumerate() {
                for (kw, &columns) in columns.iter().enumerate() {
                    *sum = columns.madd(weight(K - 2 - 2 * o, kw), *sum);
                }
            }
        }
        x = x.wrapping_add(width.input);
        row = row.wrapping_add(1);
        sums[C - 1] = bias;
        if row < height.input {
            let columns = columns(x);
            for (o, sum) in sums.iter_mut().enumerate() {
                for (kw, &columns) in columns.iter().enumerate() {
                    *sum = columns.madd(weight(K - 1 - 2 * o, kw), *sum);
                }
            }
        }
        x = x.wrapping_add(width.input);
        row = row.wrapping_add(1);
        if output < rows {
            store(output, sums[0]);
        }
        for o in 1..C {
            sums[o - 1] = sums[o];
        }
        output = output.wrapping_add(1);
    }
}

/// Every second column of an input row, from each tap of the first output on.
///
/// # Safety
/// `6 + K` elements can be read at `x`.
#[inline(always)]
unsafe fn columns<const K: usize>(x: *const f32) -> [F32x4; K] {
    // SAFETY: the caller's guarantee.
    unsafe {
        let (even, odd) = F32x4::load(x).unzip(F32x4::load(x.add(LANES)));
        let mut columns = [even; K];
        columns[1] = odd;
        for kw in 2..K {
            columns[kw] = columns[kw - 2].followed_by(F32x4::load_splat(x.add(6 + kw)));
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
