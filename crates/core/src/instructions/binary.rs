//! BINARY: `y[i] = a[walk] op b[walk]`, with broadcasting by strides; y is contiguous.
//!
//! Params: kind ([`Kind`]), rank, per axis (size, a stride, b stride). Operands: a, b, y (which may be a or b when that is
//! walked contiguously).
//!
//! Integers wrap; division truncates, and by 0 gives 0; a negative power of an integer is 0 unless the base is 1 or -1.
//! Maximum and minimum propagate NaN. Rows of four-byte elements whose operands step by 1 or stay are computed where they
//! lie, all others in runs that are gathered first.

use super::dtype::{Dtype, RUN};
use super::sample::Sample;
use super::walk::Walk;
use super::{Entry, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::instructions::entry::ANY;
use crate::math::{self, called};
use crate::simd::{F32x4, I32x4, LANES};

pub const ENTRIES: &[Entry] = &[Entry::new(
    "binary",
    "a, b -> y",
    ANY,
    decode,
    Sample::new(&[2, 2, 5, 7, 0, 7, 1, 1], &[35, 7, 35]).of(ANY),
)];

enumeration! {
    pub enum Kind {
        Add,
        Sub,
        Mul,
        Div,
        Pow,
        Max,
        Min,
        /// `a > 0 ? a : a * b`
        Prelu,
        // For gradients, of float32 only.
        /// 0 where a < b, 1/2 where a = b, else 1.
        Above,
        /// `a * b`, and 0 where b = 0.
        Masked,
        /// `b * a^(b - 1)`, and 0 where b = 0.
        PowerSlope,
        /// `a * log(b)` for a power a of b, and 0 where b = 0 and a is finite.
        PowerGrowth,
        /// `a > 0 ? 1 : b`
        PreluSlope,
        // Of the bits of integers only.
        BitAnd,
        BitOr,
        BitXor,
        /// 0 where more bits are shifted than there are.
        ShiftLeft,
        /// Of a signed integer the sign moves in.
        ShiftRight,
    }
}

struct Binary {
    kind: Kind,
    dtype: Dtype,
    walk: Walk,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (dtype, kind) = (params.dtype, params.kind::<Kind>());
    let (last, bits) = (Kind::Prelu as u32, Kind::BitAnd as u32);
    if if dtype == Dtype::F32 { kind as u32 >= bits } else { (last + 1..bits).contains(&(kind as u32)) } {
        params.refuse(kind as u32);
    }
    let mut walk = Walk::decode(params, dtype.bytes())?;
    walk.merge();
    Ok(Planned::new(Binary { kind, dtype, walk }))
}

impl Instruction for Binary {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.walk.count);
        let mut at = range.start;
        let [a_stride, b_stride] = self.walk.row().strides;
        let in_place = self.dtype.bytes() == 4 && [a_stride, b_stride].iter().all(|s| matches!(s, 0 | 1));
        for (starts, len) in self.walk.pieces(range) {
            // SAFETY: a and b hold what the walk reaches and y `count` elements; this part's range is written by no
            // other part, and each run is read before it is written.
            unsafe {
                if in_place {
                    self.row(operands, starts, at, len);
                } else {
                    self.runs(operands, starts, at, len);
                }
            }
            at += len;
        }
        Ok(())
    }
}

impl Binary {
    /// # Safety
    /// The operands hold `len` elements from these starts on, in steps of 0 or 1.
    unsafe fn row(&self, operands: &Operands, starts: [isize; 2], at: usize, len: usize) {
        let [a_stride, b_stride] = self.walk.row().strides;
        // SAFETY: the caller's guarantee; an operand that stays is read from a vector of its own.
        unsafe {
            let a = operands.pointer::<f32>(0).offset(starts[0]).cast_const();
            let b = operands.pointer::<f32>(1).offset(starts[1]).cast_const();
            let (same_a, same_b) = ([*a; LANES], [*b; LANES]);
            let stepped = |stride: isize, p: *const f32, same: &[f32; LANES]| Stepped {
                start: if stride == 0 { same.as_ptr() } else { p },
                step: if stride == 0 { 0 } else { LANES },
            };
            let (a, b) = (stepped(a_stride, a, &same_a), stepped(b_stride, b, &same_b));
            self.compute(a, b, operands.pointer::<f32>(2).add(at), len);
        }
    }

    /// # Safety
    /// The operands hold `len` elements from these starts on.
    unsafe fn runs(&self, operands: &Operands, starts: [isize; 2], at: usize, len: usize) {
        let [a_stride, b_stride] = self.walk.row().strides;
        let (mut a, mut b) = ([0u32; RUN], [0u32; RUN]);
        let mut done = 0;
        while done < len {
            let n = RUN.min(len - done);
            let skip = done as isize;
            // SAFETY: the caller's guarantee; the results replace a's run.
            unsafe {
                let (dtype, a_at, b_at) =
                    (self.dtype, starts[0] + skip * a_stride, starts[1] + skip * b_stride);
                dtype.gather(operands.pointer(0), a_at, a_stride, &mut a[..n]);
                dtype.gather(operands.pointer(1), b_at, b_stride, &mut b[..n]);
                let stepped = |p: *const u32| Stepped { start: p.cast(), step: LANES };
                let y = a.as_mut_ptr();
                self.compute(stepped(y), stepped(b.as_ptr()), y.cast(), n);
                dtype.scatter(&a[..n], operands.pointer(2), at + done);
            }
            done += n;
        }
    }

    /// # Safety
    /// `len` elements from `a` and `b` on, in their steps, can be read, and `len` from `y` on written; y is one of them or
    /// apart from them.
    #[inline(never)]
    unsafe fn compute(&self, a: Stepped, b: Stepped, y: *mut f32, len: usize) {
        let whole = len / LANES;
        let rest = len % LANES;
        // SAFETY: the caller's guarantee; the rest is computed in vectors of its own.
        unsafe {
            let vectors = if self.dtype == Dtype::F32 { floats } else { integers };
            vectors(self.kind, a, b, y, whole * LANES);
            if rest > 0 {
                let (mut left, mut right) = ([0.0; LANES], [0.0; LANES]);
                F32x4::load_partial(a.start.add(whole * a.step), rest).store(left.as_mut_ptr());
                F32x4::load_partial(b.start.add(whole * b.step), rest).store(right.as_mut_ptr());
                let own = |start: *const f32| Stepped { start, step: LANES };
                let (place, b) = (left.as_mut_ptr(), own(right.as_ptr()));
                vectors(self.kind, own(place), b, place, LANES);
                F32x4::load(place).store_partial(y.add(whole * LANES), rest);
            }
        }
    }
}

/// A vector's address, and how many elements further the next one lies.
#[derive(Clone, Copy)]
struct Stepped {
    start: *const f32,
    step: usize,
}

/// # Safety
/// As [`Binary::compute`], for whole vectors.
#[inline(never)]
unsafe fn floats(kind: Kind, a: Stepped, b: Stepped, y: *mut f32, len: usize) {
    // SAFETY: the caller's guarantee.
    unsafe {
        match kind {
            Kind::Add => each(a, b, y, len, F32x4::add),
            Kind::Sub => each(a, b, y, len, F32x4::sub),
            Kind::Mul => each(a, b, y, len, F32x4::mul),
            Kind::Div => each(a, b, y, len, F32x4::div),
            Kind::Pow => each(a, b, y, len, pow),
            Kind::Max => each(a, b, y, len, F32x4::max),
            Kind::Min => each(a, b, y, len, F32x4::min),
            Kind::Prelu => each(a, b, y, len, |a, b| a.gt(F32x4::ZERO).select(a, a.mul(b))),
            Kind::Above => each(a, b, y, len, |a, b| {
                let half = a.eq(b).select(F32x4::splat(0.5), F32x4::splat(1.0));
                a.lt(b).select(F32x4::ZERO, half)
            }),
            Kind::Masked => each(a, b, y, len, |a, b| b.ne(F32x4::ZERO).keep(a.mul(b))),
            Kind::PowerSlope => each(a, b, y, len, |a, b| {
                let slope = b.mul(pow(a, b.sub(F32x4::splat(1.0))));
                b.ne(F32x4::ZERO).keep(slope)
            }),
            Kind::PowerGrowth => each(a, b, y, len, |a, b| {
                let flat = b.eq(F32x4::ZERO).and(a.lt(F32x4::splat(f32::INFINITY)));
                flat.select(F32x4::ZERO, a.mul(called::log(b)))
            }),
            // Decoding refuses the kinds behind it for floats.
            _ => each(a, b, y, len, |a, b| a.gt(F32x4::ZERO).select(F32x4::splat(1.0), b)),
        }
    }
}

/// # Safety
/// As [`floats`].
#[inline(always)]
unsafe fn each(a: Stepped, b: Stepped, y: *mut f32, len: usize, op: impl Fn(F32x4, F32x4) -> F32x4) {
    let (mut from_a, mut from_b) = (a.start, b.start);
    for i in (0..len).step_by(LANES) {
        // SAFETY: the caller's guarantee.
        unsafe {
            op(F32x4::load(from_a), F32x4::load(from_b)).store(y.add(i));
            from_a = from_a.add(a.step);
            from_b = from_b.add(b.step);
        }
    }
}

#[inline(never)]
fn pow(a: F32x4, b: F32x4) -> F32x4 {
    let all = |exponent: f32| !b.ne(F32x4::splat(exponent)).any();
    // Squares, and what their gradient needs.
    if all(2.0) {
        return a.mul(a);
    }
    if all(1.0) {
        return a;
    }
    let (mut a, b) = (a.to_array(), b.to_array());
    for (a, b) in a.iter_mut().zip(b) {
        *a = math::pow(*a, b);
    }
    F32x4::from_array(a)
}

/// On 32 bits; narrower integers are cut when they are written.
///
/// # Safety
/// As [`floats`].
#[inline(never)]
unsafe fn integers(kind: Kind, a: Stepped, b: Stepped, y: *mut f32, len: usize) {
    let op = match kind {
        // SAFETY: the caller's guarantee.
        Kind::Add => return unsafe { each(a, b, y, len, |a, b| a.bits().add(b.bits()).as_f32()) },
        // SAFETY: the caller's guarantee.
        Kind::Sub => return unsafe { each(a, b, y, len, |a, b| a.bits().sub(b.bits()).as_f32()) },
        // SAFETY: the caller's guarantee.
        Kind::Mul => return unsafe { each(a, b, y, len, |a, b| a.bits().mul(b.bits()).as_f32()) },
        Kind::Div => |a: i32, b: i32| if b == 0 { 0 } else { a.wrapping_div(b) },
        Kind::Pow => integer_pow,
        Kind::Max => Ord::max,
        Kind::Min => Ord::min,
        Kind::BitAnd => |a: i32, b: i32| a & b,
        Kind::BitOr => |a: i32, b: i32| a | b,
        Kind::BitXor => |a: i32, b: i32| a ^ b,
        Kind::ShiftLeft => |a: i32, b: i32| a.checked_shl(b as u32).unwrap_or(0),
        Kind::ShiftRight => |a: i32, b: i32| a.checked_shr(b as u32).unwrap_or(a >> 31),
        // Decoding refuses the other kinds for integers.
        _ => |a: i32, b: i32| if a > 0 { a } else { a.wrapping_mul(b) },
    };
    let lanes = |a: F32x4, b: F32x4| {
        let (mut a, b) = (a.bits().to_array(), b.bits().to_array());
        for (a, b) in a.iter_mut().zip(b) {
            *a = op(*a, b);
        }
        I32x4::from_array(a).as_f32()
    };
    // SAFETY: the caller's guarantee.
    unsafe { each(a, b, y, len, lanes) }
}

fn integer_pow(base: i32, exponent: i32) -> i32 {
    match (base, exponent) {
        (1, _) => 1,
        (-1, _) => 1 - 2 * (exponent & 1),
        (_, 0..) => base.wrapping_pow(exponent as u32),
        _ => 0,
    }
}
