//! CAST: the same values with another dtype.
//!
//! Params: the dtype of y, count. Operands: x, y (which may be x when the elements have the same size).
//! Floats are truncated and saturate, NaN gives 0; integers wrap to 8 bits.

use super::dtype::{map_runs, Dtype};
use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::ANY;
use crate::simd::{F32x4, I32x4, LANES};

pub const ENTRIES: &[Entry] =
    &[Entry::new("cast", "x -> y", ANY, decode, Sample::new(&[Dtype::I32 as u32, 37], &[37, 37]).of(ANY))];

struct Cast {
    from: Dtype,
    to: Dtype,
    count: usize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (from, to, count) = (params.dtype, params.dtype(), params.usize());
    params.elements(&[count], from.bytes().max(to.bytes()));
    params.check()?;
    Ok(Planned::new(Cast { from, to, count }))
}

impl Instruction for Cast {
    fn extents(&self) -> Extents {
        Extents::bytes(&[self.from, self.to].map(|dtype| self.count * dtype.bytes()))
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (x, y) = (operands.pointer(0), operands.pointer(1));
        // SAFETY: x and y hold `count` elements; this part's range is written by no other part.
        unsafe {
            map_runs((self.from, x), (self.to, y), share.range(self.count), &|lanes| self.convert(lanes))
        };
        Ok(())
    }
}

impl Cast {
    fn convert(&self, lanes: &mut [u32]) {
        match (self.from, self.to) {
            (Dtype::F32, Dtype::F32) => {}
            (Dtype::F32, to) => {
                let (low, high) = match to {
                    Dtype::U8 => (0, 255),
                    Dtype::I8 => (-128, 127),
                    Dtype::F32 | Dtype::I32 => (i32::MIN, i32::MAX),
                };
                let (low, high) = (I32x4::splat(low), I32x4::splat(high));
                vectors(lanes, |v| v.to_i32().max(low).min(high).as_f32());
            }
            (_, Dtype::F32) => vectors(lanes, |v| v.bits().to_f32()),
            _ => {}
        }
    }
}

#[inline(always)]
fn vectors(lanes: &mut [u32], change: impl Fn(F32x4) -> F32x4) {
    for vector in lanes.chunks_exact_mut(LANES) {
        let at = vector.as_mut_ptr().cast();
        // SAFETY: the piece is a vector.
        unsafe { change(F32x4::load(at)).store(at) }
    }
}
