//! ROI MAX: y[k, c, i, j] is the largest value of x[n, c] in bin (i, j) of box k, (n, x1, y1, x2, y2) = boxes[k]; and the
//! gradient of x, which goes to where that was.
//!
//! Params: those of roi align, then whole (0, 1).
//! Operands: x [n, channels, height, width], boxes [boxes, 5], y [boxes, channels, down, across]; of the gradient x, boxes,
//! dy, dx.
//!
//! Whole: the elements of boxes that are rounded to whole elements, and 0 in a bin of none (Girshick 2015, Fast R-CNN).
//! Otherwise, at the sample positions of roi align, each of the four elements around one times its own weight: not what is
//! interpolated there, but what ONNX's RoiAlign and its runtimes take for it; 0 for a sample outside the plane. NaN wins.

use super::roi_align::{around, inside, read, RoiAlign, Span};
use super::sample::{number, Sample, ONE};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::F32x4;
use core::ops::Range;

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "roi max",
        "x, boxes -> y",
        FLOAT,
        decode,
        Sample::new(&[2, 3, 5, 6, 4, 2, 2, ONE, 0, 1, 0], &[180, 20, 48]).with(1, of_first),
    ),
    Entry::new(
        "roi max gradient",
        "x, boxes, dy -> dx",
        FLOAT,
        decode_gradient,
        Sample::new(&[2, 3, 5, 6, 4, 2, 2, ONE, 0, 1, 1], &[180, 20, 48, 180]).with(1, of_first),
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

struct RoiMax {
    roi: RoiAlign,
    whole: bool,
}

struct Gradient(RoiMax);

/// What a bin reads along an axis.
struct Samples {
    /// Those that may lie inside the plane.
    walk: Range<u64>,
    /// There are others.
    outside: bool,
    from: f32,
    bin: f32,
    count: f32,
    size: usize,
}

/// The largest value so far, as a weight times an element.
#[derive(Clone, Copy)]
struct Largest {
    value: f32,
    weight: f32,
    at: usize,
}

fn read_all(params: &mut Params) -> Result<RoiMax, Fault> {
    let roi = read(params)?;
    let whole = params.flag();
    params.check()?;
    Ok(RoiMax { roi, whole })
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    Ok(Planned::new(read_all(params)?))
}

fn decode_gradient(params: &mut Params) -> Result<Planned, Fault> {
    Ok(Planned::new(Gradient(read_all(params)?)))
}

impl Instruction for RoiMax {
    fn extents(&self) -> Extents {
        let [x, boxes, y] = self.roi.sizes();
        Extents::words(&[x, boxes, y])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let op = &self.roi;
        let (x, y) = (operands.pointer::<f32>(0).cast_const(), operands.pointer::<f32>(2));
        let mut fault = Ok(());
        for item in share.range(op.boxes * op.channels) {
            // SAFETY: there is such a box.
            let [image, corners @ ..] = unsafe { self.corners(operands.pointer(1), item / op.channels) };
            let image = match op.image(image) {
                Ok(image) => image,
                Err(found) => {
                    fault = fault.and(Err(found));
                    continue;
                }
            };
            let plane = image * op.channels + item % op.channels;
            self.bins(corners, |bin, rows, columns| {
                // SAFETY: the operands hold the elements that the params say; these bins are written by no other part.
                unsafe {
                    let largest = self.largest(rows, columns, x.add(plane * op.plane()));
                    *y.add(item * op.bins[0] * op.bins[1] + bin) = largest.value;
                }
            });
        }
        fault
    }
}

impl Instruction for Gradient {
    fn extents(&self) -> Extents {
        let [x, boxes, y] = self.0.roi.sizes();
        Extents::words(&[x, boxes, y, x])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let op = &self.0.roi;
        let (x, dy) = (operands.pointer::<f32>(0).cast_const(), operands.pointer::<f32>(2).cast_const());
        let dx = operands.pointer::<f32>(3);
        let planes = share.range(op.n * op.channels);
        let mut fault = Ok(());
        // SAFETY: the operands hold the elements that the params say; these planes are written by no other part.
        unsafe {
            core::slice::from_raw_parts_mut(dx.add(planes.start * op.plane()), planes.len() * op.plane())
                .fill(0.0);
            for k in 0..op.boxes {
                let [image, corners @ ..] = self.0.corners(operands.pointer(1), k);
                let image = match op.image(image) {
                    Ok(image) => image,
                    Err(found) => {
                        fault = fault.and(Err(found));
                        continue;
                    }
                };
                let own = image * op.channels..(image + 1) * op.channels;
                for plane in own.start.max(planes.start)..own.end.min(planes.end) {
                    let item = k * op.channels + plane - own.start;
                    let start = plane * op.plane();
                    self.0.bins(corners, |bin, rows, columns| {
                        let Largest { weight, at, .. } = self.0.largest(rows, columns, x.add(start));
                        *dx.add(start + at) += weight * *dy.add(item * op.bins[0] * op.bins[1] + bin);
                    });
                }
            }
        }
        fault
    }
}

impl RoiMax {
    /// # Safety
    /// There is such a box at `boxes`.
    unsafe fn corners(&self, boxes: *const f32, k: usize) -> [f32; 5] {
        // SAFETY: the caller's guarantee.
        unsafe { boxes.add(5 * k).cast::<[f32; 5]>().read() }
    }

    /// Calls `each` with the number of every bin of a box, and what it reads down and across.
    fn bins(&self, [left, top, right, bottom]: [f32; 4], mut each: impl FnMut(usize, &Samples, &Samples)) {
        let [down, across] = self.roi.bins;
        for i in 0..down {
            let rows = self.samples(0, top, bottom, i);
            for j in 0..across {
                each(i * across + j, &rows, &self.samples(1, left, right, j));
            }
        }
    }

    fn samples(&self, axis: usize, low: f32, high: f32, bin: usize) -> Samples {
        let (size, bins) = (self.roi.size[axis], self.roi.bins[axis]);
        if self.whole {
            let walk = whole(low * self.roi.scale, high * self.roi.scale, bin, bins, size);
            // Position s is element s.
            return Samples { walk, outside: false, from: -0.5, bin: 1.0, count: 1.0, size };
        }
        let span: Span = self.roi.span(low, high, bins);
        let from = span.from(bin);
        let walk = if span.finite { inside(from, span.bin, span.samples, size) } else { 0..0 };
        let outside = (walk.end.saturating_sub(walk.start) as f64) < span.samples;
        Samples { walk, outside, from, bin: span.bin, count: span.samples as f32, size }
    }

    /// # Safety
    /// x holds the plane.
    unsafe fn largest(&self, rows: &Samples, columns: &Samples, x: *const f32) -> Largest {
        const ZERO: Largest = Largest { value: 0.0, weight: 0.0, at: 0 };
        let mut found: Option<Largest> = None;
        let mut take = |one: Largest| {
            let better = match found {
                None => true,
                Some(Largest { value, .. }) => one.value > value || (one.value.is_nan() && !value.is_nan()),
            };
            if better {
                found = Some(one);
            }
        };
        for r in rows.walk.clone() {
            let row = rows.at(r);
            for c in columns.walk.clone() {
                let (Some(row), Some(column)) = (row, columns.at(c)) else {
                    take(ZERO);
                    continue;
                };
                for (i, a) in [(row.0, 1.0 - row.2), (row.1, row.2)] {
                    for (j, b) in [(column.0, 1.0 - column.2), (column.1, column.2)] {
                        if self.whole && a * b == 0.0 {
                            continue;
                        }
                        let (at, weight) = (i * columns.size + j, a * b);
                        // SAFETY: elements around a position lie inside the plane.
                        take(Largest { value: weight * unsafe { *x.add(at) }, weight, at });
                    }
                }
            }
        }
        if rows.outside || columns.outside {
            take(ZERO);
        }
        found.unwrap_or(ZERO)
    }
}

impl Samples {
    fn at(&self, s: u64) -> Option<(usize, usize, f32)> {
        around(self.from + (s as f32 + 0.5) * self.bin / self.count, self.size)
    }
}

/// The elements of a bin of a box that is rounded to whole elements, and has at least one.
fn whole(low: f32, high: f32, bin: usize, bins: usize, size: usize) -> Range<u64> {
    if low.is_nan() || high.is_nan() {
        return 0..0;
    }
    // Far outside is outside.
    let rounded = |x: f32| {
        let away = f64::from(x) + if x < 0.0 { -0.5 } else { 0.5 };
        away.clamp(-1e9, 1e9) as i64
    };
    let start = rounded(low);
    let step = (rounded(high) - start + 1).max(1) as f32 / bins as f32;
    let floor = |x: f32| x as i64;
    let ceil = |x: f32| F32x4::splat(x).ceil().to_array()[0] as i64;
    let inside = |at: i64| (start + at).clamp(0, size as i64) as u64;
    let (first, end) = (inside(floor(bin as f32 * step)), inside(ceil((bin + 1) as f32 * step)));
    first..end.max(first)
}
