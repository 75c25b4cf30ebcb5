//! VP8, what a lossy WebP file holds: one key frame (RFC 6386). Blocks of 16x16 pixels are predicted from their neighbours and
//! corrected by coefficients, then all edges between blocks are smoothed.
//!
//! image-webp decodes this as well, at half the pace: it smooths edges pixel by pixel. Here it does what this does not: alpha,
//! animations and lossless files. The pixels are the same.

mod bits;
mod filter;
mod lanes;
mod plane;
mod predict;
mod residual;
mod rgb;
mod tables;

use crate::picture::{check_size, zeros, Fault, Picture};
use bits::Bits;
use filter::{Strength, Wanted};
use plane::Plane;
use residual::{Probabilities, CHROMA, LUMA, MEANS, WITHOUT_MEANS};
use tables::{BLOCK_MODES, MEAN_STEPS, STEPS};

/// Blocks of a frame along both axes.
#[derive(Clone, Copy)]
struct Blocks {
    across: usize,
    down: usize,
}

/// The steps of luma's, its means' and chroma's coefficients: [of the mean, of all others].
#[derive(Clone, Copy, Default)]
struct Steps {
    luma: [i16; 2],
    means: [i16; 2],
    chroma: [i16; 2],
}

/// What a frame's header says.
struct Header {
    /// The forks of the segments' tree, where blocks say which segment is theirs.
    segments: Option<[u8; 3]>,
    steps: [Steps; 4],
    /// By segment, and whether a block is predicted by small blocks.
    strengths: [[Strength; 2]; 4],
    is_simple: bool,
    coefficients: Box<Probabilities>,
    /// How likely a block has none, where blocks say so.
    skips: Option<u8>,
}

/// A frame's bytes to pixels of three bytes. `size` is the one that its file announces.
pub fn decode(bytes: &[u8], size: (usize, usize), max_pixels: u64) -> Result<Picture, Fault> {
    let [a, b, c, 0x9D, 0x01, 0x2A, ref rest @ ..] = *bytes else {
        return Err(if bytes.len() < 10 { Fault::EndsEarly } else { Fault::Damaged });
    };
    let tag = u32::from_le_bytes([a, b, c, 0]);
    let [wide_low, wide_high, high_low, high_high, ref rest @ ..] = *rest else {
        return Err(Fault::EndsEarly);
    };
    let width = usize::from(u16::from_le_bytes([wide_low, wide_high]) & 0x3FFF);
    let height = usize::from(u16::from_le_bytes([high_low, high_high]) & 0x3FFF);
    check_size(width, height, max_pixels)?;
    if tag & 1 == 1 || (width, height) != size {
        return Err(Fault::Damaged);
    }
    let (first, rest) = rest.split_at_checked((tag >> 5) as usize).ok_or(Fault::EndsEarly)?;
    let mut bits = Bits::new(first);
    let (header, partitions) = read_header(&mut bits, rest)?;
    let frame = Frame::new(width, height, max_pixels)?;
    frame.decode(bits, &header, partitions, width, height, max_pixels)
}

fn read_header<'a>(bits: &mut Bits, rest: &'a [u8]) -> Result<(Header, Vec<Bits<'a>>), Fault> {
    bits.literal(2); // colour space, and whether sums are known to be bytes
    let mut segments = None;
    let mut is_absolute = true;
    let (mut quantisers, mut levels) = ([0; 4], [0; 4]);
    let has_segments = bits.flag();
    if has_segments {
        let has_map = bits.flag();
        if bits.flag() {
            is_absolute = bits.flag();
            quantisers = [(); 4].map(|()| bits.optional(7));
            levels = [(); 4].map(|()| bits.optional(6));
        }
        if has_map {
            segments = Some([(); 3].map(|()| if bits.flag() { bits.literal(8) as u8 } else { 255 }));
        }
    }
    let is_simple = bits.flag();
    let level = bits.literal(6);
    let sharpness = bits.literal(3);
    let mut change = [0; 2]; // of a key frame's blocks, and of those of small blocks
    if bits.flag() && bits.flag() {
        let changes = [(); 8].map(|()| bits.optional(6));
        change = [changes[0], changes[0] + changes[4]];
    }
    let count = 1 << bits.literal(2);
    let base = bits.literal(7);
    let changes = [(); 5].map(|()| bits.optional(4));
    bits.flag(); // whether later frames go on with the probabilities
    let coefficients = Box::new(residual::probabilities(bits));
    let skips = if bits.flag() { Some(bits.literal(8) as u8) } else { None };
    bits.check()?;
    let own = |own: i32, all: i32| if has_segments && is_absolute { own } else { own + all };
    let header = Header {
        segments,
        steps: quantisers.map(|one| steps_of(own(one, base), changes)),
        strengths: levels.map(|one| {
            change.map(|change| {
                let is_off = level == 0;
                strength_of(if is_off { 0 } else { own(one, level) + change }, sharpness)
            })
        }),
        is_simple,
        coefficients,
        skips,
    };
    Ok((header, partitions(rest, count)?))
}

fn steps_of(quantiser: i32, [luma, means, means_rest, chroma, chroma_rest]: [i32; 5]) -> Steps {
    let mean = |change: i32, most: i32| i16::from(MEAN_STEPS[(quantiser + change).clamp(0, most) as usize]);
    let rest = |change: i32| STEPS[(quantiser + change).clamp(0, 127) as usize] as i32;
    Steps {
        luma: [mean(luma, 127), rest(0) as i16],
        means: [2 * mean(means, 127), (rest(means_rest) * 155 / 100).max(8) as i16],
        chroma: [mean(chroma, 117), rest(chroma_rest) as i16],
    }
}

fn strength_of(level: i32, sharpness: i32) -> Strength {
    let level = level.clamp(0, 63);
    if level == 0 {
        return Strength::default();
    }
    let mut interior = level >> (i32::from(sharpness > 0) + i32::from(sharpness > 4));
    if sharpness > 0 {
        interior = interior.min(9 - sharpness);
    }
    let interior = interior.max(1);
    let variance = u8::from(level >= 15) + u8::from(level >= 40);
    Strength { limit: (2 * level + interior) as u8, interior: interior as u8, variance }
}

/// The parts that hold coefficients, of every `count`th row of blocks each.
fn partitions(rest: &[u8], count: usize) -> Result<Vec<Bits<'_>>, Fault> {
    let (sizes, mut rest) = rest.split_at_checked(3 * (count - 1)).ok_or(Fault::EndsEarly)?;
    let mut all = Vec::with_capacity(count);
    for &[a, b, c] in sizes.as_chunks::<3>().0 {
        let (part, behind) =
            rest.split_at_checked(u32::from_le_bytes([a, b, c, 0]) as usize).ok_or(Fault::EndsEarly)?;
        all.push(Bits::new(part));
        rest = behind;
    }
    all.push(Bits::new(rest));
    Ok(all)
}

/// What is known of the blocks above, or to the left.
#[derive(Clone, Copy, Default)]
struct Beside {
    modes: [u8; 4],
    /// Which of the blocks at the edge have coefficients: four of luma, two of each chroma, the means.
    has: [bool; 9],
}

struct Frame {
    blocks: Blocks,
    luma: Plane,
    chroma: [Plane; 2],
    above: Vec<Beside>,
    wanted: Vec<Wanted>,
}

/// How a block is predicted.
struct Modes {
    segment: usize,
    skipped: bool,
    /// One for the whole block, or of each small block.
    luma: Result<u8, [u8; 16]>,
    chroma: u8,
}

impl Frame {
    fn new(width: usize, height: usize, max_pixels: u64) -> Result<Self, Fault> {
        check_size(width, height, max_pixels)?;
        let blocks = Blocks { across: width.div_ceil(16), down: height.div_ceil(16) };
        let plane = |side: usize| {
            let (wide, high) = (blocks.across * side, blocks.down * side);
            zeros(Plane::size_of(wide, high)).map(|bytes| Plane::new(wide, high, bytes))
        };
        Ok(Frame {
            blocks,
            luma: plane(16)?,
            chroma: [plane(8)?, plane(8)?],
            above: vec![Beside::default(); blocks.across],
            wanted: vec![Wanted::default(); blocks.across * blocks.down],
        })
    }

    fn decode(
        mut self,
        mut bits: Bits,
        header: &Header,
        mut partitions: Vec<Bits>,
        width: usize,
        height: usize,
        max_pixels: u64,
    ) -> Result<Picture, Fault> {
        let Blocks { across, down } = self.blocks;
        let count = partitions.len();
        for y in 0..down {
            let part = &mut partitions[y % count];
            let mut left = Beside::default();
            for x in 0..across {
                let modes = read_modes(&mut bits, header, &mut self.above[x].modes, &mut left.modes);
                let has_any = self.block(part, header, (x, y), &modes, &mut left.has);
                self.wanted[y * across + x] = Wanted {
                    strength: header.strengths[modes.segment][usize::from(modes.luma.is_err())],
                    inside: has_any || modes.luma.is_err(),
                };
            }
            bits.check()?;
            part.check()?;
            // Beyond the last column, what is above the next row is as its last pixel.
            let end = self.luma.place(16 * across, 16 * y + 15);
            let last = self.luma.bytes[end - 1];
            self.luma.set(end, [last; 4]);
        }
        for y in 0..down {
            for x in 0..across {
                let wanted = self.wanted[y * across + x];
                filter::block(&mut self.luma, &mut self.chroma, (x, y), wanted, header.is_simple);
            }
        }
        let mut picture = crate::picture::blank(width, height, 3, max_pixels)?;
        rgb::fill(&mut picture.data, width, &self.luma, &self.chroma);
        Ok(picture)
    }

    /// Predicts a block and adds its coefficients; gives whether there are any.
    fn block(
        &mut self,
        bits: &mut Bits,
        header: &Header,
        (x, y): (usize, usize),
        modes: &Modes,
        left: &mut [bool; 9],
    ) -> bool {
        let steps = &header.steps[modes.segment];
        let above = &mut self.above[x].has;
        let (is_below, is_right) = (y > 0, x > 0);
        let at = self.luma.place(16 * x, 16 * y);
        let stride = self.luma.stride;
        let right: [u8; 4] = self.luma.row(at + 16 - stride);
        let mut means = [0; 16];
        let mut has_any = false;
        let (kind, first) = if modes.luma.is_ok() { (WITHOUT_MEANS, 1) } else { (LUMA, 0) };
        let mut read = |kind: usize, context: usize, steps, first, block: &mut [i16; 16]| {
            residual::coefficients(bits, &header.coefficients[kind], context, steps, first, block)
        };
        if modes.skipped {
            // The means of small blocks stand in no place of their own.
            let kept = if modes.luma.is_ok() { 9 } else { 8 };
            above[..kept].fill(false);
            left[..kept].fill(false);
        }
        if let Ok(mode) = modes.luma {
            predict::whole::<16>(&mut self.luma, at, mode, is_below, is_right);
            if !modes.skipped {
                let mut block = [0; 16];
                let context = usize::from(above[8]) + usize::from(left[8]);
                let has = read(MEANS, context, steps.means, 0, &mut block) > 0;
                (above[8], left[8]) = (has, has);
                if has {
                    means = residual::means(&block);
                }
            }
        }
        for i in 0..16 {
            let (column, row) = (i % 4, i / 4);
            let place = at + 4 * row * stride + 4 * column;
            if let Err(small) = modes.luma {
                let right = if column == 3 { right } else { self.luma.row(place + 4 - stride) };
                predict::small(&mut self.luma, place, small[i], right);
            }
            if modes.skipped {
                continue;
            }
            let mut block = [0; 16];
            block[0] = means[i];
            let context = usize::from(above[column]) + usize::from(left[row]);
            let count = read(kind, context, steps.luma, first, &mut block);
            (above[column], left[row]) = (count > first, count > first);
            if count > first || block[0] != 0 {
                has_any = true;
                residual::add(&mut self.luma, place, &block, count);
            }
        }
        let at = self.chroma[0].place(8 * x, 8 * y);
        for (plane, beside) in self.chroma.iter_mut().zip([4, 6]) {
            predict::whole::<8>(plane, at, modes.chroma, is_below, is_right);
            for i in 0..if modes.skipped { 0 } else { 4 } {
                let (column, row) = (beside + i % 2, beside + i / 2);
                let mut block = [0; 16];
                let context = usize::from(above[column]) + usize::from(left[row]);
                let count = read(CHROMA, context, steps.chroma, 0, &mut block);
                (above[column], left[row]) = (count > 0, count > 0);
                if count > 0 {
                    has_any = true;
                    residual::add(plane, at + 4 * (i / 2) * plane.stride + 4 * (i % 2), &block, count);
                }
            }
        }
        has_any
    }
}

/// The forks of a small block's mode: a mode below 0, or the next fork (RFC 6386, section 11.2).
const SMALL_MODES: [[i8; 2]; 9] =
    [[0, 1], [-1, 2], [-2, 3], [4, 6], [-3, 5], [-5, -6], [-4, 7], [-7, 8], [-8, -9]];

fn read_modes(bits: &mut Bits, header: &Header, above: &mut [u8; 4], left: &mut [u8; 4]) -> Modes {
    let segment = header.segments.map_or(0, |[fork, low, high]| {
        if bits.bit(fork) {
            2 + usize::from(bits.bit(high))
        } else {
            usize::from(bits.bit(low))
        }
    });
    let skipped = header.skips.is_some_and(|probability| bits.bit(probability));
    let luma = if bits.bit(145) {
        let [low, high] = if bits.bit(156) {
            [predict::HORIZONTAL, predict::TRUE_MOTION]
        } else {
            [predict::DC, predict::VERTICAL]
        };
        let mode = if bits.bit(if low == predict::DC { 163 } else { 128 }) { high } else { low };
        (*above, *left) = ([mode; 4], [mode; 4]);
        Ok(mode)
    } else {
        let mut modes = [0; 16];
        for (i, mode) in modes.iter_mut().enumerate() {
            let (above, left) = (&mut above[i % 4], &mut left[i / 4]);
            let first = (usize::from(*above) * 10 + usize::from(*left)) * 9;
            let forks = &BLOCK_MODES[first..][..9];
            let mut fork = 0;
            *mode = loop {
                let next = SMALL_MODES[fork][usize::from(bits.bit(forks[fork]))];
                if next <= 0 {
                    break next.unsigned_abs();
                }
                fork = next as usize;
            };
            (*above, *left) = (*mode, *mode);
        }
        Err(modes)
    };
    let chroma = if !bits.bit(142) {
        predict::DC
    } else if !bits.bit(114) {
        predict::VERTICAL
    } else if bits.bit(183) {
        predict::TRUE_MOTION
    } else {
        predict::HORIZONTAL
    };
    Modes { segment, skipped, luma, chroma }
}
