//! ROI ALIGN: y[k, c, i, j] is the mean of x[n, c] at sample positions in bin (i, j) of box k, (n, x1, y1, x2, y2) =
//! boxes[k] (He et al. 2017); and the gradient of x.
//!
//! Params: n, channels, height, width, boxes, bins down, bins across, scale bits, samples per bin and axis (0: one per
//! element), aligned (0, 1).
//! Operands: x [n, channels, height, width], boxes [boxes, 5], y [boxes, channels, down, across], scratch; of the gradient
//! boxes, dy, dx, scratch.
//!
//! A bin's samples are a grid, and a sample's weights a product, so a bin is rows' weights times columns' weights. Both are
//! computed once per box, for all channels. Samples outside the plane count as zero; they are not walked through, so a box
//! costs no more than the plane does, whatever its numbers are.

use super::sample::{number, Sample, ONE};
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::{Code, Fault};
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};
use core::ops::Range;

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "roi align",
        "x, boxes -> y; scratch",
        FLOAT,
        decode,
        Sample::new(&[2, 3, 5, 6, 4, 2, 2, ONE, 0, 1], &[180, 20, 48]).with(1, of_first),
    ),
    Entry::new(
        "roi align gradient",
        "boxes, dy -> dx; scratch",
        FLOAT,
        decode_gradient,
        Sample::new(&[2, 3, 5, 6, 4, 2, 2, ONE, 0, 1], &[20, 48, 180]).with(0, of_first),
    ),
];

/// Boxes of a sample: all of the first image.
fn of_first(i: usize) -> u32 {
    if i.is_multiple_of(5) {
        0
    } else {
        number(i)
    }
}

/// Counted so, the samples of a bin and axis are at most 65535.
const MOST_BYTES_OF_SAMPLES: usize = 1 << 15;

pub(super) struct RoiAlign {
    pub(super) n: usize,
    pub(super) channels: usize,
    /// Height, width.
    pub(super) size: [usize; 2],
    pub(super) boxes: usize,
    /// Down, across.
    pub(super) bins: [usize; 2],
    pub(super) scale: f32,
    samples: usize,
    aligned: bool,
}

struct Gradient(RoiAlign);

/// The elements of a plane's axis that a bin reads: their range, and their weights in the table of the axis.
struct Bins<'a> {
    size: usize,
    /// First and end per bin.
    ranges: &'a mut [[u32; 2]],
    /// `size` per bin, of which those in the range count.
    weights: &'a mut [f32],
}

/// What a part has to itself: both axes' bins, and a row of the plane.
struct Tables<'a> {
    rows: Bins<'a>,
    columns: Bins<'a>,
    row: &'a mut [f32],
}

/// A box over the plane.
struct Located {
    image: usize,
    /// Elements that its columns' weights cover.
    columns: Range<usize>,
    /// Samples per bin.
    count: f32,
}

/// Reads all params.
///
/// # Errors
/// For sizes out of range.
pub(super) fn read(params: &mut Params) -> Result<RoiAlign, Fault> {
    let [n, channels, height, width, boxes, down, across] = params.array().map(|word| word as usize);
    let (scale, samples, aligned) = (params.f32(), params.usize(), params.flag());
    params.elements(&[n, channels, height, width], 4);
    params.elements(&[boxes, channels, down, across], 4);
    params.elements(&[boxes, 5], 4);
    // Each is walked through.
    params.elements(&[samples], MOST_BYTES_OF_SAMPLES);
    if params.elements(&[down, across], 4) == 0 || params.elements(&[height, width], 4) == 0 {
        params.refuse(0);
    }
    params.check()?;
    let rows = params.elements(&[down, height + 2], 16);
    let columns = params.elements(&[across + 1, width + 2], 16);
    params.elements(&[rows + columns], 16);
    params.check()?;
    let (size, bins) = ([height, width], [down, across]);
    Ok(RoiAlign { n, channels, size, boxes, bins, scale, samples, aligned })
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    Ok(Planned::new(read(params)?))
}

fn decode_gradient(params: &mut Params) -> Result<Planned, Fault> {
    Ok(Planned::new(Gradient(read(params)?)))
}

impl Instruction for RoiAlign {
    fn extents(&self) -> Extents {
        let [x, boxes, y] = self.sizes();
        Extents::words(&[x, boxes, y])
    }

    fn scratch(&self) -> usize {
        4 * self.scratch_words()
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (x, y) = (operands.pointer::<f32>(0).cast_const(), operands.pointer::<f32>(2));
        let mut fault = Ok(());
        let mut items = share.range(self.boxes * self.channels);
        // SAFETY: the operands hold the elements that the params say; these boxes' planes and this scratch are written by
        // no other part.
        unsafe {
            let mut tables = self.tables(operands, share);
            while !items.is_empty() {
                let k = items.start / self.channels;
                let end = items.end.min((k + 1) * self.channels);
                match self.locate(operands.pointer(1), k, &mut tables) {
                    Err(found) => fault = fault.and(Err(found)),
                    Ok(located) => {
                        for item in items.start..end {
                            let plane = located.image * self.channels + item % self.channels;
                            let bins = self.bins[0] * self.bins[1];
                            self.pool(&located, &mut tables, x.add(plane * self.plane()), y.add(item * bins));
                        }
                    }
                }
                items.start = end;
            }
        }
        fault
    }
}

impl Instruction for Gradient {
    fn extents(&self) -> Extents {
        let [x, boxes, y] = self.0.sizes();
        Extents::words(&[boxes, y, x])
    }

    fn scratch(&self) -> usize {
        4 * self.0.scratch_words()
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let op = &self.0;
        let (dy, dx) = (operands.pointer::<f32>(1).cast_const(), operands.pointer::<f32>(2));
        let planes = share.range(op.n * op.channels);
        let mut fault = Ok(());
        if planes.is_empty() {
            return fault;
        }
        // SAFETY: the operands hold the elements that the params say; these planes and this scratch are written by no
        // other part.
        unsafe {
            core::slice::from_raw_parts_mut(dx.add(planes.start * op.plane()), planes.len() * op.plane())
                .fill(0.0);
            let mut tables = op.tables(operands, share);
            for k in 0..op.boxes {
                match op.locate(operands.pointer(0), k, &mut tables) {
                    Err(found) => fault = fault.and(Err(found)),
                    Ok(located) => {
                        let own = located.image * op.channels..(located.image + 1) * op.channels;
                        for plane in own.start.max(planes.start)..own.end.min(planes.end) {
                            let item = k * op.channels + plane - own.start;
                            let dy = dy.add(item * op.bins[0] * op.bins[1]);
                            op.spread(&located, &mut tables, dy, dx.add(plane * op.plane()));
                        }
                    }
                }
            }
        }
        fault
    }
}

impl RoiAlign {
    /// Elements of x, of the boxes and of y.
    pub(super) fn sizes(&self) -> [usize; 3] {
        let [down, across] = self.bins;
        let y = product(&[self.boxes, self.channels, down, across]);
        [product(&[self.n, self.channels, self.plane()]), self.boxes * 5, y]
    }

    pub(super) fn plane(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// The number of a box's image.
    ///
    /// # Errors
    /// `BatchOutside` when there is none of this number.
    pub(super) fn image(&self, image: f32) -> Result<usize, Fault> {
        if image > -1.0 && image < self.n as f32 {
            return Ok(image as usize);
        }
        let index = if image.is_nan() { i32::MIN } else { image as i32 };
        Err(Fault::new(Code::BatchOutside, [index, self.n as i32, 0]))
    }

    /// Where a box's bins lie along an axis.
    pub(super) fn span(&self, low: f32, high: f32, bins: usize) -> Span {
        let shift = if self.aligned { 0.5 } else { 0.0 };
        let start = low * self.scale - shift;
        let length = (high * self.scale - shift) - start;
        // A box without extent has one, unless aligned; one that is not a number has no samples.
        let length = if self.aligned || length.is_nan() || length >= 1.0 { length } else { 1.0 };
        let bin = length / bins as f32;
        let samples = if self.samples > 0 { self.samples as f64 } else { ceil(bin).max(0.0) };
        Span { start, bin, samples, finite: start.is_finite() && length.is_finite() }
    }

    fn scratch_words(&self) -> usize {
        let [[height, width], [down, across]] = [self.size, self.bins];
        down * (height + 2) + across * (width + 2) + width
    }

    /// # Safety
    /// The last operand has scratch memory for every part.
    unsafe fn tables<'a>(&self, operands: &'a Operands, share: Share) -> Tables<'a> {
        let mut words = operands.pointer::<u32>(3).wrapping_add(share.part * self.scratch_words());
        let mut take = |count: usize| {
            let start = words;
            words = words.wrapping_add(count);
            start
        };
        let mut bins = |axis: usize| {
            let (size, bins) = (self.size[axis], self.bins[axis]);
            // SAFETY: the caller's guarantee: each piece is a part's own.
            let ranges = unsafe { core::slice::from_raw_parts_mut(take(2 * bins).cast(), bins) };
            // SAFETY: as above.
            let weights = unsafe { core::slice::from_raw_parts_mut(take(bins * size).cast(), bins * size) };
            Bins { size, ranges, weights }
        };
        let (rows, columns) = (bins(0), bins(1));
        // SAFETY: as above.
        let row = unsafe { core::slice::from_raw_parts_mut(take(self.size[1]).cast(), self.size[1]) };
        Tables { rows, columns, row }
    }

    /// Computes the tables of box `k`.
    ///
    /// # Errors
    /// `BatchOutside` when it names an image that there is not.
    ///
    /// # Safety
    /// There is such a box at `boxes`.
    unsafe fn locate(&self, boxes: *const f32, k: usize, tables: &mut Tables) -> Result<Located, Fault> {
        // SAFETY: the caller's guarantee.
        let [image, left, top, right, bottom] = unsafe { boxes.add(5 * k).cast::<[f32; 5]>().read() };
        let image = self.image(image)?;
        let down = tables.rows.fill(self, top, bottom);
        let across = tables.columns.fill(self, left, right);
        let used = || tables.columns.ranges.iter().filter(|[first, end]| first < end);
        let first = used().map(|range| range[0]).min().unwrap_or(0) as usize;
        let end = used().map(|range| range[1]).max().unwrap_or(0) as usize;
        let count = (down * across).max(1.0) as f32;
        Ok(Located { image, columns: first..end, count })
    }

    /// The bins of one box in one plane.
    ///
    /// # Safety
    /// x holds the plane, y the bins.
    unsafe fn pool(&self, located: &Located, tables: &mut Tables, x: *const f32, y: *mut f32) {
        let [height, width] = self.size;
        debug_assert!(located.columns.end <= width);
        let row = tables.row.as_mut_ptr();
        for i in 0..self.bins[0] {
            let (first, weights) = tables.rows.of(i);
            debug_assert!(first + weights.len() <= height);
            // SAFETY: rows and columns lie inside the plane and the scratch row, bins inside y.
            unsafe {
                if !weights.is_empty() {
                    weigh_rows(x.add(first * width), width, weights, row, located.columns.clone());
                }
                for j in 0..self.bins[1] {
                    let (first, across) = tables.columns.of(j);
                    let sum = if weights.is_empty() { 0.0 } else { dot(across, row.add(first)) };
                    *y.add(i * self.bins[1] + j) = sum / located.count;
                }
            }
        }
    }

    /// Adds to dx what flows into the bins of one box.
    ///
    /// # Safety
    /// dx holds the plane, dy the bins.
    unsafe fn spread(&self, located: &Located, tables: &mut Tables, dy: *const f32, dx: *mut f32) {
        let width = self.size[1];
        let Range { start, end } = located.columns;
        for i in 0..self.bins[0] {
            let (first, weights) = tables.rows.of(i);
            if weights.is_empty() || start >= end {
                continue;
            }
            tables.row[start..end].fill(0.0);
            for j in 0..self.bins[1] {
                let (first, across) = tables.columns.of(j);
                // SAFETY: the bins lie inside dy.
                let flow = unsafe { *dy.add(i * self.bins[1] + j) } / located.count;
                // SAFETY: the columns lie inside the scratch row.
                unsafe {
                    add_scaled(across.as_ptr(), flow, tables.row.as_mut_ptr().add(first), across.len())
                };
            }
            for (r, &weight) in weights.iter().enumerate() {
                // SAFETY: rows and columns lie inside the plane.
                unsafe {
                    let dx = dx.add((first + r) * width + start);
                    add_scaled(tables.row.as_ptr().add(start), weight, dx, end - start);
                }
            }
        }
    }
}

impl Bins<'_> {
    /// The elements of bin `i`: the first, and the weights from there.
    fn of(&self, i: usize) -> (usize, &[f32]) {
        let [first, end] = self.ranges[i].map(|bound| bound as usize);
        (first, &self.weights[i * self.size + first..i * self.size + end])
    }

    /// Computes the weights of a box's bins along the axis; gives the samples per bin.
    fn fill(&mut self, op: &RoiAlign, low: f32, high: f32) -> f64 {
        let span = op.span(low, high, self.ranges.len());
        for i in 0..self.ranges.len() {
            let weights = &mut self.weights[i * self.size..(i + 1) * self.size];
            let from = span.from(i);
            let walk = if span.finite { inside(from, span.bin, span.samples, self.size) } else { 0..0 };
            self.ranges[i] = weigh(weights, from, span.bin, span.samples as f32, walk);
        }
        if span.finite {
            span.samples
        } else {
            1.0
        }
    }
}

/// A box's bins along an axis, of which the first begins at `start`.
pub(super) struct Span {
    start: f32,
    pub(super) bin: f32,
    /// Per bin.
    pub(super) samples: f64,
    pub(super) finite: bool,
}

impl Span {
    pub(super) fn from(&self, bin: usize) -> f32 {
        self.start + bin as f32 * self.bin
    }
}

/// The samples of a bin that may lie inside the plane, and some more: where positions are too large for float32 to tell
/// neighbours apart it does not matter.
pub(super) fn inside(from: f32, bin: f32, samples: f64, size: usize) -> Range<u64> {
    const MORE: f64 = 4.0;
    let step = f64::from(bin) / samples;
    let (a, b) = ((-1.0 - f64::from(from)) / step, (size as f64 - f64::from(from)) / step);
    if a.is_nan() || b.is_nan() {
        // No extent: all samples are at one position.
        return 0..samples.min(1e9) as u64;
    }
    // Casts saturate.
    let first = (a.min(b) - MORE).max(0.0);
    let end = (a.max(b) + MORE).min(samples);
    first as u64..end.max(0.0) as u64
}

/// Adds up the weights of these samples; gives the range of elements that have one.
fn weigh(weights: &mut [f32], from: f32, bin: f32, samples: f32, walk: Range<u64>) -> [u32; 2] {
    let size = weights.len();
    let (mut first, mut end) = (size, 0);
    let mut add = |index: usize, weight: f32| {
        // The range grows, and what it takes in begins at zero.
        if first >= end {
            (first, end) = (index, index);
        }
        while index < first {
            first -= 1;
            weights[first] = 0.0;
        }
        while index >= end {
            weights[end] = 0.0;
            end += 1;
        }
        weights[index] += weight;
    };
    for s in walk {
        let Some((low, high, weight)) = around(from + (s as f32 + 0.5) * bin / samples, size) else {
            continue;
        };
        add(low, 1.0 - weight);
        if high > low {
            add(high, weight);
        }
    }
    if first < end {
        [first as u32, end as u32]
    } else {
        [0, 0]
    }
}

/// The elements around a position, and the second's weight; at the end they are one. None where the position is more than one
/// element outside.
pub(super) fn around(position: f32, size: usize) -> Option<(usize, usize, f32)> {
    if !(position >= -1.0 && position <= size as f32) {
        return None;
    }
    let position = position.max(0.0);
    let low = position as usize;
    if low + 1 >= size {
        return Some((size - 1, size - 1, 0.0));
    }
    Some((low, low + 1, position - low as f32))
}

fn ceil(x: f32) -> f64 {
    f64::from(F32x4::splat(x).ceil().to_array()[0])
}

/// `into[columns] = sum over r of weights[r] * x[r * width + columns]`.
///
/// # Safety
/// The rows at `x` and `into` hold the columns.
#[inline(never)]
unsafe fn weigh_rows(x: *const f32, width: usize, weights: &[f32], into: *mut f32, columns: Range<usize>) {
    let sum = |value: &dyn Fn(usize) -> F32x4| {
        let terms = weights.iter().enumerate();
        terms.fold(F32x4::ZERO, |sum, (r, &weight)| value(r * width).madd(F32x4::splat(weight), sum))
    };
    let mut i = columns.start;
    // SAFETY: the caller's guarantee.
    unsafe {
        while i + LANES <= columns.end {
            sum(&|row| F32x4::load(x.add(row + i))).store(into.add(i));
            i += LANES;
        }
        let rest = columns.end - i;
        if rest > 0 {
            sum(&|row| F32x4::load_partial(x.add(row + i), rest)).store_partial(into.add(i), rest);
        }
    }
}

/// # Safety
/// `x` holds as many elements as there are weights.
#[inline(always)]
unsafe fn dot(weights: &[f32], x: *const f32) -> f32 {
    let mut sum = 0.0;
    for (i, &weight) in weights.iter().enumerate() {
        // SAFETY: the caller's guarantee.
        sum += weight * unsafe { *x.add(i) };
    }
    sum
}

/// `into[i] += x[i] * factor`, `i < count`.
///
/// # Safety
/// Both hold `count` elements.
#[inline(never)]
unsafe fn add_scaled(x: *const f32, factor: f32, into: *mut f32, count: usize) {
    let factor = F32x4::splat(factor);
    for i in (0..count).step_by(LANES) {
        let lanes = LANES.min(count - i);
        // SAFETY: the caller's guarantee.
        unsafe {
            let sum = F32x4::load_partial(into.add(i), lanes);
            F32x4::load_partial(x.add(i), lanes).madd(factor, sum).store_partial(into.add(i), lanes);
        }
    }
}
