//! COMPARE: `y[i] = a[walk] op b[walk]`, 0 or 1 in bytes, with broadcasting by strides; y is contiguous.
//!
//! Params: kind ([`Kind`]), rank, per axis (size, a stride, b stride). Operands: a, b, y (of bytes; it is neither of them).
//! Nothing is equal to NaN, above or below it; what is not 0 is true, NaN too.

use super::dtype::{Dtype, RUN};
use super::sample::Sample;
use super::walk::Walk;
use super::{Entry, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::instructions::entry::ANY;

pub const ENTRIES: &[Entry] = &[Entry::new(
    "compare",
    "a, b -> y",
    ANY,
    decode,
    Sample::new(&[2, 2, 5, 7, 0, 7, 1, 1], &[35, 7, 9]).of(ANY),
)];

enumeration! {
    /// What is asked of two numbers; less is greater with its operands exchanged.
    pub enum Kind {
        Equal,
        NotEqual,
        Greater,
        GreaterEqual,
        And,
        Or,
        Xor,
        /// Neither is true: not, where both are one.
        Nor,
    }
}

struct Compare {
    kind: Kind,
    dtype: Dtype,
    walk: Walk,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (dtype, kind) = (params.dtype, params.kind::<Kind>());
    let mut walk = Walk::decode(params, dtype.bytes())?;
    walk.merge();
    Ok(Planned::new(Compare { kind, dtype, walk }))
}

impl Instruction for Compare {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.walk.count);
        let mut at = range.start;
        let strides = self.walk.row().strides;
        let (mut a, mut b) = ([0u32; RUN], [0u32; RUN]);
        for (starts, len) in self.walk.pieces(range) {
            for done in (0..len).step_by(RUN) {
                let n = RUN.min(len - done);
                let [a_at, b_at] = [0, 1].map(|i| starts[i] + done as isize * strides[i]);
                // SAFETY: a and b hold what the walk reaches and y `count` bytes; this part's range is written by no
                // other part.
                unsafe {
                    self.dtype.gather(operands.pointer(0), a_at, strides[0], &mut a[..n]);
                    self.dtype.gather(operands.pointer(1), b_at, strides[1], &mut b[..n]);
                    self.compute(&mut a, &b);
                    Dtype::U8.scatter(&a[..n], operands.pointer(2), at + done);
                }
            }
            at += len;
        }
        Ok(())
    }
}

impl Compare {
    /// `a[i] = a[i] op b[i]`.
    #[inline(never)]
    fn compute(&self, a: &mut [u32; RUN], b: &[u32; RUN]) {
        if self.dtype == Dtype::F32 {
            compute(self.kind, a, b, f32::from_bits);
        } else {
            compute(self.kind, a, b, |lane| lane as i32);
        }
    }
}

#[inline(always)]
fn compute<T: PartialOrd + Default>(
    kind: Kind,
    a: &mut [u32; RUN],
    b: &[u32; RUN],
    value: impl Fn(u32) -> T,
) {
    let zero = T::default;
    match kind {
        Kind::Equal => each(a, b, value, |a, b| a == b),
        Kind::NotEqual => each(a, b, value, |a, b| a != b),
        Kind::Greater => each(a, b, value, |a, b| a > b),
        Kind::GreaterEqual => each(a, b, value, |a, b| a >= b),
        Kind::And => each(a, b, value, |a, b| (a != zero()) & (b != zero())),
        Kind::Or => each(a, b, value, |a, b| (a != zero()) | (b != zero())),
        Kind::Xor => each(a, b, value, |a, b| (a != zero()) ^ (b != zero())),
        Kind::Nor => each(a, b, value, |a, b| (a == zero()) & (b == zero())),
    }
}

#[inline(always)]
fn each<T>(a: &mut [u32; RUN], b: &[u32; RUN], value: impl Fn(u32) -> T, op: impl Fn(T, T) -> bool) {
    for (a, &b) in a.iter_mut().zip(b) {
        *a = u32::from(op(value(*a), value(b)));
    }
}
