//! Sixteen bytes at a time: WebAssembly's vectors, and for native tests arrays.

/// Sixteen bytes, with or without a sign, as an operation has it.
#[derive(Clone, Copy)]
pub struct Lanes(imp::Vector);

#[cfg(target_arch = "wasm32")]
mod imp {
    use core::arch::wasm32::*;

    pub type Vector = v128;

    pub fn of(bytes: [u8; 16]) -> v128 {
        // SAFETY: both are sixteen bytes that may be anything.
        unsafe { core::mem::transmute(bytes) }
    }

    pub fn bytes(v: v128) -> [u8; 16] {
        // SAFETY: as above.
        unsafe { core::mem::transmute(v) }
    }

    pub fn apart(a: v128, b: v128) -> v128 {
        v128_or(u8x16_sub_sat(a, b), u8x16_sub_sat(b, a))
    }

    /// (27 a + 63) / 128, (18 a + 63) / 128 and (9 a + 63) / 128.
    pub fn parts(a: v128) -> [v128; 3] {
        let (low, high) = (i16x8_extend_low_i8x16(a), i16x8_extend_high_i8x16(a));
        [27, 18, 9].map(|weight| {
            let part = |v| i16x8_shr(i16x8_add(i16x8_mul(v, i16x8_splat(weight)), i16x8_splat(63)), 7);
            i8x16_narrow_i16x8(part(low), part(high))
        })
    }

    pub fn zip(a: v128, b: v128) -> (v128, v128) {
        (
            i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(a, b),
            i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(a, b),
        )
    }

    pub use core::arch::wasm32::{
        i8x16_add_sat as plus, i8x16_shr as shift_right, i8x16_sub_sat as minus, u8x16_add_sat as sum,
        u8x16_le as at_most, u8x16_max as max, u8x16_shr as half_of, v128_and as and, v128_andnot as without,
        v128_xor as xor,
    };
}

#[cfg(not(target_arch = "wasm32"))]
mod imp {
    pub type Vector = [u8; 16];

    pub fn of(bytes: [u8; 16]) -> Vector {
        bytes
    }

    pub fn bytes(v: Vector) -> [u8; 16] {
        v
    }

    fn each(a: Vector, b: Vector, f: impl Fn(u8, u8) -> u8) -> Vector {
        std::array::from_fn(|i| f(a[i], b[i]))
    }

    pub fn apart(a: Vector, b: Vector) -> Vector {
        each(a, b, u8::abs_diff)
    }

    pub fn parts(a: Vector) -> [Vector; 3] {
        [27, 18, 9].map(|weight| a.map(|a| ((weight * i16::from(a as i8) + 63) >> 7) as u8))
    }

    pub fn zip(a: Vector, b: Vector) -> (Vector, Vector) {
        let at = |i: usize| if i.is_multiple_of(2) { a[i / 2] } else { b[i / 2] };
        (std::array::from_fn(at), std::array::from_fn(|i| at(i + 16)))
    }

    pub fn plus(a: Vector, b: Vector) -> Vector {
        each(a, b, |a, b| (a as i8).saturating_add(b as i8) as u8)
    }

    pub fn minus(a: Vector, b: Vector) -> Vector {
        each(a, b, |a, b| (a as i8).saturating_sub(b as i8) as u8)
    }

    pub fn shift_right(a: Vector, bits: u32) -> Vector {
        a.map(|a| (a as i8 >> bits) as u8)
    }

    pub fn half_of(a: Vector, bits: u32) -> Vector {
        a.map(|a| a >> bits)
    }

    pub fn sum(a: Vector, b: Vector) -> Vector {
        each(a, b, u8::saturating_add)
    }

    pub fn max(a: Vector, b: Vector) -> Vector {
        each(a, b, u8::max)
    }

    pub fn at_most(a: Vector, b: Vector) -> Vector {
        each(a, b, |a, b| if a <= b { 255 } else { 0 })
    }

    pub fn and(a: Vector, b: Vector) -> Vector {
        each(a, b, |a, b| a & b)
    }

    pub fn without(a: Vector, b: Vector) -> Vector {
        each(a, b, |a, b| a & !b)
    }

    pub fn xor(a: Vector, b: Vector) -> Vector {
        each(a, b, |a, b| a ^ b)
    }
}

impl Lanes {
    #[inline(always)]
    pub fn of(bytes: [u8; 16]) -> Self {
        Lanes(imp::of(bytes))
    }

    #[inline(always)]
    pub fn splat(byte: u8) -> Self {
        Lanes::of([byte; 16])
    }

    #[inline(always)]
    pub fn bytes(self) -> [u8; 16] {
        imp::bytes(self.0)
    }

    /// How far apart two bytes without a sign are.
    #[inline(always)]
    pub fn apart(self, other: Self) -> Self {
        Lanes(imp::apart(self.0, other.0))
    }

    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        Lanes(imp::max(self.0, other.0))
    }

    /// The sum of bytes without a sign, 255 at most.
    #[inline(always)]
    pub fn sum(self, other: Self) -> Self {
        Lanes(imp::sum(self.0, other.0))
    }

    /// Half of a byte without a sign.
    #[inline(always)]
    pub fn half(self) -> Self {
        Lanes(imp::half_of(self.0, 1))
    }

    /// All bits where a byte without a sign is at most `limit`, else none.
    #[inline(always)]
    pub fn at_most(self, limit: u8) -> Self {
        Lanes(imp::at_most(self.0, Lanes::splat(limit).0))
    }

    #[inline(always)]
    pub fn and(self, mask: Self) -> Self {
        Lanes(imp::and(self.0, mask.0))
    }

    /// What of it lies outside the mask.
    #[inline(always)]
    pub fn without(self, mask: Self) -> Self {
        Lanes(imp::without(self.0, mask.0))
    }

    /// From bytes without a sign, whose middle is 128, to signed ones around 0, and back.
    #[inline(always)]
    pub fn recentred(self) -> Self {
        Lanes(imp::xor(self.0, Lanes::splat(128).0))
    }

    /// The sum of signed bytes, cut.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Lanes(imp::plus(self.0, other.0))
    }

    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        Lanes(imp::minus(self.0, other.0))
    }

    /// Signed bytes over a power of two, rounded down.
    #[inline(always)]
    pub fn shift_right(self, bits: u32) -> Self {
        Lanes(imp::shift_right(self.0, bits))
    }

    /// 27, 18 and 9 times signed bytes, over 128.
    #[inline(always)]
    pub fn parts(self) -> [Self; 3] {
        imp::parts(self.0).map(Lanes)
    }
}

/// 128 bytes as a table of so many rows by as many columns as there are, with the lower half of the rows between the upper half's:
/// of an address of seven bits the first goes to the end. Four of these turn 16 rows of 8 into 8 rows of 16, three turn them back.
#[inline(always)]
pub fn interleaved(v: [Lanes; 8]) -> [Lanes; 8] {
    let pairs = [0, 1, 2, 3].map(|i| imp::zip(v[i].0, v[i + 4].0));
    std::array::from_fn(|i| Lanes(if i.is_multiple_of(2) { pairs[i / 2].0 } else { pairs[i / 2].1 }))
}
