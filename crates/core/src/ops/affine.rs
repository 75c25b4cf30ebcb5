//! AFFINE: `y[n, c, i] = x[n, c, i] * scale[c] + shift[c]`.
//!
//! Params: n, c, inner. Operands: x, scale [c], shift [c], y (which may be x).

use super::{Entry, Operands, Operator, Params, Share};
use crate::fault::Fault;
use crate::geometry::elements;
use crate::simd::{F32x4, LANES};
use alloc::boxed::Box;

pub const ENTRY: Entry = Entry { opcode: 8, name: "affine", operands: 4, optional: 0, decode };

struct Affine {
    channels: usize,
    inner: usize,
    count: usize,
}

fn decode(params: &mut Params) -> Result<Box<dyn Operator>, Fault> {
    let [n, channels, inner] = params.array()?.map(|word| word as usize);
    let count = elements(&[n, channels, inner], 4)?;
    Ok(Box::new(Affine { channels, inner, count }))
}

impl Operator for Affine {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.count);
        let x = operands.pointer::<f32>(0).cast_const();
        let (scales, shifts) = (operands.pointer::<f32>(1), operands.pointer::<f32>(2));
        let y = operands.pointer::<f32>(3);
        let mut i = range.start;
        while i < range.end {
            let row = i / self.inner;
            let end = range.end.min((row + 1) * self.inner);
            let c = row % self.channels;
            // SAFETY: x and y hold `count` elements, scale and shift one per channel; this part's range is
            // written by no other part.
            unsafe {
                let (scale, shift) = (F32x4::load_splat(scales.add(c)), F32x4::load_splat(shifts.add(c)));
                while i + LANES <= end {
                    F32x4::load(x.add(i)).mul_add_exact(scale, shift).store(y.add(i));
                    i += LANES;
                }
                if i < end {
                    let v = F32x4::load_partial(x.add(i), end - i);
                    v.mul_add_exact(scale, shift).store_partial(y.add(i), end - i);
                    i = end;
                }
            }
        }
        Ok(())
    }
}
