//! COMPARE: `y[i] = a[walk] op b[walk]`, 0 or 1 in bytes, with broadcasting by strides; y is contiguous.
//!
//! Params: kind ([`Kind`]), rank, per axis (size, a stride, b stride). Operands: a, b, y (of bytes; it is neither of them).
//! Nothing is equal to NaN, above or below it; what is not 0 is true, NaN too.

use super::dtype::{Dtype, RUN};
use super::sample::Sample;
use super::walk::Walk;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::instructions::entry::ANY;
use crate::simd::{I32x4, Mask, LANES};

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
    fn extents(&self) -> Extents {
        let [a, b] = self.walk.extents([0; 2], self.dtype.bytes());
        Extents::bytes(&[a, b, self.walk.count])
    }

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
            let equal = |a: I32x4, b: I32x4| a.as_f32().eq(b.as_f32());
            compute(self.kind, a, b, equal, |a, b| a.as_f32().gt(b.as_f32()));
        } else {
            compute(self.kind, a, b, I32x4::eq, |a, b| b.lt(a));
        }
    }
}

/// By what is equal and what is greater; 0 has the same bits in every type.
#[inline(always)]
fn compute(
    kind: Kind,
    a: &mut [u32; RUN],
    b: &[u32; RUN],
    equal: impl Fn(I32x4, I32x4) -> Mask,
    greater: impl Fn(I32x4, I32x4) -> Mask,
) {
    let not = |bits: I32x4| bits.xor(I32x4::splat(-1));
    let holds = |a: I32x4| not(equal(a, I32x4::splat(0)).bits());
    match kind {
        Kind::Equal => each(a, b, |a, b| equal(a, b).bits()),
        Kind::NotEqual => each(a, b, |a, b| not(equal(a, b).bits())),
        Kind::Greater => each(a, b, |a, b| greater(a, b).bits()),
        Kind::GreaterEqual => each(a, b, |a, b| greater(a, b).or(equal(a, b)).bits()),
        Kind::And => each(a, b, |a, b| holds(a).and(holds(b))),
        Kind::Or => each(a, b, |a, b| holds(a).or(holds(b))),
        Kind::Xor => each(a, b, |a, b| holds(a).xor(holds(b))),
        Kind::Nor => each(a, b, |a, b| not(holds(a).or(holds(b)))),
    }
}

/// One where a bit of `op` is set, else zero.
#[inline(always)]
fn each(a: &mut [u32; RUN], b: &[u32; RUN], op: impl Fn(I32x4, I32x4) -> I32x4) {
    for (a, b) in a.chunks_exact_mut(LANES).zip(b.chunks_exact(LANES)) {
        let to = a.as_mut_ptr().cast();
        // SAFETY: both pieces are vectors.
        unsafe { op(I32x4::load(to), I32x4::load(b.as_ptr().cast())).and(I32x4::splat(1)).store(to) }
    }
}
