//! AFFINE: `y[n, c, i] = (x[n, c, i] - center[c]) * scale[c] + shift[c]`.
//!
//! Params: n, c, inner. Operands: x, center? [c], scale [c], shift? [c], y (which may be x).

use super::sample::Sample;
use super::{Entry, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] = &[Entry::new(
    "affine",
    "x, center?, scale, shift? -> y",
    FLOAT,
    decode,
    Sample::new(&[2, 3, 7], &[42, 3, 3, 0, 42]),
)];

struct Affine {
    channels: usize,
    inner: usize,
    count: usize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let [n, channels, inner] = params.array().map(|word| word as usize);
    let count = params.elements(&[n, channels, inner], 4);
    params.check()?;
    Ok(Planned::new(Affine { channels, inner, count }))
}

impl Instruction for Affine {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.count);
        let x = operands.pointer::<f32>(0).cast_const();
        let [centers, scales, shifts, y] = [1, 2, 3, 4].map(|index| operands.pointer::<f32>(index));
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
                while i + LANES <= end {
                    F32x4::load(x.add(i)).sub(center).mul_add_exact(scale, shift).store(y.add(i));
                    i += LANES;
                }
                if i < end {
                    let v = F32x4::load_partial(x.add(i), end - i);
                    v.sub(center).mul_add_exact(scale, shift).store_partial(y.add(i), end - i);
                    i = end;
                }
            }
        }
        Ok(())
    }
}
