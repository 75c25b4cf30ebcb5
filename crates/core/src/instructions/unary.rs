//! UNARY: `y[i] = act(x[i])`.
//!
//! Params: the function ([`Act`]), p0, p1, count. Operands: x, y (which may be the same memory).
//! The parameters are float32 bits for float32 and integers otherwise. Integers know none, relu, clip, abs and neg,
//! and wrap (abs and neg of the least one).

use super::activation::{Act, Activation};
use super::dtype::{map_runs, Dtype};
use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::{Code, Fault};
use crate::instructions::entry::ANY;

pub const ENTRIES: &[Entry] =
    &[Entry::new("unary", "x -> y", ANY, decode, Sample::new(&[5, 0, 0, 37], &[37, 37]))];

struct Floats {
    act: Activation,
    count: usize,
}

struct Integers {
    /// `y = sign ? |x| or -x : min(max(x, low), high)`.
    kind: IntegerKind,
    dtype: Dtype,
    count: usize,
}

#[derive(Clone, Copy)]
enum IntegerKind {
    Clamp(i32, i32),
    Abs,
    Neg,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (dtype, act) = (params.dtype, params.kind());
    let [p0, p1] = params.array();
    let count = params.usize();
    params.elements(&[count], dtype.bytes());
    params.check()?;
    let wrong = Fault::new(Code::BadInstruction, [act as i32, 0, 0]);
    if dtype == Dtype::F32 {
        let act = Activation::new(act, f32::from_bits(p0), f32::from_bits(p1))?;
        if act.needs_slope() {
            return Err(wrong);
        }
        return Ok(Planned::new(Floats { act, count }));
    }
    let kind = match act {
        Act::None => IntegerKind::Clamp(i32::MIN, i32::MAX),
        Act::Relu => IntegerKind::Clamp(0, i32::MAX),
        Act::Clip => IntegerKind::Clamp(p0 as i32, p1 as i32),
        Act::Abs => IntegerKind::Abs,
        Act::Neg => IntegerKind::Neg,
        _ => return Err(wrong),
    };
    Ok(Planned::new(Integers { kind, dtype, count }))
}

impl Instruction for Floats {
    fn extents(&self) -> Extents {
        Extents::words(&[self.count; 2])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.count);
        let x = operands.pointer::<f32>(0).cast_const();
        let y = operands.pointer::<f32>(1);
        // SAFETY: x and y hold `count` elements; this part's range is written by no other part, and an element is
        // read before it is written, should they be the same memory.
        unsafe { self.act.map(x.add(range.start), y.add(range.start), range.len()) };
        Ok(())
    }
}

impl Instruction for Integers {
    fn extents(&self) -> Extents {
        Extents::bytes(&[self.count * self.dtype.bytes(); 2])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (x, y) = (operands.pointer(0), operands.pointer(1));
        // SAFETY: x and y hold `count` elements; this part's range is written by no other part.
        unsafe {
            map_runs((self.dtype, x), (self.dtype, y), share.range(self.count), &|lanes| self.compute(lanes));
        }
        Ok(())
    }
}

impl Integers {
    fn compute(&self, lanes: &mut [u32]) {
        match self.kind {
            IntegerKind::Clamp(low, high) => {
                for lane in lanes {
                    *lane = (*lane as i32).max(low).min(high) as u32;
                }
            }
            IntegerKind::Abs => {
                for lane in lanes {
                    *lane = (*lane as i32).wrapping_abs() as u32;
                }
            }
            IntegerKind::Neg => {
                for lane in lanes {
                    *lane = lane.wrapping_neg();
                }
            }
        }
    }
}
