//! CHOOSE: `y[i] = c[i] != 0 ? a[i] : b[i]`, where each of c, a and b steps or stays.
//!
//! Params: the dtype of c, count, the steps of c, a and b (1, or 0 for one element). Operands: c, a, b, y (which may be a
//! or b, where that steps).
//! NaN is not 0.

use super::dtype::{Dtype, RUN};
use super::sample::{Sample, ONE};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::ANY;

pub const ENTRIES: &[Entry] = &[Entry::new(
    "choose",
    "c, a, b -> y",
    ANY,
    decode,
    Sample::new(&[Dtype::F32 as u32, 37, 1, 1, 0], &[37, 37, 1, 37]).of(ANY).with(0, |i| {
        if i % 3 == 0 {
            ONE
        } else {
            0
        }
    }),
)];

struct Choose {
    dtype: Dtype,
    condition: Dtype,
    count: usize,
    steps: [usize; 3],
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (dtype, condition, count) = (params.dtype, params.dtype(), params.usize());
    let steps = [0; 3].map(|_: u32| usize::from(params.flag()));
    params.elements(&[count], dtype.bytes().max(condition.bytes()));
    params.check()?;
    Ok(Planned::new(Choose { dtype, condition, count, steps }))
}

impl Instruction for Choose {
    fn extents(&self) -> Extents {
        let [c, a, b] = self.steps.map(|step| if step == 0 { self.count.min(1) } else { self.count });
        let bytes = self.dtype.bytes();
        Extents::bytes(&[c * self.condition.bytes(), a * bytes, b * bytes, self.count * bytes])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.count);
        let dtypes = [self.condition, self.dtype, self.dtype];
        let mut lanes = [[0u32; RUN]; 3];
        for at in range.clone().step_by(RUN) {
            let n = RUN.min(range.end - at);
            for (i, lanes) in lanes.iter_mut().enumerate() {
                let step = self.steps[i];
                // SAFETY: the operand holds `count` elements, or one where it stays.
                unsafe {
                    dtypes[i].gather(
                        operands.pointer(i),
                        (at * step) as isize,
                        step as isize,
                        &mut lanes[..n],
                    );
                }
            }
            let [conditions, a, b] = &mut lanes;
            // The bit of a float's sign says nothing: -0 is 0.
            let mask = if self.condition == Dtype::F32 { !0 >> 1 } else { !0 };
            for ((a, &b), &c) in a.iter_mut().zip(&*b).zip(&*conditions) {
                *a = if c & mask != 0 { *a } else { b };
            }
            // SAFETY: y holds `count` elements; this part's range is written by no other part, and read before.
            unsafe { self.dtype.scatter(&a[..n], operands.pointer(3), at) };
        }
        Ok(())
    }
}
