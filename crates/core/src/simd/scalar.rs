//! Vectors as arrays, with WebAssembly's meaning: for native tests, and as the definition of each method.

use std::prelude::v1::*;

#[path = "scalar_bytes.rs"]
mod bytes;
pub use bytes::{I16x8, U8x16};

#[derive(Clone, Copy, Debug)]
pub struct F32x4([f32; 4]);

#[derive(Clone, Copy, Debug)]
pub struct I32x4([i32; 4]);

/// Per lane all ones or all zeros.
#[derive(Clone, Copy, Debug)]
pub struct Mask([bool; 4]);

fn zip<A: Copy, B: Copy, C>(a: [A; 4], b: [B; 4], f: impl Fn(A, B) -> C) -> [C; 4] {
    core::array::from_fn(|lane| f(a[lane], b[lane]))
}

impl F32x4 {
    /// Whether `madd` is one instruction; here only what is chosen by it is tested.
    #[must_use]
    pub fn is_fused() -> bool {
        true
    }

    #[must_use]
    pub const fn constant(value: f32) -> F32x4 {
        F32x4([value; 4])
    }

    #[must_use]
    pub fn splat(value: f32) -> F32x4 {
        F32x4([value; 4])
    }

    #[must_use]
    pub fn from_array(lanes: [f32; 4]) -> F32x4 {
        F32x4(lanes)
    }

    #[must_use]
    pub fn to_array(self) -> [f32; 4] {
        self.0
    }

    /// # Safety
    /// Four elements can be read at `source`.
    #[must_use]
    pub unsafe fn load(source: *const f32) -> F32x4 {
        // SAFETY: the caller's guarantee.
        F32x4(unsafe { source.cast::<[f32; 4]>().read_unaligned() })
    }

    /// One element in every lane.
    ///
    /// # Safety
    /// One element can be read at `source`.
    #[must_use]
    pub unsafe fn load_splat(source: *const f32) -> F32x4 {
        // SAFETY: the caller's guarantee.
        F32x4::splat(unsafe { source.read_unaligned() })
    }

    /// The elements at four distances from `base`.
    ///
    /// # Safety
    /// One element can be read at each of the four places.
    #[must_use]
    pub unsafe fn gather(base: *const f32, places: [usize; 4]) -> F32x4 {
        // SAFETY: the caller's guarantee.
        F32x4(places.map(|place| unsafe { base.add(place).read_unaligned() }))
    }

    /// # Safety
    /// Four elements can be written at `destination`.
    pub unsafe fn store(self, destination: *mut f32) {
        // SAFETY: the caller's guarantee.
        unsafe { destination.cast::<[f32; 4]>().write_unaligned(self.0) }
    }

    /// Lanes `0..count` from memory, zero in the others; `count` is 1 to 4.
    ///
    /// # Safety
    /// `count` elements can be read at `source`.
    #[must_use]
    pub unsafe fn load_partial(source: *const f32, count: usize) -> F32x4 {
        debug_assert!((1..=4).contains(&count));
        F32x4(core::array::from_fn(|lane| {
            if lane < count {
                // SAFETY: the caller's guarantee.
                unsafe { source.add(lane).read_unaligned() }
            } else {
                0.0
            }
        }))
    }

    /// Lanes `0..count` to memory; `count` is 1 to 4.
    ///
    /// # Safety
    /// `count` elements can be written at `destination`.
    pub unsafe fn store_partial(self, destination: *mut f32, count: usize) {
        debug_assert!((1..=4).contains(&count));
        for (lane, value) in self.0.into_iter().enumerate().take(count) {
            // SAFETY: the caller's guarantee.
            unsafe { destination.add(lane).write_unaligned(value) };
        }
    }

    /// `self * b + c`; one rounding in the relaxed variant, two elsewhere.
    #[must_use]
    pub fn madd(self, b: F32x4, c: F32x4) -> F32x4 {
        self.mul(b).add(c)
    }

    #[must_use]
    pub fn add(self, other: F32x4) -> F32x4 {
        F32x4(zip(self.0, other.0, |a, b| a + b))
    }

    #[must_use]
    pub fn sub(self, other: F32x4) -> F32x4 {
        F32x4(zip(self.0, other.0, |a, b| a - b))
    }

    #[must_use]
    pub fn mul(self, other: F32x4) -> F32x4 {
        F32x4(zip(self.0, other.0, |a, b| a * b))
    }

    #[must_use]
    pub fn div(self, other: F32x4) -> F32x4 {
        F32x4(zip(self.0, other.0, |a, b| a / b))
    }

    /// The smaller; NaN when either is NaN; -0 is below +0.
    #[must_use]
    pub fn min(self, other: F32x4) -> F32x4 {
        F32x4(zip(self.0, other.0, |a, b| {
            if a.is_nan() || b.is_nan() {
                f32::NAN
            } else if a == b {
                f32::from_bits(a.to_bits() | b.to_bits())
            } else if a < b {
                a
            } else {
                b
            }
        }))
    }

    /// The larger; NaN when either is NaN; -0 is below +0.
    #[must_use]
    pub fn max(self, other: F32x4) -> F32x4 {
        F32x4(zip(self.0, other.0, |a, b| {
            if a.is_nan() || b.is_nan() {
                f32::NAN
            } else if a == b {
                f32::from_bits(a.to_bits() & b.to_bits())
            } else if a > b {
                a
            } else {
                b
            }
        }))
    }

    /// `other < self ? other : self`: one instruction; a NaN in `self` stays, one in `other` is passed over.
    #[must_use]
    pub fn pmin(self, other: F32x4) -> F32x4 {
        F32x4(zip(self.0, other.0, |a, b| if b < a { b } else { a }))
    }

    /// `self < other ? other : self`: one instruction; a NaN in `self` stays, one in `other` is passed over.
    #[must_use]
    pub fn pmax(self, other: F32x4) -> F32x4 {
        F32x4(zip(self.0, other.0, |a, b| if a < b { b } else { a }))
    }

    #[must_use]
    pub fn abs(self) -> F32x4 {
        F32x4(self.0.map(f32::abs))
    }

    #[must_use]
    pub fn neg(self) -> F32x4 {
        F32x4(self.0.map(|a| -a))
    }

    #[must_use]
    pub fn sqrt(self) -> F32x4 {
        F32x4(self.0.map(f32::sqrt))
    }

    #[must_use]
    pub fn floor(self) -> F32x4 {
        F32x4(self.0.map(f32::floor))
    }

    #[must_use]
    pub fn ceil(self) -> F32x4 {
        F32x4(self.0.map(f32::ceil))
    }

    #[must_use]
    pub fn trunc(self) -> F32x4 {
        F32x4(self.0.map(f32::trunc))
    }

    /// The nearest integer, ties to the even one.
    #[must_use]
    pub fn nearest(self) -> F32x4 {
        F32x4(self.0.map(f32::round_ties_even))
    }

    #[must_use]
    pub fn eq(self, other: F32x4) -> Mask {
        Mask(zip(self.0, other.0, |a, b| a == b))
    }

    #[must_use]
    pub fn ne(self, other: F32x4) -> Mask {
        Mask(zip(self.0, other.0, |a, b| a != b))
    }

    #[must_use]
    pub fn lt(self, other: F32x4) -> Mask {
        Mask(zip(self.0, other.0, |a, b| a < b))
    }

    #[must_use]
    pub fn le(self, other: F32x4) -> Mask {
        Mask(zip(self.0, other.0, |a, b| a <= b))
    }

    #[must_use]
    pub fn gt(self, other: F32x4) -> Mask {
        Mask(zip(self.0, other.0, |a, b| a > b))
    }

    #[must_use]
    pub fn ge(self, other: F32x4) -> Mask {
        Mask(zip(self.0, other.0, |a, b| a >= b))
    }

    /// The even and the odd elements of the eight lanes `self, next`.
    #[must_use]
    pub fn unzip(self, next: F32x4) -> (F32x4, F32x4) {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, next.0);
        (F32x4([a, c, e, g]), F32x4([b, d, f, h]))
    }

    /// Lanes of `self` and `next` in turn: those of the first two, and of the last two.
    #[must_use]
    pub fn zip(self, next: F32x4) -> (F32x4, F32x4) {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, next.0);
        (F32x4([a, e, b, f]), F32x4([c, g, d, h]))
    }

    /// The first two lanes; the others are zero.
    ///
    /// # Safety
    /// Two elements can be read at `source`.
    #[must_use]
    pub unsafe fn load_two(source: *const f32) -> F32x4 {
        // SAFETY: the caller's guarantee.
        unsafe { F32x4::load_partial(source, 2) }
    }

    /// Stores the first two lanes.
    ///
    /// # Safety
    /// Two elements can be written at `destination`.
    pub unsafe fn store_two(self, destination: *mut f32) {
        // SAFETY: the caller's guarantee.
        unsafe { self.store_partial(destination, 2) }
    }

    /// Two elements at each of two places.
    ///
    /// # Safety
    /// Two elements can be read at each place.
    #[must_use]
    pub unsafe fn load_pairs(base: *const f32, [a, b]: [usize; 2]) -> F32x4 {
        // SAFETY: the caller's guarantee.
        unsafe { F32x4::gather(base, [a, a + 1, b, b + 1]) }
    }

    /// Lanes 0 and 2 of `self`, then lanes 1 and 3 of `next`: every second of seven elements, `next` loaded three
    /// after `self`.
    #[must_use]
    pub fn even_then_odd(self, next: F32x4) -> F32x4 {
        F32x4([self.0[0], self.0[2], next.0[1], next.0[3]])
    }

    /// With these bits inverted.
    #[must_use]
    pub fn flip(self, bits: I32x4) -> F32x4 {
        F32x4(core::array::from_fn(|i| f32::from_bits(self.0[i].to_bits() ^ bits.0[i] as u32)))
    }

    /// Lanes 2 and 3 of `self`, then lanes 0 and 1 of `next`.
    #[must_use]
    pub fn halfway_to(self, next: F32x4) -> F32x4 {
        F32x4([self.0[2], self.0[3], next.0[0], next.0[1]])
    }

    /// Bytes of `self` by their numbers, 0 where the number is 128 or above; the four of a lane stay together.
    #[must_use]
    pub fn pick(self, bytes: I32x4) -> F32x4 {
        F32x4(bytes.0.map(|lane| if lane < 0 { 0.0 } else { self.0[(lane & 15) as usize / 4] }))
    }

    /// Lanes 1, 2, 3 of `self`, then lane 0 of `next`.
    #[must_use]
    pub fn followed_by(self, next: F32x4) -> F32x4 {
        F32x4([self.0[1], self.0[2], self.0[3], next.0[0]])
    }

    /// Lane `i` of row `j` becomes lane `j` of row `i`.
    #[must_use]
    pub fn transpose(rows: [F32x4; 4]) -> [F32x4; 4] {
        core::array::from_fn(|i| F32x4(core::array::from_fn(|j| rows[j].0[i])))
    }

    /// Truncated and saturated; NaN gives 0.
    #[must_use]
    pub fn to_i32(self) -> I32x4 {
        I32x4(self.0.map(|a| a as i32))
    }

    /// The bit patterns.
    #[must_use]
    pub fn bits(self) -> I32x4 {
        I32x4(self.0.map(|a| a.to_bits() as i32))
    }
}

impl I32x4 {
    #[must_use]
    pub fn splat(value: i32) -> I32x4 {
        I32x4([value; 4])
    }

    #[must_use]
    pub fn from_array(lanes: [i32; 4]) -> I32x4 {
        I32x4(lanes)
    }

    #[must_use]
    pub fn to_array(self) -> [i32; 4] {
        self.0
    }

    /// # Safety
    /// Four elements can be read at `source`.
    #[must_use]
    pub unsafe fn load(source: *const i32) -> I32x4 {
        // SAFETY: the caller's guarantee.
        I32x4(unsafe { source.cast::<[i32; 4]>().read_unaligned() })
    }

    /// # Safety
    /// Four elements can be written at `destination`.
    pub unsafe fn store(self, destination: *mut i32) {
        // SAFETY: the caller's guarantee.
        unsafe { destination.cast::<[i32; 4]>().write_unaligned(self.0) }
    }

    /// Bytes as the integers that they are.
    ///
    /// # Safety
    /// Four bytes can be read at `source`.
    #[must_use]
    pub unsafe fn load_bytes(source: *const u8) -> I32x4 {
        // SAFETY: the caller's guarantee.
        I32x4(unsafe { source.cast::<[u8; 4]>().read() }.map(i32::from))
    }

    /// # Safety
    /// Four bytes can be read at `source`.
    #[must_use]
    pub unsafe fn load_signed_bytes(source: *const i8) -> I32x4 {
        // SAFETY: the caller's guarantee.
        I32x4(unsafe { source.cast::<[i8; 4]>().read() }.map(i32::from))
    }

    /// The lowest byte of each lane.
    ///
    /// # Safety
    /// Four bytes can be written at `destination`.
    pub unsafe fn store_bytes(self, destination: *mut u8) {
        // SAFETY: the caller's guarantee.
        unsafe { destination.cast::<[u8; 4]>().write(self.0.map(|lane| lane as u8)) }
    }

    #[must_use]
    pub fn add(self, other: I32x4) -> I32x4 {
        I32x4(zip(self.0, other.0, i32::wrapping_add))
    }

    #[must_use]
    pub fn sub(self, other: I32x4) -> I32x4 {
        I32x4(zip(self.0, other.0, i32::wrapping_sub))
    }

    #[must_use]
    pub fn mul(self, other: I32x4) -> I32x4 {
        I32x4(zip(self.0, other.0, i32::wrapping_mul))
    }

    #[must_use]
    pub fn xor(self, other: I32x4) -> I32x4 {
        I32x4(zip(self.0, other.0, |a, b| a ^ b))
    }

    /// The lower and the upper halves of the products of lanes that are taken as unsigned.
    #[must_use]
    pub fn product(self, other: I32x4) -> (I32x4, I32x4) {
        let product = |a: i32, b: i32| u64::from(a as u32) * u64::from(b as u32);
        (
            I32x4(zip(self.0, other.0, |a, b| product(a, b) as i32)),
            I32x4(zip(self.0, other.0, |a, b| (product(a, b) >> 32) as i32)),
        )
    }

    #[must_use]
    pub fn min(self, other: I32x4) -> I32x4 {
        I32x4(zip(self.0, other.0, i32::min))
    }

    #[must_use]
    pub fn max(self, other: I32x4) -> I32x4 {
        I32x4(zip(self.0, other.0, i32::max))
    }

    #[must_use]
    pub fn and(self, other: I32x4) -> I32x4 {
        I32x4(zip(self.0, other.0, |a, b| a & b))
    }

    #[must_use]
    pub fn or(self, other: I32x4) -> I32x4 {
        I32x4(zip(self.0, other.0, |a, b| a | b))
    }

    #[must_use]
    pub fn shift_left(self, bits: u32) -> I32x4 {
        I32x4(self.0.map(|a| a.wrapping_shl(bits)))
    }

    /// Keeps the sign.
    #[must_use]
    pub fn shift_right(self, bits: u32) -> I32x4 {
        I32x4(self.0.map(|a| a.wrapping_shr(bits)))
    }

    #[must_use]
    pub fn eq(self, other: I32x4) -> Mask {
        Mask(zip(self.0, other.0, |a, b| a == b))
    }

    #[must_use]
    pub fn lt(self, other: I32x4) -> Mask {
        Mask(zip(self.0, other.0, |a, b| a < b))
    }

    /// `self < limit`, both taken as unsigned: one test for `0 <= self < limit`.
    #[must_use]
    pub fn below(self, limit: I32x4) -> Mask {
        Mask(zip(self.0, limit.0, |a, b| (a as u32) < (b as u32)))
    }

    /// The same values as floats, rounded to nearest.
    #[must_use]
    pub fn to_f32(self) -> F32x4 {
        F32x4(self.0.map(|a| a as f32))
    }

    /// The same bits as floats.
    #[must_use]
    pub fn as_f32(self) -> F32x4 {
        F32x4(self.0.map(|a| f32::from_bits(a as u32)))
    }
}

impl Mask {
    /// Lane-wise choice: `set` where the mask is set, `clear` elsewhere.
    #[must_use]
    pub fn select(self, set: F32x4, clear: F32x4) -> F32x4 {
        F32x4(core::array::from_fn(|lane| if self.0[lane] { set.0[lane] } else { clear.0[lane] }))
    }

    #[must_use]
    pub fn and(self, other: Mask) -> Mask {
        Mask(zip(self.0, other.0, |a, b| a && b))
    }

    #[must_use]
    pub fn or(self, other: Mask) -> Mask {
        Mask(zip(self.0, other.0, |a, b| a || b))
    }

    #[must_use]
    pub fn any(self) -> bool {
        self.0.iter().any(|&lane| lane)
    }

    /// `value` where the mask is set, +0 elsewhere, whatever `value` is there.
    #[must_use]
    pub fn keep(self, value: F32x4) -> F32x4 {
        self.select(value, F32x4::constant(0.0))
    }

    /// All ones or all zeros per lane.
    #[must_use]
    pub fn bits(self) -> I32x4 {
        I32x4(self.0.map(|lane| -i32::from(lane)))
    }
}
