//! BINARY: `y[i] = a[walk] op b[walk]`, with broadcasting by strides; y is contiguous.
//!
//! Params: kind ([`Kind`]), rank, per axis (size, a stride, b stride). Operands: a, b, y (which may be a or b when that is
//! walked contiguously).
//!
//! Integers wrap; division truncates, and by 0 gives 0; a negative power of an integer is 0 unless the base is 1 or -1.
//! Maximum and minimum propagate NaN. Rows of four-byte elements whose operands step by 1 or stay are computed where they
//! lie, short ones many at a time; all others in runs that are gathered first.

use super::dtype::{Dtype, RUN};
use super::sample::Sample;
use super::walk::Walk;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
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

/// Rows that are shorter are computed together: what begins a row alone takes as long as a hundred of its elements.
const SHORT: usize = 256;

impl Instruction for Binary {
    fn extents(&self) -> Extents {
        let bytes = self.dtype.bytes();
        let [a, b] = self.walk.extents([0; 2], bytes);
        Extents::bytes(&[a, b, self.walk.count * bytes])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let row = self.walk.row();
        let in_place = self.dtype.bytes() == 4 && row.strides.iter().all(|s| matches!(s, 0 | 1));
        if in_place && row.size < SHORT && self.walk.axes().len() > 1 {
            // SAFETY: the caller's guarantee.
            unsafe { self.short(operands, share) };
            return Ok(());
        }
        let range = share.range(self.walk.count);
        let mut at = range.start;
        for (starts, len) in self.walk.pieces(range) {
            // SAFETY: a and b hold what the walk reaches and y `count` elements; this part's range is written by no
            // other part, and each run is read before it is written.
            unsafe {
                if in_place {
                    self.rows(operands, starts, [0; 2], Rows { at, len, count: 1 });
                } else {
                    self.runs(operands, starts, at, len);
                }
            }
            at += len;
        }
        Ok(())
    }
}

/// Rows of y, one behind the other.
#[derive(Clone, Copy)]
struct Rows {
    at: usize,
    len: usize,
    count: usize,
}

impl Binary {
    /// This part's rows, all along one axis at a time.
    ///
    /// # Safety
    /// As [`Instruction::run`]; the operands step by 0 or 1 in rows.
    unsafe fn short(&self, operands: &Operands, share: Share) {
        let mut around = self.walk;
        let len = around.remove(around.axes().len() - 1).size;
        let range = share.range(around.count);
        let mut at = range.start * len;
        for (starts, count) in around.pieces(range) {
            // SAFETY: a and b hold what the walk reaches and y `count` elements; this part's rows are written by no other
            // part.
            unsafe { self.rows(operands, starts, around.row().strides, Rows { at, len, count }) };
            at += len * count;
        }
    }

    /// # Safety
    /// The operands hold these rows, from these starts on, a stride apart, in steps of 0 or 1.
    unsafe fn rows(&self, operands: &Operands, starts: [isize; 2], strides: [isize; 2], rows: Rows) {
        let steps = self.walk.row().strides;
        // SAFETY: the caller's guarantee.
        unsafe {
            let [a, b] = [0, 1].map(|i| Factor {
                start: operands.pointer::<f32>(i).offset(starts[i]).cast_const(),
                stays: steps[i] == 0,
                stride: strides[i],
            });
            self.compute(a, b, operands.pointer(2), rows);
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
                let own = |p: *const u32| Factor { start: p.cast(), stays: false, stride: 0 };
                let y = a.as_mut_ptr();
                self.compute(own(y), own(b.as_ptr()), y.cast(), Rows { at: 0, len: n, count: 1 });
                dtype.scatter(&a[..n], operands.pointer(2), at + done);
            }
            done += n;
        }
    }

    /// The last vector of a row overlaps the one before; it is computed first, because where y is an operand the one before
    /// writes over what it reads.
    ///
    /// # Safety
    /// The operands hold these rows, and y has room for them; it is one of the operands or apart from them.
    #[inline(never)]
    unsafe fn compute(&self, a: Factor, b: Factor, y: *mut f32, rows: Rows) {
        let line = if self.dtype == Dtype::F32 { floats(self.kind) } else { integers(self.kind) };
        let count = rows.len.min(LANES);
        let last = rows.len - count;
        let (mut a_row, mut b_row, mut y) = (a.start, b.start, y.wrapping_add(rows.at));
        let [mut own_a, mut own_b, mut end_a, mut end_b] = [[0.0; LANES]; 4];
        for _ in 0..rows.count {
            // SAFETY: the caller's guarantee.
            unsafe {
                let (from_a, from_b) = (a.row(a_row, &mut own_a), b.row(b_row, &mut own_b));
                let (last_a, last_b) =
                    (from_a.last(last, count, &mut end_a), from_b.last(last, count, &mut end_b));
                line(last_a, last_b, end_a.as_mut_ptr(), LANES);
                line(from_a, from_b, y, last);
                F32x4::load(end_a.as_ptr()).store_partial(y.add(last), count);
                (a_row, b_row) = (a_row.offset(a.stride), b_row.offset(b.stride));
                y = y.add(rows.len);
            }
        }
    }
}

/// An operand of rows: where the first one is, whether it is one element all along, and how far the next row is.
#[derive(Clone, Copy)]
struct Factor {
    start: *const f32,
    stays: bool,
    stride: isize,
}

impl Factor {
    /// The row at `row`; an element that stays is put into a vector of its own.
    ///
    /// # Safety
    /// The row can be read.
    unsafe fn row(&self, row: *const f32, own: &mut [f32; LANES]) -> Stepped {
        if !self.stays {
            return Stepped { start: row, step: LANES };
        }
        // SAFETY: the caller's guarantee.
        unsafe { F32x4::load_splat(row).store(own.as_mut_ptr()) };
        Stepped { start: own.as_ptr(), step: 0 }
    }
}

/// A vector's address, and how many elements further the next one lies.
#[derive(Clone, Copy)]
struct Stepped {
    start: *const f32,
    step: usize,
}

impl Stepped {
    /// The `count` elements from `at` on, in a vector of their own.
    ///
    /// # Safety
    /// They can be read.
    unsafe fn last(self, at: usize, count: usize, own: &mut [f32; LANES]) -> Stepped {
        let start = self.start.wrapping_add(if self.step == 0 { 0 } else { at });
        // SAFETY: the caller's guarantee.
        unsafe { F32x4::load_partial(start, count).store(own.as_mut_ptr()) };
        Stepped { start: own.as_ptr(), step: LANES }
    }
}

/// Computes vectors until it has so many elements or more; operands and result can be read and written so far.
type Line = unsafe fn(Stepped, Stepped, *mut f32, usize);

macro_rules! line {
    ($op:expr) => {
        |a, b, y, len| {
            let op = $op;
            let (mut from_a, mut from_b) = (a.start, b.start);
            for i in (0..len).step_by(LANES) {
                // SAFETY: what `Line` says.
                unsafe {
                    op(F32x4::load(from_a), F32x4::load(from_b)).store(y.add(i));
                    from_a = from_a.add(a.step);
                    from_b = from_b.add(b.step);
                }
            }
        }
    };
}

fn floats(kind: Kind) -> Line {
    match kind {
        Kind::Add => line!(F32x4::add),
        Kind::Sub => line!(F32x4::sub),
        Kind::Mul => line!(F32x4::mul),
        Kind::Div => line!(F32x4::div),
        Kind::Pow => line!(pow),
        Kind::Max => line!(F32x4::max),
        Kind::Min => line!(F32x4::min),
        Kind::Prelu => line!(|a: F32x4, b| a.gt(F32x4::ZERO).select(a, a.mul(b))),
        Kind::Above => line!(|a: F32x4, b| {
            let half = a.eq(b).select(F32x4::splat(0.5), F32x4::splat(1.0));
            a.lt(b).select(F32x4::ZERO, half)
        }),
        Kind::Masked => line!(|a: F32x4, b: F32x4| b.ne(F32x4::ZERO).keep(a.mul(b))),
        Kind::PowerSlope => line!(|a, b: F32x4| {
            let slope = b.mul(pow(a, b.sub(F32x4::splat(1.0))));
            b.ne(F32x4::ZERO).keep(slope)
        }),
        Kind::PowerGrowth => line!(|a: F32x4, b: F32x4| {
            let flat = b.eq(F32x4::ZERO).and(a.lt(F32x4::splat(f32::INFINITY)));
            flat.select(F32x4::ZERO, a.mul(called::log(b)))
        }),
        // Decoding refuses the kinds behind it for floats.
        _ => line!(|a: F32x4, b: F32x4| a.gt(F32x4::ZERO).select(F32x4::splat(1.0), b)),
    }
}

/// On 32 bits; narrower integers are cut when they are written.
fn integers(kind: Kind) -> Line {
    macro_rules! bits {
        ($op:expr) => {
            line!(|a: F32x4, b: F32x4| $op(a.bits(), b.bits()).as_f32())
        };
    }
    match kind {
        Kind::Add => bits!(I32x4::add),
        Kind::Sub => bits!(I32x4::sub),
        Kind::Mul => bits!(I32x4::mul),
        Kind::Div => bits!(|a, b| each_lane(a, b, |a, b| if b == 0 { 0 } else { a.wrapping_div(b) })),
        Kind::Pow => bits!(|a, b| each_lane(a, b, integer_pow)),
        Kind::Max => bits!(I32x4::max),
        Kind::Min => bits!(I32x4::min),
        Kind::BitAnd => bits!(I32x4::and),
        Kind::BitOr => bits!(I32x4::or),
        Kind::BitXor => bits!(I32x4::xor),
        Kind::ShiftLeft => bits!(|a, b| each_lane(a, b, |a, b| a.checked_shl(b as u32).unwrap_or(0))),
        Kind::ShiftRight => {
            bits!(|a, b| each_lane(a, b, |a, b| a.checked_shr(b as u32).unwrap_or(a >> 31)))
        }
        // Decoding refuses the other kinds for integers.
        _ => bits!(|a, b| each_lane(a, b, |a, b| if a > 0 { a } else { a.wrapping_mul(b) })),
    }
}

#[inline(never)]
fn each_lane(a: I32x4, b: I32x4, op: fn(i32, i32) -> i32) -> I32x4 {
    let (mut a, b) = (a.to_array(), b.to_array());
    for (a, b) in a.iter_mut().zip(b) {
        *a = op(*a, b);
    }
    I32x4::from_array(a)
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

fn integer_pow(base: i32, exponent: i32) -> i32 {
    match (base, exponent) {
        (1, _) => 1,
        (-1, _) => 1 - 2 * (exponent & 1),
        (_, 0..) => base.wrapping_pow(exponent as u32),
        _ => 0,
    }
}
