//! Bytes and 16-bit integers as the `v128` of WebAssembly; what each method computes is told in `scalar_bytes.rs`.

use super::{w, F32x4, I32x4};

// core::arch writes a narrowing as comparisons and selections, of which LLVM makes one instruction again only where it stands
// alone; its own intrinsics stay one each.
mod narrowing {
    use super::w::v128;
    use core::mem::transmute;

    #[derive(Clone, Copy)]
    #[repr(simd)]
    struct Words([i32; 4]);
    #[derive(Clone, Copy)]
    #[repr(simd)]
    struct Shorts([i16; 8]);
    #[derive(Clone, Copy)]
    #[repr(simd)]
    struct Bytes([i8; 16]);

    #[allow(improper_ctypes)]
    unsafe extern "unadjusted" {
        #[link_name = "llvm.wasm.narrow.signed.v8i16.v4i32"]
        fn to_shorts(a: Words, b: Words) -> Shorts;
        #[link_name = "llvm.wasm.narrow.unsigned.v16i8.v8i16"]
        fn to_bytes(a: Shorts, b: Shorts) -> Bytes;
    }

    #[inline(always)]
    pub fn i16x8_of_i32x4(a: v128, b: v128) -> v128 {
        // SAFETY: vectors of the same bits.
        unsafe { transmute(to_shorts(transmute::<v128, Words>(a), transmute::<v128, Words>(b))) }
    }

    #[inline(always)]
    pub fn u8x16_of_i16x8(a: v128, b: v128) -> v128 {
        // SAFETY: as above.
        unsafe { transmute(to_bytes(transmute::<v128, Shorts>(a), transmute::<v128, Shorts>(b))) }
    }
}

#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct U8x16(w::v128);

#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct I16x8(w::v128);

impl U8x16 {
    /// # Safety
    /// Sixteen bytes can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load(source: *const u8) -> U8x16 {
        // SAFETY: the caller's guarantee.
        U8x16(unsafe { w::v128_load(source.cast()) })
    }

    /// # Safety
    /// Four bytes can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load_four(source: *const u8) -> U8x16 {
        // SAFETY: the caller's guarantee.
        U8x16(unsafe { w::v128_load32_splat(source.cast()) })
    }

    /// # Safety
    /// Four times `count` bytes can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load_fours(source: *const u8, count: usize) -> U8x16 {
        debug_assert!((1..=4).contains(&count));
        // SAFETY: each load reads bytes below `4 * count`.
        U8x16(unsafe {
            match count {
                4 => w::v128_load(source.cast()),
                1 => w::v128_load32_zero(source.cast()),
                2 => w::v128_load64_zero(source.cast()),
                _ => w::v128_load32_lane::<2>(w::v128_load64_zero(source.cast()), source.add(8).cast()),
            }
        })
    }

    /// # Safety
    /// Four bytes can be read at each of the four distances from `base`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn gather(base: *const u8, [a, b, c, d]: [usize; 4]) -> U8x16 {
        // SAFETY: the caller's guarantee.
        unsafe {
            let v = w::v128_load32_zero(base.add(a).cast());
            let v = w::v128_load32_lane::<1>(v, base.add(b).cast());
            let v = w::v128_load32_lane::<2>(v, base.add(c).cast());
            U8x16(w::v128_load32_lane::<3>(v, base.add(d).cast()))
        }
    }

    /// # Safety
    /// Sixteen bytes can be written at `destination`.
    #[inline(always)]
    pub unsafe fn store(self, destination: *mut u8) {
        // SAFETY: the caller's guarantee; wasm stores need no alignment.
        unsafe { w::v128_store(destination.cast(), self.0) }
    }

    /// # Safety
    /// Four times `count` bytes can be written at `destination`.
    #[inline(always)]
    pub unsafe fn store_fours(self, destination: *mut u8, count: usize) {
        debug_assert!((1..=4).contains(&count));
        // SAFETY: each store writes bytes below `4 * count`.
        unsafe {
            if count == 4 {
                return self.store(destination);
            }
            if count == 1 {
                return w::v128_store32_lane::<0>(self.0, destination.cast());
            }
            w::v128_store64_lane::<0>(self.0, destination.cast());
            if count == 3 {
                w::v128_store32_lane::<2>(self.0, destination.add(8).cast());
            }
        }
    }

    #[inline(always)]
    #[must_use]
    pub fn splat(value: u8) -> U8x16 {
        U8x16(w::u8x16_splat(value))
    }

    #[inline(always)]
    #[must_use]
    pub fn min(self, other: U8x16) -> U8x16 {
        U8x16(w::u8x16_min(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn max(self, other: U8x16) -> U8x16 {
        U8x16(w::u8x16_max(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn xor(self, other: U8x16) -> U8x16 {
        U8x16(w::v128_xor(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn or(self, other: U8x16) -> U8x16 {
        U8x16(w::v128_or(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn swizzle(self, places: U8x16) -> U8x16 {
        U8x16(w::u8x16_swizzle(self.0, places.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn one_up(self) -> U8x16 {
        U8x16(w::i32x4_shl(self.0, 8))
    }

    /// As [`U8x16::zip`], of pairs of bytes.
    #[inline(always)]
    #[must_use]
    pub fn zip_pairs(self, next: U8x16) -> (U8x16, U8x16) {
        let (a, b) = (self.0, next.0);
        (
            U8x16(w::i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b)),
            U8x16(w::i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(a, b)),
        )
    }

    #[inline(always)]
    #[must_use]
    pub fn widen_signed(self) -> (I16x8, I16x8) {
        (I16x8(w::i16x8_extend_low_i8x16(self.0)), I16x8(w::i16x8_extend_high_i8x16(self.0)))
    }

    #[inline(always)]
    #[must_use]
    pub fn dot(self, bytes: U8x16, sums: I32x4) -> I32x4 {
        I32x4(w::i32x4_relaxed_dot_i8x16_i7x16_add(self.0, bytes.0, sums.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn dot_signed(self, bytes: U8x16, sums: I32x4) -> I32x4 {
        self.dot(bytes, sums)
    }

    #[inline(always)]
    #[must_use]
    pub fn pairs(self, bytes: U8x16) -> I16x8 {
        I16x8(w::i16x8_relaxed_dot_i8x16_i7x16(self.0, bytes.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn zip(self, next: U8x16) -> (U8x16, U8x16) {
        let (a, b) = (self.0, next.0);
        (
            U8x16(w::i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(a, b)),
            U8x16(w::i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(a, b)),
        )
    }

    #[inline(always)]
    #[must_use]
    pub fn widen(self) -> (I16x8, I16x8) {
        (I16x8(w::u16x8_extend_low_u8x16(self.0)), I16x8(w::u16x8_extend_high_u8x16(self.0)))
    }
}

impl I16x8 {
    /// # Safety
    /// Eight elements can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load(source: *const i16) -> I16x8 {
        // SAFETY: the caller's guarantee; wasm loads need no alignment.
        I16x8(unsafe { w::v128_load(source.cast()) })
    }

    /// # Safety
    /// Two elements can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load_pair(source: *const i16) -> I16x8 {
        // SAFETY: the caller's guarantee.
        I16x8(unsafe { w::v128_load32_splat(source.cast()) })
    }

    /// # Safety
    /// Eight elements can be written at `destination`.
    #[inline(always)]
    pub unsafe fn store(self, destination: *mut i16) {
        // SAFETY: the caller's guarantee; wasm stores need no alignment.
        unsafe { w::v128_store(destination.cast(), self.0) }
    }

    #[inline(always)]
    #[must_use]
    pub fn splat(value: i16) -> I16x8 {
        I16x8(w::i16x8_splat(value))
    }

    #[inline(always)]
    #[must_use]
    pub fn add(self, other: I16x8) -> I16x8 {
        I16x8(w::i16x8_add(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn sub(self, other: I16x8) -> I16x8 {
        I16x8(w::i16x8_sub(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn widen_signed(self) -> (I32x4, I32x4) {
        (I32x4(w::i32x4_extend_low_i16x8(self.0)), I32x4(w::i32x4_extend_high_i16x8(self.0)))
    }

    #[inline(always)]
    #[must_use]
    pub fn dot(self, other: I16x8) -> I32x4 {
        I32x4(w::i32x4_dot_i16x8(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn widen(self) -> (I32x4, I32x4) {
        (I32x4(w::u32x4_extend_low_u16x8(self.0)), I32x4(w::u32x4_extend_high_u16x8(self.0)))
    }

    /// 2^23 and each lane, which is not negative.
    #[inline(always)]
    #[must_use]
    pub fn above_2_23(self) -> (F32x4, F32x4) {
        let upper = w::u16x8_splat(0x4b00);
        (
            F32x4(w::i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(self.0, upper)),
            F32x4(w::i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(self.0, upper)),
        )
    }

    /// # Safety
    /// Eight bytes can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load_signed_bytes(source: *const u8) -> I16x8 {
        // SAFETY: the caller's guarantee.
        I16x8(unsafe { w::i16x8_load_extend_i8x8(source.cast()) })
    }

    #[inline(always)]
    #[must_use]
    pub fn unzip_pairs(self, next: I16x8) -> (I16x8, I16x8) {
        (
            I16x8(w::i32x4_shuffle::<0, 2, 4, 6>(self.0, next.0)),
            I16x8(w::i32x4_shuffle::<1, 3, 5, 7>(self.0, next.0)),
        )
    }

    #[inline(always)]
    #[must_use]
    pub fn unzip_halves(self, next: I16x8) -> (I16x8, I16x8) {
        (I16x8(w::i64x2_shuffle::<0, 2>(self.0, next.0)), I16x8(w::i64x2_shuffle::<1, 3>(self.0, next.0)))
    }

    #[inline(always)]
    #[must_use]
    pub fn narrow(self, next: I16x8) -> U8x16 {
        U8x16(narrowing::u8x16_of_i16x8(self.0, next.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn neighbours<const CHANNELS: usize>(self) -> I16x8 {
        let v = self.0;
        I16x8(match CHANNELS {
            1 => w::i16x8_shuffle::<0, 1, 0, 1, 0, 1, 0, 1>(v, v),
            2 => w::i16x8_shuffle::<0, 2, 1, 3, 0, 2, 1, 3>(v, v),
            3 => w::i16x8_shuffle::<0, 3, 1, 4, 2, 5, 2, 5>(v, v),
            _ => w::i16x8_shuffle::<0, 4, 1, 5, 2, 6, 3, 7>(v, v),
        })
    }
}

impl I32x4 {
    #[inline(always)]
    #[must_use]
    pub fn as_bytes(self) -> U8x16 {
        U8x16(self.0)
    }

    #[inline(always)]
    #[must_use]
    pub fn as_shorts(self) -> I16x8 {
        I16x8(self.0)
    }

    #[inline(always)]
    #[must_use]
    pub fn narrow(self, next: I32x4) -> I16x8 {
        I16x8(narrowing::i16x8_of_i32x4(self.0, next.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn add_pairs(self, next: I32x4) -> I32x4 {
        let even = w::i32x4_shuffle::<0, 2, 4, 6>(self.0, next.0);
        let odd = w::i32x4_shuffle::<1, 3, 5, 7>(self.0, next.0);
        I32x4(w::i32x4_add(even, odd))
    }
}
