//! Bytes and 16-bit integers as the `v128` of WebAssembly; what each method computes is told in `scalar_bytes.rs`.

use super::{w, I32x4};

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
    pub fn dot(self, other: I16x8) -> I32x4 {
        I32x4(w::i32x4_dot_i16x8(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn widen(self) -> (I32x4, I32x4) {
        (I32x4(w::u32x4_extend_low_u16x8(self.0)), I32x4(w::u32x4_extend_high_u16x8(self.0)))
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
    pub fn narrow(self, next: I32x4) -> I16x8 {
        I16x8(w::i16x8_narrow_i32x4(self.0, next.0))
    }
}
