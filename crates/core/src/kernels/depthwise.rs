//! One output plane of a depthwise convolution: `sum over taps of x[tap] * w[tap]`, output columns in the lanes.
//!
//! Four output columns are a strip; the last one of a row overlaps the one before. Where a strip's taps read beyond the
//! row, vectors are loaded from inside it and their bytes put where they belong, zeros elsewhere ([`Edge`]): nothing is
//! copied. [`rows`] (stride 1) makes R output rows of a strip at a time, column of taps by column of taps: as many sums as
//! rows, a few weights, and each input row loaded once per column. [`strips`] (stride 2, and low planes) goes along each
//! output row inside the input's and walks down the strips at the edges, with the sums of the outputs that an input row
//! belongs to; a row of taps is summed up by itself, so that no sum waits for all the products before it.
//! [`Window`] serves what has no such kernel: any kernel, stride and dilation, three axes.

use super::tile::{Epilogue, Tile};
use crate::geometry::{Axis, Geometry};
use crate::simd::{F32x4, I32x4, LANES};
use core::ops::Range;

/// Strips of a row that read beyond it, at most: all where there are no more, else the first and up to three at the end.
pub const EDGES: usize = 8;
/// Vectors that a strip loads of a row: at stride 1 one for each tap, at stride 2 three side by side.
const LOADS: usize = 5;

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
        let inside = 0..width.input as i32;
        let step = if width.stride == 1 { 1 } else { LANES };
        let mut edge = Edge { at, skip, starts: [0; LOADS], picks: [I32x4::splat(0); LOADS] };
        for (load, (start, pick)) in edge.starts.iter_mut().zip(&mut edge.picks).enumerate() {
            let first = (at * width.stride + load * step) as i32 - width.lo as i32;
            let from = first.min(inside.end - LANES as i32).max(0);
            let lanes = [0, 1, 2, 3].map(|lane| {
                if inside.contains(&(first + lane)) {
                    0x0302_0100 + 0x0404_0404 * (first + lane - from)
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
    /// The first columns of strips whose vectors all lie inside the row.
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
    /// Those of a width that `strip_kernel` accepts; `edges`: all of them, at most [`EDGES`], as if they read beyond the row.
    #[must_use]
    pub fn new(width: &Axis, edges: bool) -> Strips {
        let span = if width.stride == 1 { 3 + width.kernel } else { 3 * LANES };
        let start = if edges { width.output } else { width.lo.div_ceil(width.stride) };
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
    /// Four elements for each output row, and as many for each strip.
    pub scratch: *mut f32,
}

/// How an output plane is stored; the tile's rows are its rows.
struct Ending<'a> {
    tile: &'a Tile,
    epilogue: &'a Epilogue,
    /// Whole vectors of whole blocks of rows are stored, some twice.
    plain: bool,
    /// There are fewer rows than a block has.
    few: bool,
    bounded: bool,
}

impl<'a> Ending<'a> {
    fn new(tile: &'a Tile, epilogue: &'a Epilogue, rows: usize) -> Ending<'a> {
        let (plain, few) = (tile.is_plain(), tile.rows < rows);
        let bounded = plain && (epilogue.low > f32::NEG_INFINITY || epilogue.high < f32::INFINITY);
        Ending { tile, epilogue, plain, few, bounded }
    }

    /// Stores a strip's sums of the rows from `first` on, of which `above` are stored already.
    ///
    /// # Safety
    /// The tile's addresses hold the strip's columns.
    #[inline(always)]
    unsafe fn store<const R: usize>(&self, first: usize, above: usize, strip: Strip, mut sums: [F32x4; R]) {
        if !self.plain {
            let (sums, rows) = (sums, first + above..(first + R).min(self.tile.rows));
            // SAFETY: the caller's guarantee.
            return unsafe { self.store_rest(rows, strip.at, strip.skip, sums[above..].as_ptr().cast()) };
        }
        if self.bounded {
            let (low, high) = (F32x4::splat(self.epilogue.low), F32x4::splat(self.epilogue.high));
            sums = sums.map(|sum| sum.pmax(low).pmin(high));
        }
        let mut y = self.tile.y.wrapping_add(first * self.tile.plane + strip.at);
        if self.few {
            for (row, sum) in sums.into_iter().enumerate() {
                if row < self.tile.rows {
                    // SAFETY: as above; a block that is not whole is the only one.
                    unsafe { sum.store(y) };
                    y = y.wrapping_add(self.tile.plane);
                }
            }
            return;
        }
        for sum in sums {
            // SAFETY: as above.
            unsafe { sum.store(y) };
            y = y.wrapping_add(self.tile.plane);
        }
    }

    /// The same with a residual. What is stored already, perhaps over its residual, is left.
    ///
    /// # Safety
    /// As [`Ending::store`]; `sums` has a vector for each row.
    #[inline(never)]
    unsafe fn store_rest(&self, rows: Range<usize>, at: usize, skip: usize, mut sums: *const f32) {
        for row in rows {
            // SAFETY: the caller's guarantee.
            unsafe {
                let rest = F32x4::load(sums).from_lane(skip);
                let mut part = self.tile.right(row * self.tile.plane + at + skip);
                part.columns = LANES - skip;
                part.store_vector(0, rest, self.epilogue);
            }
            sums = sums.wrapping_add(LANES);
        }
    }

    /// Finishes rows all of whose strips are stored.
    ///
    /// # Safety
    /// As [`Ending::store`].
    unsafe fn finish(&self, rows: Range<usize>) {
        let (y, count) =
            (self.tile.y.wrapping_add(rows.start * self.tile.plane), rows.len() * self.tile.plane);
        // SAFETY: the caller's guarantee; the rows are one behind the other.
        unsafe { self.epilogue.finish(y, count, self.tile.slope) };
    }
}

/// K x K taps at stride 1 along a row and D down the rows; `N = (R - 1) D + K` input rows make R output rows.
///
/// # Safety
/// The plane's strips and axes are those of a geometry with this kernel, its addresses hold what the axes say; the tile's
/// addresses hold an output plane.
#[inline(never)]
pub unsafe fn rows<const K: usize, const D: usize, const R: usize, const N: usize>(
    plane: &Plane,
    tile: &Tile,
    epilogue: &Epilogue,
) {
    let Plane { x, weights, height, width, zeros, .. } = *plane;
    let (lo, taps) = (width.lo, width.kernel);
    let ending = Ending::new(tile, epilogue, R);
    // SAFETY: the tile's bias can be read.
    let bias = unsafe { tile.bias(0) };
    let mut done = 0;
    while done < tile.rows {
        let first = done.min(tile.rows.saturating_sub(R));
        let mut row = (first * D).wrapping_sub(height.lo);
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
                    None => sums::<K, D, R, N>(weights, taps, bias, at, |row, at| {
                        F32x4::load(sources[row].wrapping_add(at))
                    }),
                    Some(edge) => {
                        sums::<K, D, R, N>(weights, taps, bias, 0, |row, kw| edge.load(sources[row], kw))
                    }
                }
            };
            // SAFETY: the strip's columns are the tile's.
            unsafe { ending.store(first, done - first, strip, sums) };
        });
        // Rows that are stored twice are sums again.
        let start = if ending.plain { first } else { done };
        done = tile.rows.min(first + R);
        // SAFETY: the rows are the tile's.
        unsafe { ending.finish(start..done) };
    }
}

/// The sums of a strip in R rows; `x` gives the vector in an input row under the tap that is numbered from `at` on.
///
/// # Safety
/// The weights can be read: K rows of as many taps.
#[inline(always)]
unsafe fn sums<const K: usize, const D: usize, const R: usize, const N: usize>(
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
                let kh = row.wrapping_sub(r * D);
                if kh < K {
                    *sum = x.madd(column[kh], *sum);
                }
            }
        }
    }
    sums
}

/// K x K taps at stride S along a row and D down the rows; an input row belongs to at most `C = K / D` outputs, rounded up.
///
/// # Safety
/// As [`rows`].
#[inline(never)]
pub unsafe fn strips<const K: usize, const D: usize, const S: usize, const C: usize>(
    plane: &Plane,
    tile: &Tile,
    epilogue: &Epilogue,
) {
    let ending = Ending::new(tile, epilogue, 1);
    // Sums that are finished later pass through.
    let (low, high) =
        if ending.plain { (epilogue.low, epilogue.high) } else { (f32::NEG_INFINITY, f32::INFINITY) };
    let (low, high) = (F32x4::splat(low), F32x4::splat(high));
    let store = |y: *mut f32, sum: F32x4| {
        // SAFETY: the tile's addresses hold the strip's columns, or the scratch memory does.
        unsafe { sum.pmax(low).pmin(high).store(y) };
    };
    // SAFETY: the bias and the taps can be read.
    let (bias, weights) = unsafe {
        let weight = |tap: usize| F32x4::load_splat(plane.weights.add(tap));
        (tile.bias(0), core::array::from_fn(|kh| core::array::from_fn(|kw| weight(kh * K + kw))))
    };
    let Range { start, end } = plane.strips.interior;
    let start = start.next_multiple_of(LANES);
    // At stride 1 all strips are at edges.
    if S > 1 && start < end {
        for row in 0..tile.rows {
            let y = if ending.plain { tile.y.wrapping_add(row * tile.plane + start) } else { plane.scratch };
            across::<K, D, S>(plane, row, (start..end).step_by(LANES), bias, &weights, y, store);
            if !ending.plain {
                for at in (start..end).step_by(LANES) {
                    // SAFETY: the strips' columns are the tile's, their sums are in the scratch memory.
                    unsafe { ending.store_rest(row..row + 1, at, 0, plane.scratch.add(at - start)) };
                }
            }
        }
    }
    plane.strips.each(|strip| {
        let Some(&Edge { starts, picks, .. }) = strip.edge else { return };
        let (y, step) =
            if ending.plain { (tile.y.wrapping_add(strip.at), tile.plane) } else { (plane.scratch, LANES) };
        let columns = |x: *const f32| {
            // SAFETY: the vectors are loaded from inside the row, as the edge says.
            let load = |load: usize| unsafe { F32x4::load(x.wrapping_add(starts[load])).pick(picks[load]) };
            if S == 1 {
                core::array::from_fn(load)
            } else {
                apart(load(0), load(1), load(2))
            }
        };
        down::<K, D, C>(plane, tile.rows, bias, &weights, columns, y, step, store);
        if !ending.plain {
            // SAFETY: as above.
            unsafe { ending.store_rest(0..tile.rows, strip.at, strip.skip, plane.scratch) };
        }
    });
    // SAFETY: all rows are stored.
    unsafe { ending.finish(0..tile.rows) };
}

/// The strips of an output row that read inside the input's rows, stored from `y` on.
#[inline(always)]
fn across<const K: usize, const D: usize, const S: usize>(
    plane: &Plane,
    row: usize,
    strips: impl Iterator<Item = usize>,
    bias: F32x4,
    weights: &[[F32x4; K]; K],
    mut y: *mut f32,
    store: impl Fn(*mut f32, F32x4),
) {
    let mut row = (row * D).wrapping_sub(plane.height.lo);
    let sources: [*const f32; K] = core::array::from_fn(|_| {
        let inside = row < plane.height.input;
        let source = if inside { plane.x.wrapping_add(row * plane.width.input) } else { plane.zeros };
        row = row.wrapping_add(1);
        source
    });
    for strip in strips {
        let at = strip * S - plane.width.lo;
        let mut sum = bias;
        for (kh, (source, weights)) in sources.iter().zip(weights).enumerate() {
            let x = source.wrapping_add(at);
            // SAFETY: the strip's vectors lie inside the row.
            let load = |column: usize| unsafe { F32x4::load(x.add(column)) };
            sum = add_row(kh, &apart(load(0), load(LANES), load(2 * LANES)), weights, sum);
        }
        store(y, sum);
        y = y.wrapping_add(LANES);
    }
}

/// Down a strip of `rows` outputs, stored `step` apart; `columns` gives the vectors under the taps in the input row that
/// begins at an address.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
fn down<const K: usize, const D: usize, const C: usize>(
    plane: &Plane,
    rows: usize,
    bias: F32x4,
    weights: &[[F32x4; K]; K],
    columns: impl Fn(*const f32) -> [F32x4; K],
    mut y: *mut f32,
    step: usize,
    store: impl Fn(*mut f32, F32x4),
) {
    let mut row = plane.height.lo.wrapping_neg();
    let mut x = plane.x.wrapping_add(row.wrapping_mul(plane.width.input));
    let mut sums = [bias; C];
    // Each step begins one output's sum and ends another's.
    let mut left = rows + C - 1;
    while left > 0 {
        for r in 0..D {
            if row < plane.height.input {
                let columns = columns(x);
                for (o, sum) in sums.iter_mut().enumerate() {
                    let kh = (C - 1 - o) * D + r;
                    if kh < K {
                        *sum = add_row(kh, &columns, &weights[kh], *sum);
                    }
                }
            }
            row = row.wrapping_add(1);
            x = x.wrapping_add(plane.width.input);
        }
        if left <= rows {
            store(y, sums[0]);
            y = y.wrapping_add(step);
        }
        left -= 1;
        sums = core::array::from_fn(|o| if o + 1 < C { sums[o + 1] } else { bias });
    }
}

/// Adds a row of taps, summed up by itself unless it is the first one.
#[inline(always)]
fn add_row<const K: usize>(kh: usize, columns: &[F32x4; K], weights: &[F32x4; K], sum: F32x4) -> F32x4 {
    let first = if kh == 0 { columns[0].madd(weights[0], sum) } else { columns[0].mul(weights[0]) };
    let row = (1..K).fold(first, |row, kw| columns[kw].madd(weights[kw], row));
    if kh == 0 {
        row
    } else {
        sum.add(row)
    }
}

/// Every second of twelve columns, from each tap on.
#[inline(always)]
fn apart<const K: usize>(a: F32x4, b: F32x4, c: F32x4) -> [F32x4; K] {
    let (even, odd) = a.unzip(b);
    let mut columns = [even; K];
    columns[1] = odd;
    columns[2] = even.followed_by(c);
    if K == 5 {
        let (next, last) = c.unzip(c);
        columns[3] = odd.followed_by(last);
        columns[4] = even.halfway_to(next);
    }
    columns
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
    pub unsafe fn row(&self, od: usize, oh: usize, tile: &Tile, epilogue: &Epilogue) {
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
                        tile.store_vector(ow + index * LANES, sum, epilogue);
                    }
                    ow += wide;
                } else {
                    tile.store_vector(ow, self.edge(&taps, ow, bias), epilogue);
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
