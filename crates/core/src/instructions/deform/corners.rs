//! Where the samples of eight output pixels lie, and the bilinear weights of the four neighbours of each.
//!
//! A sample is at `(y, x)` = the tap's position in an ordinary convolution + its offset. The two neighbours in a row are
//! loaded as a pair; at the left and the right edge, where one of them is missing, the pair is moved inside and the
//! weights within it. A neighbour outside of the input counts as zero, whatever lies at its place. A sample is zero where
//! `y <= -1`, `y >= height` and likewise for x, and NaN where its position is.

use crate::geometry::Geometry;
use crate::kernels::gemm::NR;
use crate::simd::{F32x4, I32x4, Mask, LANES};
use core::ops::Range;

/// A number for each neighbour of eight pixels: `[upper or lower row][two pixels][left and right of each]`.
pub type Pairs = [[F32x4; NR / 2]; 2];

/// How many of the neighbours lie inside of the input.
#[derive(Clone, Copy, PartialEq)]
pub enum Inside {
    None,
    Some,
    All,
}

/// The samples of eight pixels at one tap.
#[derive(Clone, Copy)]
pub struct Corners {
    /// The bilinear weights, times the modulation.
    pub weights: Pairs,
    /// All bits where the neighbour lies inside.
    pub keep: [[I32x4; NR / 2]; 2],
    /// Where a pixel's pairs start in the first of its group's planes, counted over the batch.
    pub places: [[u32; NR]; 2],
    pub inside: Inside,
}

/// What one of y and x adds to a sample's derivative: the weights' own derivatives, times the modulation.
#[derive(Clone, Copy)]
pub struct Slopes {
    pub y: Pairs,
    pub x: Pairs,
}

/// What says where an input is sampled.
pub struct Sampler<'a> {
    pub geometry: &'a Geometry,
    pub offset_groups: usize,
    /// Elements from an image of x to the next.
    pub image: usize,
    /// `[batch, offset group, tap, (y, x), output]`.
    pub offset: *const f32,
    /// `[batch, offset group, tap, output]`, or null.
    pub mask: *const f32,
}

/// Eight pixels, of which those that are missing repeat the last.
struct Pixels {
    images: [usize; NR],
    pixels: [usize; NR],
    /// The position of tap 0.
    y: [F32x4; 2],
    x: [F32x4; 2],
    neighbours: bool,
}

/// Positions along one axis: the neighbour before, how far behind it, and what is known to be inside or outside.
struct Position {
    low: I32x4,
    fraction: F32x4,
    inside: Mask,
    outside: Mask,
}

/// The two neighbours along an axis: their weights, those weights' derivatives, and whether they exist.
struct Near {
    weights: [F32x4; 2],
    slopes: [F32x4; 2],
    present: [Mask; 2],
}

const ONE: F32x4 = F32x4::constant(1.0);
const MINUS_ONE: F32x4 = F32x4::constant(-1.0);

impl Position {
    /// `border`: whether -1 itself still counts, as it does for the derivative from above.
    fn new(position: F32x4, size: usize, border: bool) -> Position {
        let end = F32x4::splat(size as f32);
        let floor = position.floor();
        let (above, below) = if border {
            (position.ge(MINUS_ONE), position.lt(MINUS_ONE))
        } else {
            (position.gt(MINUS_ONE), position.le(MINUS_ONE))
        };
        Position {
            low: floor.to_i32(),
            fraction: position.sub(floor),
            inside: above.and(position.lt(end)),
            outside: below.or(position.ge(end)),
        }
    }

    /// The rows above and below, and where they are read.
    fn rows(&self, height: usize) -> (Near, [I32x4; 2]) {
        let (zero, one, last) = (I32x4::splat(0), I32x4::splat(1), I32x4::splat(height as i32 - 1));
        let next = self.low.add(one);
        let near = Near {
            weights: [ONE.sub(self.fraction), self.fraction],
            slopes: [MINUS_ONE, ONE],
            present: [zero.lt(next), self.low.lt(last)].map(|row| row.and(self.inside)),
        };
        (near, [self.low, next].map(|row| row.min(last).max(zero)))
    }

    /// The elements of a pair, which was moved right at the left edge and left at the right one, and its start.
    fn columns(&self, width: usize) -> (Near, I32x4) {
        let (zero, one) = (I32x4::splat(0), I32x4::splat(1));
        let start = self.low.min(I32x4::splat(width as i32 - 2)).max(zero);
        let (next, after) = (self.low.add(one), start.add(one));
        let (right, left) = (self.low.lt(start), start.lt(self.low));
        let moved = |[before, behind]: [F32x4; 2]| {
            [
                left.select(F32x4::ZERO, right.select(behind, before)),
                left.select(before, right.select(F32x4::ZERO, behind)),
            ]
        };
        let second = start.lt(next).and(after.lt(I32x4::splat(width as i32)));
        let near = Near {
            weights: moved([ONE.sub(self.fraction), self.fraction]),
            slopes: moved([MINUS_ONE, ONE]),
            present: [self.low.lt(after), second].map(|column| column.and(self.inside)),
        };
        (near, start)
    }
}

/// Numbers of the left and right neighbours of four pixels, pixel by pixel.
fn pairs([left, right]: [F32x4; 2], into: &mut [F32x4; NR / 2], half: usize) {
    let (low, high) = left.zip(right);
    into[2 * half] = low;
    into[2 * half + 1] = high;
}

fn all(mask: Mask) -> bool {
    !mask.select(F32x4::ZERO, ONE).ne(F32x4::ZERO).any()
}

impl Sampler<'_> {
    fn pixels(&self, first: usize, columns: usize) -> Pixels {
        let [_, height, width] = &self.geometry.axes;
        let volume = self.geometry.output();
        let [mut images, mut pixels] = [[0; NR]; 2];
        let [mut y, mut x] = [[0.0; NR]; 2];
        for lane in 0..NR {
            let pixel = first + lane.min(columns - 1);
            (images[lane], pixels[lane]) = (pixel / volume, pixel % volume);
            let (row, column) = (pixels[lane] / width.output, pixels[lane] % width.output);
            y[lane] = ((row * height.stride) as i32 - height.lo as i32) as f32;
            x[lane] = ((column * width.stride) as i32 - width.lo as i32) as f32;
        }
        let halves = |[a, b, c, d, e, f, g, h]: [f32; NR]| {
            [F32x4::from_array([a, b, c, d]), F32x4::from_array([e, f, g, h])]
        };
        let neighbours = columns == NR && images[0] == images[NR - 1];
        Pixels { images, pixels, y: halves(y), x: halves(x), neighbours }
    }

    /// Four pixels' elements of channel `channel` of `[batch, channels, output]`.
    ///
    /// # Safety
    /// `base` holds such a tensor; the pixels and the channel exist.
    unsafe fn read(
        &self,
        base: *const f32,
        channels: usize,
        channel: usize,
        at: &Pixels,
        half: usize,
    ) -> F32x4 {
        let volume = self.geometry.output();
        let place = |lane: usize| (at.images[lane] * channels + channel) * volume + at.pixels[lane];
        let first = half * LANES;
        // SAFETY: the caller's guarantee.
        unsafe {
            if at.neighbours {
                F32x4::load(base.add(place(first)))
            } else {
                F32x4::gather(base, core::array::from_fn(|lane| place(first + lane)))
            }
        }
    }

    /// The samples of a panel's pixels at one tap; with `slopes` the weights lack the modulation, which those have.
    ///
    /// # Safety
    /// Offset and mask hold what their documentation says; pixels, group and tap exist.
    #[inline(never)]
    unsafe fn corners(
        &self,
        at: &Pixels,
        group: usize,
        tap: usize,
        corners: &mut Corners,
        mut slopes: Option<&mut Slopes>,
    ) {
        let [_, height, width] = &self.geometry.axes;
        let taps = self.geometry.taps();
        let channels = self.offset_groups * taps;
        let channel = group * taps + tap;
        let dy = F32x4::splat((tap / width.kernel * height.dilation) as f32);
        let dx = F32x4::splat((tap % width.kernel * width.dilation) as f32);
        let border = slopes.is_some();
        let (mut every, mut any) = (true, false);
        for half in 0..2 {
            // SAFETY: the caller's guarantee.
            let (y, x, modulation) = unsafe {
                let y = self.read(self.offset, 2 * channels, 2 * channel, at, half);
                let x = self.read(self.offset, 2 * channels, 2 * channel + 1, at, half);
                let modulation =
                    if self.mask.is_null() { ONE } else { self.read(self.mask, channels, channel, at, half) };
                (at.y[half].add(dy).add(y), at.x[half].add(dx).add(x), modulation)
            };
            let y = Position::new(y, height.input, border);
            let x = Position::new(x, width.input, border);
            let outside = y.outside.or(x.outside);
            let (rows, lines) = y.rows(height.input);
            let (columns, start) = x.columns(width.input);
            let images = [0, 1, 2, 3].map(|lane| (at.images[half * LANES + lane] * self.image) as i32);
            let start = start.add(I32x4::from_array(images));
            for (row, line) in lines.into_iter().enumerate() {
                let place = line.mul(I32x4::splat(width.input as i32)).add(start).to_array();
                for (lane, place) in place.into_iter().enumerate() {
                    corners.places[row][half * LANES + lane] = place as u32;
                }
                let keep = columns.present.map(|column| column.and(rows.present[row]));
                any |= keep[0].or(keep[1]).any();
                every &= all(keep[0].and(keep[1]));
                let (low, high) = keep[0].bits().as_f32().zip(keep[1].bits().as_f32());
                corners.keep[row][2 * half] = low.bits();
                corners.keep[row][2 * half + 1] = high.bits();
                let products = |row: F32x4, columns: [F32x4; 2], modulation: F32x4| {
                    columns.map(|column| outside.select(F32x4::ZERO, row.mul(column)).mul(modulation))
                };
                let own = if border { ONE } else { modulation };
                pairs(products(rows.weights[row], columns.weights, own), &mut corners.weights[row], half);
                if let Some(slopes) = &mut slopes {
                    let y = products(rows.slopes[row], columns.weights, modulation);
                    let x = products(rows.weights[row], columns.slopes, modulation);
                    pairs(y, &mut slopes.y[row], half);
                    pairs(x, &mut slopes.x[row], half);
                }
            }
        }
        corners.inside = match (any, every) {
            (false, _) => Inside::None,
            (_, false) => Inside::Some,
            _ => Inside::All,
        };
    }
}

/// The samples of a block of pixels, in scratch memory: `[offset group][panel][tap]`.
pub struct Table {
    corners: *mut Corners,
    /// Null where the offsets' gradients are not asked for.
    slopes: *mut Slopes,
    groups: Range<usize>,
    panels: usize,
    taps: usize,
}

impl Table {
    /// Bytes for so many samples of eight pixels.
    pub const fn bytes(samples: usize, slopes: bool) -> usize {
        samples * (size_of::<Corners>() + if slopes { size_of::<Slopes>() } else { 0 })
    }

    /// # Safety
    /// The memory has room for the samples, and is aligned as vectors are.
    pub unsafe fn new(
        memory: *mut u8,
        groups: Range<usize>,
        panels: usize,
        taps: usize,
        slopes: bool,
    ) -> Table {
        let corners: *mut Corners = memory.cast();
        let samples = groups.len() * panels * taps;
        let slopes = if slopes { corners.wrapping_add(samples).cast() } else { core::ptr::null_mut() };
        Table { corners, slopes, groups, panels, taps }
    }

    fn place(&self, group: usize, panel: usize, tap: usize) -> usize {
        ((group - self.groups.start) * self.panels + panel) * self.taps + tap
    }

    /// Finds the samples of panel `panel`, which are those of pixels `first..first + columns`.
    ///
    /// # Safety
    /// As [`Sampler::corners`]; the panel is one of the table's.
    pub unsafe fn fill(&self, sampler: &Sampler, panel: usize, first: usize, columns: usize) {
        let at = sampler.pixels(first, columns);
        for group in self.groups.clone() {
            for tap in 0..self.taps {
                let place = self.place(group, panel, tap);
                // SAFETY: the caller's guarantee; the table has room, and any bits are numbers.
                unsafe {
                    let slopes =
                        if self.slopes.is_null() { None } else { Some(&mut *self.slopes.add(place)) };
                    let corners = self.corners.add(place);
                    (&raw mut (*corners).inside).write(Inside::None);
                    sampler.corners(&at, group, tap, &mut *corners, slopes);
                }
            }
        }
    }

    /// # Safety
    /// The panel has been filled; group and tap are the table's.
    pub unsafe fn corners(&self, group: usize, panel: usize, tap: usize) -> &Corners {
        // SAFETY: the caller's guarantee.
        unsafe { &*self.corners.add(self.place(group, panel, tap)) }
    }

    /// # Safety
    /// As [`Table::corners`]; the table has slopes.
    pub unsafe fn slopes(&self, group: usize, panel: usize, tap: usize) -> &Slopes {
        // SAFETY: the caller's guarantee.
        unsafe { &*self.slopes.add(self.place(group, panel, tap)) }
    }
}
