//! COPY: `destination[o1 + sum i_d t_d] = source[o0 + sum i_d s_d]` over up to eight axes of strides s and t.
//!
//! Params: rank, per axis (size, source stride, destination stride), source offset, destination offset (elements).
//! Operands: source, destination (apart from each other).
//!
//! Axes are sorted by the destination's strides and merged. Then rows are copied: whole where both step by 1, element
//! by element otherwise. Where the destination steps by 1 along one axis and the source along another (permutations),
//! blocks of 4 x 4 are transposed in registers.

use super::sample::Sample;
use super::walk::{Walk, WalkAxis};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::ANY;
use crate::simd::F32x4;

pub const ENTRIES: &[Entry] = &[Entry::new(
    "copy",
    "x -> y",
    ANY,
    decode,
    Sample::new(&[2, 5, 1, 6, 6, 5, 1, 0, 0], &[30, 30]).of(ANY),
)];

/// Source elements that a transposing strip is wide: a cache line, read whole before it is evicted.
const STRIP: usize = 16;

/// Rows of fewer elements are no rows to walk along.
const SHORT: usize = 8;

struct Rows {
    bytes: usize,
    walk: Walk,
    offsets: [isize; 2],
}

struct Transposed {
    /// All axes but these two.
    walk: Walk,
    /// Steps by 1 in the source.
    from: WalkAxis,
    /// Steps by 1 in the destination.
    to: WalkAxis,
    offsets: [isize; 2],
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let bytes = params.dtype.bytes();
    let mut walk = Walk::decode(params, bytes)?;
    let offsets = Walk::offsets(params, bytes)?;
    walk.sort(1);
    walk.merge();
    let axes = walk.axes();
    let to = axes.len().wrapping_sub(1);
    let is_row = |axis: &WalkAxis| axis.strides[1] == 1 && axis.size >= 4;
    let from = axes.iter().position(|axis| axis.strides[0] == 1 && axis.size >= 4);
    match from {
        Some(from) if bytes == 4 && from != to && is_row(&axes[to]) => {
            let to = walk.remove(to);
            let from = walk.remove(from);
            Ok(Planned::new(Transposed { walk, from, to, offsets }))
        }
        _ => {
            // A short row costs more than it copies: the axis before it, where that is longer, is the row.
            let rank = axes.len();
            if rank > 1 && axes[to].size < SHORT && axes[to].size < axes[to - 1].size {
                let row = walk.remove(rank - 2);
                walk.push(row);
            }
            Ok(Planned::new(Rows { bytes, walk, offsets }))
        }
    }
}

impl Instruction for Rows {
    fn extents(&self) -> Extents {
        Extents::bytes(&self.walk.extents(self.offsets, self.bytes))
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.walk.count);
        let [from, to] = self.offsets;
        // SAFETY: source and destination hold all that the walk reaches, each element of the destination is reached
        // once, and this part's elements are written by no other part.
        unsafe {
            if self.bytes == 1 {
                let source = operands.pointer::<u8>(0).offset(from);
                copy_rows(&self.walk, range, source, operands.pointer::<u8>(1).offset(to));
            } else {
                let source = operands.pointer::<u32>(0).offset(from);
                copy_rows(&self.walk, range, source, operands.pointer::<u32>(1).offset(to));
            }
        }
        Ok(())
    }
}

/// # Safety
/// Both operands hold what the walk reaches for the numbers in `range`.
unsafe fn copy_rows<T: Copy>(
    walk: &Walk,
    range: core::ops::Range<usize>,
    source: *const T,
    destination: *mut T,
) {
    let [step, stride] = walk.row().strides;
    for ([from, to], len) in walk.pieces(range) {
        // SAFETY: the caller's guarantee.
        unsafe {
            let (source, destination) = (source.offset(from), destination.offset(to));
            if stride == 1 && step == 1 {
                source.copy_to_nonoverlapping(destination, len);
            } else if stride == 1 && step == 0 {
                core::slice::from_raw_parts_mut(destination, len).fill(*source);
            } else {
                let mut done = 0;
                if size_of::<T>() == 4 && stride == 1 && step > 0 {
                    let lanes = [0, 1, 2, 3].map(|lane| lane * step as usize);
                    while done + 4 <= len {
                        let from = source.offset(done as isize * step).cast::<f32>();
                        F32x4::gather(from, lanes).store(destination.add(done).cast());
                        done += 4;
                    }
                }
                let (mut from, mut to) = (done as isize * step, done as isize * stride);
                for _ in done..len {
                    *destination.offset(to) = *source.offset(from);
                    from += step;
                    to += stride;
                }
            }
        }
    }
}

impl Instruction for Transposed {
    fn extents(&self) -> Extents {
        let mut whole = self.walk;
        whole.push(self.from);
        whole.push(self.to);
        Extents::bytes(&whole.extents(self.offsets, 4))
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let strips = self.from.size.div_ceil(STRIP);
        let items = share.range(self.walk.count * strips);
        let source = operands.pointer::<f32>(0).cast_const();
        let destination = operands.pointer::<f32>(1);
        if items.is_empty() {
            return Ok(());
        }
        let row = self.walk.row().strides;
        let mut strip = items.start % strips;
        let mut left = items.len();
        for (mut offsets, planes) in self.walk.pieces(items.start / strips..items.end.div_ceil(strips)) {
            for _ in 0..planes {
                while strip < strips && left > 0 {
                    let first = strip * STRIP;
                    let from = self.offsets[0] + offsets[0] + first as isize;
                    let to = self.offsets[1] + offsets[1] + first as isize * self.from.strides[1];
                    let width = STRIP.min(self.from.size - first);
                    // SAFETY: source and destination hold all that the walk reaches; this part's strips are
                    // written by no other part.
                    unsafe { self.strip(source.offset(from), destination.offset(to), width) };
                    strip += 1;
                    left -= 1;
                }
                strip = 0;
                offsets = [offsets[0] + row[0], offsets[1] + row[1]];
            }
        }
        Ok(())
    }
}

impl Transposed {
    /// # Safety
    /// `width` columns of the plane lie at `source` and at `destination`.
    unsafe fn strip(&self, source: *const f32, destination: *mut f32, width: usize) {
        let (step, stride) = (self.to.strides[0], self.from.strides[1]);
        let blocks = self.to.size / 4 * 4;
        // SAFETY: `i < width` and `j < to.size` name elements of the plane.
        unsafe {
            for j in (0..blocks).step_by(4) {
                let source = source.offset(j as isize * step);
                let destination = destination.add(j);
                for i in (0..width / 4 * 4).step_by(4) {
                    let row = |r: isize| F32x4::load(source.offset(r * step).add(i));
                    let columns = F32x4::transpose([row(0), row(1), row(2), row(3)]);
                    for (c, column) in columns.iter().enumerate() {
                        column.store(destination.offset((i + c) as isize * stride));
                    }
                }
            }
            // Elements of other types than float32 come by here too: their bits are moved, not their values.
            let (source, destination) = (source.cast::<u32>(), destination.cast::<u32>());
            for i in 0..width {
                let first = if i < width / 4 * 4 { blocks } else { 0 };
                for j in first..self.to.size {
                    *destination.offset(i as isize * stride).add(j) =
                        *source.offset(j as isize * step).add(i);
                }
            }
        }
    }
}
