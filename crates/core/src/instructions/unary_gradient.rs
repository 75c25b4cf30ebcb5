//! UNARY_GRADIENT: `dx[i] = dy[i] * act'(x[i])`, from the function's input or from its output, whichever says more.
//!
//! Params: the function ([`super::activation::Act`]), p0, p1, count. Operands: dy, v, dx (which may be the memory of
//! either). Which of them `v` is says [`Derivative`].

use super::activation::Derivative;
use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] =
    &[Entry::new("unary gradient", "dy, v -> dx", FLOAT, decode, Sample::new(&[5, 0, 0, 37], &[37, 37, 37]))];

struct UnaryGradient {
    derivative: Derivative,
    count: usize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (act, p0, p1, count) = (params.kind(), params.f32(), params.f32(), params.usize());
    params.elements(&[count], 4);
    params.check()?;
    Ok(Planned::new(UnaryGradient { derivative: Derivative::new(act, p0, p1)?, count }))
}

impl Instruction for UnaryGradient {
    fn extents(&self) -> Extents {
        Extents::words(&[self.count; 3])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.count);
        let (dy, v) = (operands.pointer::<f32>(0).cast_const(), operands.pointer::<f32>(1).cast_const());
        let dx = operands.pointer::<f32>(2);
        let mut i = range.start;
        // SAFETY: all three hold `count` elements; this part's range is written by no other part, and an element is
        // read before it is written, should they be the same memory.
        unsafe {
            while i + LANES <= range.end {
                self.derivative.apply(F32x4::load(dy.add(i)), F32x4::load(v.add(i))).store(dx.add(i));
                i += LANES;
            }
            if i < range.end {
                let rest = range.end - i;
                let (dy, v) = (F32x4::load_partial(dy.add(i), rest), F32x4::load_partial(v.add(i), rest));
                self.derivative.apply_called(dy, v).store_partial(dx.add(i), rest);
            }
        }
        Ok(())
    }
}
