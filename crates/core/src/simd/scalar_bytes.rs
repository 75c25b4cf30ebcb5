//! Bytes and 16-bit integers as arrays, with WebAssembly's meaning.

use super::I32x4;

#[derive(Clone, Copy, Debug)]
pub struct U8x16([u8; 16]);

#[derive(Clone, Copy, Debug)]
pub struct I16x8([i16; 8]);

impl U8x16 {
    /// # Safety
    /// Sixteen bytes can be read at `source`.
    #[must_use]
    pub unsafe fn load(source: *const u8) -> U8x16 {
        // SAFETY: the caller's guarantee.
        U8x16(unsafe { source.cast::<[u8; 16]>().read_unaligned() })
    }

    /// The lanes of both in turns: of their first halves, and of their second halves.
    #[must_use]
    pub fn zip(self, next: U8x16) -> (U8x16, U8x16) {
        let both = [self.0, next.0];
        let lane = |i: usize| both[i % 2][i / 2];
        (U8x16(core::array::from_fn(lane)), U8x16(core::array::from_fn(|i| lane(16 + i))))
    }

    /// The first and the second half, as 16-bit integers.
    #[must_use]
    pub fn widen(self) -> (I16x8, I16x8) {
        let half = |first: usize| I16x8(core::array::from_fn(|i| i16::from(self.0[first + i])));
        (half(0), half(8))
    }
}

impl I16x8 {
    /// # Safety
    /// Eight elements can be read at `source`.
    #[must_use]
    pub unsafe fn load(source: *const i16) -> I16x8 {
        // SAFETY: the caller's guarantee.
        I16x8(unsafe { source.cast::<[i16; 8]>().read_unaligned() })
    }

    /// Two elements, four times.
    ///
    /// # Safety
    /// Two elements can be read at `source`.
    #[must_use]
    pub unsafe fn load_pair(source: *const i16) -> I16x8 {
        // SAFETY: the caller's guarantee.
        let [a, b] = unsafe { source.cast::<[i16; 2]>().read_unaligned() };
        I16x8([a, b, a, b, a, b, a, b])
    }

    /// # Safety
    /// Eight elements can be written at `destination`.
    pub unsafe fn store(self, destination: *mut i16) {
        // SAFETY: the caller's guarantee.
        unsafe { destination.cast::<[i16; 8]>().write_unaligned(self.0) }
    }

    /// The products, each two neighbours added.
    #[must_use]
    pub fn dot(self, other: I16x8) -> I32x4 {
        let product = |i: usize| i32::from(self.0[i]) * i32::from(other.0[i]);
        I32x4(core::array::from_fn(|i| product(2 * i).wrapping_add(product(2 * i + 1))))
    }

    /// The first and the second half, taken as unsigned.
    #[must_use]
    pub fn widen(self) -> (I32x4, I32x4) {
        let half = |first: usize| I32x4(core::array::from_fn(|i| i32::from(self.0[first + i] as u16)));
        (half(0), half(4))
    }

    /// Of two pixels of so many channels: each channel of the first beside that of the second. Lanes of channels that there
    /// are not mean nothing.
    #[must_use]
    pub fn neighbours<const CHANNELS: usize>(self) -> I16x8 {
        I16x8(core::array::from_fn(|i| self.0[(i / 2).min(CHANNELS - 1) + i % 2 * CHANNELS]))
    }
}

impl I32x4 {
    /// The lanes of both as 16-bit integers, those beyond them at their ends.
    #[must_use]
    pub fn narrow(self, next: I32x4) -> I16x8 {
        let lane = |i: usize| if i < 4 { self.0[i] } else { next.0[i - 4] };
        I16x8(core::array::from_fn(|i| lane(i).clamp(i16::MIN.into(), i16::MAX.into()) as i16))
    }
}
