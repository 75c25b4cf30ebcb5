//! PICTURE: rows of a network's input out of rows of a picture: resized by weights of rows and columns, channels chosen,
//! scaled, laid out, written in their place in y.
//!
//! Params: width, channels (1 to 4) and rows of the piece x; of y height, width, and whether it is [height, width, count] (0, 1); left, top, width and
//! height of the rectangle in y that the picture fills; taps across and down (even); rows first (0, 1); whether the
//! first channel is to be the lightness of three (0, 1); how many channels y has and for each of four which of x's it is, 4 being
//! full bytes; pad; floats (0, 1), then factor and summand bits for each of
//! four.
//! Operands: x, bytes [rows, width, channels] with 16 more behind them; columns and rows, for each of the rectangle's the first
//! element (int32), then for each the weights (int16, 2^14 being 1), and where columns come first the next 8 bits of each; band (int32): the first row of y to make, how many, and
//! which row of the picture x begins with; y [count, height, width] or [height, width, count] of bytes or floats; scratch.
//!
//! Bilinear weights are none below 0, so rows can come first: sums of whole rows by vectors, kept with 7 more bits, then across
//! far fewer rows. Otherwise columns come first, cut to bytes, bit by bit
//! as Pillow has it. The shares are rows of y.

mod passes;

use super::dtype::Dtype;
use super::sample::{Sample, ONE};
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use passes::{across, down, down_to_bytes, floats, lighten, widen, Taps, SLACK};

pub const ENTRIES: &[Entry] = &[Entry::new(
    "picture",
    "x, columns, rows, band -> y; scratch",
    &[Dtype::U8],
    decode,
    Sample::new(
        &[6, 3, 5, 4, 4, 0, 1, 1, 3, 2, 2, 2, 1, 0, 3, 2, 1, 0, 3, 9, 1, ONE, 0, ONE, 0, ONE, 0, ONE, 0],
        &[27, 6, 4, 3, 48],
    )
    .of(&[Dtype::U8])
    .with(3, |at| [0, 4, 0][at]),
)];

/// Planes of a row in scratch memory: the picture's channels, and one of full bytes.
const PLANES: usize = 5;
const OPAQUE: usize = 4;
/// Bytes behind x.
const BEHIND: usize = 16;

struct Picture {
    width: usize,
    channels: usize,
    rows: usize,
    /// Of y.
    size: [usize; 2],
    interleaved: bool,
    /// Left, top, width, height.
    inner: [usize; 4],
    taps: [usize; 2],
    rows_first: bool,
    lightness: bool,
    count: usize,
    planes: [usize; 4],
    pad: u8,
    floats: bool,
    affine: [[f32; 2]; 4],
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let [width, channels, rows] = params.array().map(|size| size as usize);
    let size = params.array().map(|size| size as usize);
    let interleaved = params.flag();
    let inner = params.array().map(|size| size as usize);
    let taps = params.array().map(|size| size as usize);
    let (rows_first, lightness) = (params.flag(), params.flag());
    let count = params.below(5) as usize;
    let planes = core::array::from_fn(|_| params.below(PLANES as u32) as usize);
    let pad = params.below(256) as u8;
    let floats = params.flag();
    let affine = core::array::from_fn(|_| [params.f32(), params.f32()]);
    let [left, top, across, down] = inner;
    let fits = width >= 1 && (1..=4).contains(&channels) && count >= 1;
    let within = left.saturating_add(across) <= size[1] && top.saturating_add(down) <= size[0];
    if !fits || !within || taps.iter().any(|&taps| taps < 2 || taps % 2 != 0) || rows < taps[1] {
        params.refuse(rows as u32);
    }
    params.elements(&[rows, width, channels, 2], 4);
    params.elements(&[taps[0], across, 2], 4);
    params.elements(&[taps[1], down, 2], 4);
    params.elements(&[size[0], size[1], count], 4);
    params.elements(&[rows, across, PLANES], 4);
    params.check()?;
    let op = Picture {
        width,
        channels,
        rows,
        size,
        interleaved,
        inner,
        taps,
        rows_first,
        lightness,
        count,
        planes,
        pad,
        floats,
        affine,
    };
    Ok(Planned::new(op))
}

/// What one part computes with, in its scratch memory.
struct Room {
    /// 16-bit elements of one row of the picture, or of one that was made of several.
    line: *mut i16,
    /// A row of y as planes of bytes.
    row: *mut u8,
    /// The picture's rows as planes, resized across.
    resized: *mut u8,
}

impl Instruction for Picture {
    fn extents(&self) -> Extents {
        let [height, width] = self.size;
        // Of each weight where columns come first the next bits as well.
        let weight = if self.rows_first { 2 } else { 4 };
        let table = |index: usize| product(&[self.inner[2 + index], 4 + weight * self.taps[index]]);
        let x = product(&[self.rows, self.width, self.channels]).saturating_add(BEHIND);
        let y = product(&[height, width, self.count, if self.floats { 4 } else { 1 }]);
        Extents::bytes(&[x, table(0), table(1), 12, y])
    }

    fn scratch(&self) -> usize {
        self.line_bytes() + self.stride() * PLANES + self.resized_bytes()
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        // SAFETY: the operands are as this file says; scratch memory is this part's own.
        unsafe {
            let &[first, count, start] = operands.slice::<i32>(3, 3) else { return Ok(()) };
            let last = self.size[0].min(first.saturating_add(count).max(0) as usize);
            let first = (first.max(0) as usize).min(last);
            let own = operands.pointer::<u8>(5).add(self.scratch() * share.part);
            let row = own.add(self.line_bytes());
            let room = Room { line: own.cast(), row, resized: row.add(self.stride() * PLANES) };
            let columns = Taps::at(operands.pointer(1), self.inner[2], self.taps[0]);
            let rows = Taps::at(operands.pointer(2), self.inner[3], self.taps[1]);
            let range = share.range(last - first);
            let mut next = 0;
            for y in range.start + first..range.end + first {
                let inner = y.wrapping_sub(self.inner[1]);
                if inner < self.inner[3] {
                    let top =
                        ((rows.first(inner) - start as isize).max(0) as usize).min(self.rows - self.taps[1]);
                    let x = operands.pointer::<u8>(0);
                    let weights = rows.weights(inner);
                    if self.rows_first {
                        self.by_rows(x, top, weights, &columns, &room);
                    } else {
                        for line in next.max(top)..top + self.taps[1] {
                            self.by_columns(x, line, &columns, &room);
                        }
                        next = next.max(top + self.taps[1]);
                        self.mix_resized(top, (weights, rows.fine()), &room);
                    }
                    self.finish(room.row);
                } else {
                    core::slice::from_raw_parts_mut(room.row, self.stride() * PLANES).fill(self.pad);
                }
                self.write(room.row, operands.pointer(4), y);
            }
        }
        Ok(())
    }
}

impl Picture {
    /// Bytes of a plane of a row in scratch memory.
    fn stride(&self) -> usize {
        (self.size[1] + SLACK).next_multiple_of(64)
    }

    fn line_bytes(&self) -> usize {
        (((self.width + self.taps[0]) * self.channels + SLACK) * 2).next_multiple_of(64)
    }

    fn resized_bytes(&self) -> usize {
        if self.rows_first {
            0
        } else {
            self.resized_stride() * self.channels * self.rows
        }
    }

    fn resized_stride(&self) -> usize {
        (self.inner[2] + SLACK).next_multiple_of(64)
    }

    /// A row of y: rows of x mixed, then resized across.
    unsafe fn by_rows(&self, x: *const u8, top: usize, weights: *const i16, columns: &Taps, room: &Room) {
        let width = self.width * self.channels;
        // SAFETY: `top + taps` rows are in x; the line has room for a row and what is read behind it.
        unsafe {
            down(x.add(top * width), width, weights, self.taps[1], room.line, width);
            let into = room.row.add(self.inner[0]);
            self.across::<false>(columns, room.line, into, self.stride());
        }
    }

    /// A row of x, resized across.
    unsafe fn by_columns(&self, x: *const u8, line: usize, columns: &Taps, room: &Room) {
        let width = self.width * self.channels;
        // SAFETY: as above; there is a row of planes for each of x's.
        unsafe {
            widen(x.add(line * width), room.line, width);
            let stride = self.resized_stride();
            let into = room.resized.add(line * stride * self.channels);
            self.across::<true>(columns, room.line, into, stride);
        }
    }

    unsafe fn across<const FINE: bool>(
        &self,
        columns: &Taps,
        line: *const i16,
        into: *mut u8,
        stride: usize,
    ) {
        // What is read first lies within the line.
        let limit = self.width - 1;
        // SAFETY: the caller's guarantee.
        unsafe {
            match self.channels {
                1 => across::<1, FINE>(columns, limit, line, into, stride),
                2 => across::<2, FINE>(columns, limit, line, into, stride),
                3 => across::<3, FINE>(columns, limit, line, into, stride),
                _ => across::<4, FINE>(columns, limit, line, into, stride),
            }
        }
    }

    /// Resized rows mixed to a row of y.
    unsafe fn mix_resized(&self, top: usize, weights: (*const i16, usize), room: &Room) {
        let (from, into) = (self.resized_stride(), self.stride());
        let next = from * self.channels;
        for channel in 0..self.channels {
            // SAFETY: `top + taps` rows were resized; rows have room for whole vectors.
            unsafe {
                let rows = room.resized.add(top * next + channel * from);
                let to = room.row.add(channel * into + self.inner[0]);
                down_to_bytes(rows, next, weights, self.taps[1], to, self.inner[2]);
            }
        }
    }

    /// The row's other planes, and what is beside the picture.
    unsafe fn finish(&self, row: *mut u8) {
        let (stride, [left, _, across, _]) = (self.stride(), self.inner);
        // SAFETY: the row has PLANES planes of `stride` bytes.
        unsafe {
            let planes = core::slice::from_raw_parts_mut(row, stride * PLANES);
            planes[OPAQUE * stride..].fill(255);
            if self.lightness {
                lighten(row.add(left), stride, across);
            }
            if across < self.size[1] {
                for plane in planes.chunks_exact_mut(stride) {
                    plane[..left].fill(self.pad);
                    plane[left + across..].fill(self.pad);
                }
            }
        }
    }

    /// A row of planes to its place in y.
    unsafe fn write(&self, row: *const u8, y: *mut u8, at: usize) {
        let [height, width] = self.size;
        // SAFETY: y holds `count` channels of height * width; the planes have room for whole vectors.
        unsafe {
            let planes = self.planes.map(|plane| row.add(plane * self.stride()));
            let one_by_one = !self.interleaved || self.count == 1;
            if one_by_one {
                for (c, plane) in planes.into_iter().enumerate().take(self.count) {
                    let to = (c * height + at) * width;
                    if self.floats {
                        floats(plane, self.affine[c], y.cast::<f32>().add(to), width);
                    } else {
                        core::ptr::copy_nonoverlapping(plane, y.add(to), width);
                    }
                }
            } else if self.floats {
                let to = y.cast::<f32>().add(at * width * self.count);
                passes::pixels(planes, &self.affine, self.count, to, width);
            } else {
                for x in 0..width {
                    for (c, plane) in planes.into_iter().enumerate().take(self.count) {
                        *y.add((at * width + x) * self.count + c) = *plane.add(x);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::share::tests::run_in_two;
    use std::prelude::v1::*;
    use std::vec;

    /// A table of positions that are one element each; fine weights need as much behind them again.
    fn each(count: i32) -> Vec<i32> {
        let mut table: Vec<i32> = (0..count).collect();
        table.resize(3 * count as usize, 0);
        table[count as usize..2 * count as usize].fill(1 << 14);
        table
    }

    #[test]
    fn elements_that_are_one_each_stay_in_either_order_of_the_passes() {
        let bytes: Vec<u8> = (0..45).map(|i| (i * 37 % 256) as u8).collect();
        for rows_first in [true, false] {
            let problem = Picture {
                width: 5,
                channels: 3,
                rows: 4,
                size: [5, 7],
                interleaved: false,
                inner: [1, 1, 5, 3],
                taps: [2, 2],
                rows_first,
                lightness: false,
                count: 4,
                planes: [2, 1, 0, OPAQUE],
                pad: 9,
                floats: false,
                affine: [[1.0, 0.0]; 4],
            };
            let mut x = bytes.clone();
            x.resize(4 * 15 + 16, 77);
            let (mut columns, mut rows, mut band) = (each(5), each(3), [0, 5, 0]);
            let mut y = vec![0u8; 4 * 35];
            let mut scratch = vec![0u8; 2 * problem.scratch()];
            let addresses = [
                x.as_mut_ptr(),
                columns.as_mut_ptr().cast(),
                rows.as_mut_ptr().cast(),
                band.as_mut_ptr().cast::<u8>(),
                y.as_mut_ptr(),
                scratch.as_mut_ptr(),
            ];
            run_in_two(&problem, &addresses).unwrap();
            for (i, &byte) in y.iter().enumerate() {
                let (plane, at) = (i / 35, [i % 35 / 7, i % 7]);
                let inside = (1..4).contains(&at[0]) && (1..6).contains(&at[1]);
                let place = inside.then(|| (at[0] - 1) * 15 + (at[1] - 1) * 3);
                let expected = match (place, plane) {
                    (None, _) => 9,
                    (_, 3) => 255,
                    (Some(place), _) => bytes[place + 2 - plane],
                };
                assert_eq!(byte, expected, "{rows_first}, plane {plane}, {at:?}");
            }
        }
    }
}
