//! AFFINE: `y[n, c, i] = max((x[n, c, i] - center[c]) * scale[c] + shift[c] + residual[n, c, i], low)`.
//!
//! Params: n, c, inner, low. Operands: x, center? [c], scale [c], shift? [c], residual?, y (which may be x). NaN stays.

use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] = &[Entry::new(
    "affine",
    "x, center?, scale, shift?, residual? -> y",
    FLOAT,
    decode,
    Sample::new(&[2, 3, 7, 0], &[42, 3, 3, 0, 42, 42]),
)];

struct Affine {
    channels: usize,
    inner: usize,
    count: usize,
    low: f32,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let [n, channels, inner] = params.array().map(|word| word as usize);
    let low = params.f32();
    let count = params.elements(&[n, channels, inner], 4);
    params.check()?;
    Ok(Planned::new(Affine { channels, inner, count, low }))
}

impl Instruction for Affine {
    fn extents(&self) -> Extents {
        let Affine { channels, count, .. } = *self;
        Extents::words(&[count, channels, channels, channels, count, count])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.count);
        let x = operands.pointer::<f32>(0).cast_const();
        let [centers, scales, shifts, residual, y] =
            [1, 2, 3, 4, 5].map(|index| operands.pointer::<f32>(index));
        let low = F32x4::splat(self.low);
        let mut i = range.start;
        while i < range.end {
            let row = i / self.inner;
            let end = range.end.min((row + 1) * self.inner);
            let c = row % self.channels;
            // SAFETY: x and y hold `count` elements, the parts of the map one per channel; this part's range is
            // written by no other part.
            unsafe {
                let of = |parts: *mut f32| {
                    if parts.is_null() {
                        F32x4::ZERO
                    } else {
                        F32x4::load_splat(parts.add(c))
                    }
                };
                let (center, scale, shift) = (of(centers), of(scales), of(shifts));
                let map = |v: F32x4| v.sub(center).mul_add_exact(scale, shift);
                if residual.is_null() {
                    while i + LANES <= end {
                        map(F32x4::load(x.add(i))).pmax(low).store(y.add(i));
                        i += LANES;
                    }
                } else {
                    while i + LANES <= end {
                        let v = map(F32x4::load(x.add(i))).add(F32x4::load(residual.add(i)));
                        v.pmax(low).store(y.add(i));
                        i += LANES;
                    }
                }
                if i < end {
                    let rest = end - i;
                    let mut v = map(F32x4::load_partial(x.add(i), rest));
                    if !residual.is_null() {
                        v = v.add(F32x4::load_partial(residual.add(i), rest));
                    }
                    v.pmax(low).store_partial(y.add(i), rest);
                    i = end;
                }
            }
        }
        Ok(())
    }
}
