//! One output plane of a depthwise convolution: `sum over taps of x[tap] * w[tap]`, output columns in the lanes.
//!
//! A strip is four output columns; the kernel walks down its rows. Each input row is loaded once and multiplied by
//! every row of the weights, and the partial sums of the rows that are still open move on: no sum is a chain of
//! more than K products, so the multiplications of a row do not wait for those of the row above.
//! Rows outside the input add nothing; columns outside it must be zero in memory (a padded copy).
//! [`Window`] serves what has no strips: any kernel, stride and dilation, three axes.

use super::tile::{Finish, Tile};
use crate::geometry::Geometry;
use crate::simd::{F32x4, I32x4, LANES};
use core::ops::Range;

/// Four columns of the input plane under four output columns.
pub struct Strip {
    /// Input row 0 under the first tap of the first output column.
    pub source: *const f32,
    /// Elements from an input row to the next.
    pub pitch: usize,
    /// Input rows.
    pub rows: usize,
    /// Rows of padding above them.
    pub lo: usize,
    pub weights: *const f32,
}

impl Strip {
    /// # Safety
    /// The weights hold K x K elements.
    #[inline(always)]
    unsafe fn weights<const K: usize>(&self) -> [[F32x4; K]; K] {
        let mut weights = [[F32x4::ZERO; K]; K];
        for (tap, weight) in weights.as_flattened_mut().iter_mut().enumerate() {
            // SAFETY: `tap` is below K x K.
            *weight = unsafe { F32x4::load_splat(self.weights.add(tap)) };
        }
        weights
    }
}

/// The rows of a strip, K x K taps, stride S both ways; the tile's rows are output rows, `plane` apart.
///
/// # Safety
/// The strip's rows and weights can be read; the tile's addresses hold its rows and columns.
#[inline(never)]
pub unsafe fn strip<const K: usize, const S: usize>(strip: &Strip, tile: &Tile, finish: &Finish) {
    // SAFETY: weights and bias can be read; `walk` takes rows of the input and of the tile that exist.
    unsafe {
        let mut walk = Walk::<K, S> {
            weights: strip.weights(),
            bias: tile.bias(0),
            open: [tile.bias(0); 4],
            x: strip.source,
            pitch: strip.pitch,
            y: tile.y,
            tile,
            finish,
            plain: tile.is_plain(finish),
            low: F32x4::splat(finish.low),
            high: F32x4::splat(finish.high),
        };
        if S == 1 {
            walk.at_stride_1(strip);
        } else {
            walk.at_stride_2(strip);
        }
    }
}

/// The state of a walk down a strip.
struct Walk<'a, const K: usize, const S: usize> {
    weights: [[F32x4; K]; K],
    bias: F32x4,
    /// `open[i]`: the sum so far of the output that is `i` steps old.
    open: [F32x4; 4],
    /// The next input row, and where the next output row goes.
    x: *const f32,
    pitch: usize,
    y: *mut f32,
    tile: &'a Tile,
    finish: &'a Finish,
    plain: bool,
    low: F32x4,
    high: F32x4,
}

impl<const K: usize, const S: usize> Walk<'_, K, S> {
    /// # Safety
    /// An output row is left.
    #[inline(always)]
    unsafe fn store(&mut self, sum: F32x4) {
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.plain {
                let sum = sum.pmax(self.low).pmin(self.high);
                if self.tile.columns == LANES {
                    sum.store(self.y);
                } else {
                    sum.store_partial(self.y, self.tile.columns);
                }
            } else {
                let place = self.y.offset_from(self.tile.y) as usize;
                self.tile.right(place).store_vector(0, sum, self.finish);
            }
        }
        self.y = self.y.wrapping_add(self.tile.plane);
    }

    /// The sum of row `kh` of the weights over the columns of the next input row.
    #[inline(always)]
    fn dot(&self, columns: &[F32x4; K], kh: usize) -> F32x4 {
        let weights = &self.weights[kh];
        let mut sum = match kh {
            0 => columns[0].madd(weights[0], self.bias),
            _ => columns[0].mul(weights[0]),
        };
        for kw in 1..K {
            sum = columns[kw].madd(weights[kw], sum);
        }
        sum
    }

    /// One input row at stride 1: it finishes the oldest output, goes on with the others and opens one.
    ///
    /// # Safety
    /// The input row exists.
    #[inline(always)]
    unsafe fn row(&mut self) -> F32x4 {
        // SAFETY: the caller's guarantee.
        let columns = unsafe { columns::<K, S>(self.x) };
        self.x = self.x.wrapping_add(self.pitch);
        let done = self.open[K - 2].add(self.dot(&columns, K - 1));
        for kh in (1..K - 1).rev() {
            self.open[kh] = self.open[kh - 1].add(self.dot(&columns, kh));
        }
        self.open[0] = self.dot(&columns, 0);
        done
    }

    /// # Safety
    /// As [`strip`].
    #[inline(always)]
    unsafe fn at_stride_1(&mut self, strip: &Strip) {
        let outputs = self.tile.rows;
        // Step s meets input row s - lo and finishes output s - (K - 1).
        let steps = outputs + K - 1;
        let (first, last) = (strip.lo, steps.min(strip.lo + strip.rows));
        // SAFETY: rows `first..last` exist; each step from K - 1 on stores one output row.
        unsafe {
            for _ in K - 1..first.min(steps) {
                self.store(self.bias);
            }
            for step in first..last {
                let done = self.row();
                if step >= K - 1 {
                    self.store(done);
                }
            }
            for step in last..steps {
                let done = self.open[K - 2];
                self.open.copy_within(0..3, 1);
                self.open[0] = self.bias;
                if step >= K - 1 {
                    self.store(done);
                }
            }
        }
    }

    /// # Safety
    /// As [`strip`].
    #[inline(always)]
    unsafe fn at_stride_2(&mut self, strip: &Strip) {
        let half = (K - 1) / 2;
        let inside = |v: usize| v.wrapping_sub(strip.lo) < strip.rows;
        // Even rows open an output, go on with others and finish one; odd rows go on with all that are open.
        for step in 0..self.tile.rows + half {
            let mut sums = [F32x4::ZERO; 3];
            sums[0] = self.bias;
            // SAFETY: the row is inside the input; outputs from step `half` on are stored.
            unsafe {
                if inside(2 * step) {
                    let columns = columns::<K, S>(self.x);
                    self.x = self.x.wrapping_add(self.pitch);
                    for (i, sum) in sums.iter_mut().enumerate().take(half + 1) {
                        *sum = self.dot(&columns, 2 * i);
                    }
                }
                let done = self.open[half - 1].add(sums[half]);
                for i in (1..half).rev() {
                    self.open[i] = self.open[i - 1].add(sums[i]);
                }
                self.open[0] = sums[0];
                if inside(2 * step + 1) {
                    let columns = columns::<K, S>(self.x);
                    self.x = self.x.wrapping_add(self.pitch);
                    for i in 0..half {
                        self.open[i] = self.open[i].add(self.dot(&columns, 2 * i + 1));
                    }
                }
                if step >= half {
                    self.store(done);
                }
            }
        }
    }
}

/// The columns of an input row under each tap.
///
/// # Safety
/// `3 * S + K` elements can be read at `x`.
#[inline(always)]
unsafe fn columns<const K: usize, const S: usize>(x: *const f32) -> [F32x4; K] {
    // SAFETY: no lane reads beyond the last column under the last tap.
    unsafe {
        if S == 1 {
            return core::array::from_fn(|kw| F32x4::load(x.add(kw)));
        }
        let (even, odd) = F32x4::load(x).unzip(F32x4::load(x.add(4)));
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
