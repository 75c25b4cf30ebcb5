//! Bytes and 16-bit integers as arrays, with WebAssembly's meaning.

use super::{F32x4, I32x4};

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

    /// The same four bytes, four times.
    ///
    /// # Safety
    /// Four bytes can be read at `source`.
    #[must_use]
    pub unsafe fn load_four(source: *const u8) -> U8x16 {
        // SAFETY: the caller's guarantee.
        let four = unsafe { source.cast::<[u8; 4]>().read_unaligned() };
        U8x16(core::array::from_fn(|i| four[i % 4]))
    }

    /// `count` fours of bytes, 0 behind them.
    ///
    /// # Safety
    /// Four times `count` bytes can be read at `source`.
    #[must_use]
    pub unsafe fn load_fours(source: *const u8, count: usize) -> U8x16 {
        debug_assert!((1..=4).contains(&count));
        // SAFETY: the caller's guarantee.
        U8x16(core::array::from_fn(|i| if i < 4 * count { unsafe { source.add(i).read() } } else { 0 }))
    }

    /// Four bytes from each of four distances from `base`.
    ///
    /// # Safety
    /// Four bytes can be read at each of them.
    #[must_use]
    pub unsafe fn gather(base: *const u8, places: [usize; 4]) -> U8x16 {
        // SAFETY: the caller's guarantee.
        U8x16(core::array::from_fn(|i| unsafe { base.add(places[i / 4] + i % 4).read() }))
    }

    /// # Safety
    /// Sixteen bytes can be written at `destination`.
    pub unsafe fn store(self, destination: *mut u8) {
        // SAFETY: the caller's guarantee.
        unsafe { destination.cast::<[u8; 16]>().write_unaligned(self.0) }
    }

    /// The first `count` fours of bytes to memory.
    ///
    /// # Safety
    /// Four times `count` bytes can be written at `destination`.
    pub unsafe fn store_fours(self, destination: *mut u8, count: usize) {
        debug_assert!((1..=4).contains(&count));
        for (i, byte) in self.0.into_iter().enumerate().take(4 * count) {
            // SAFETY: the caller's guarantee.
            unsafe { destination.add(i).write(byte) };
        }
    }

    #[must_use]
    pub fn splat(value: u8) -> U8x16 {
        U8x16([value; 16])
    }

    #[must_use]
    pub fn min(self, other: U8x16) -> U8x16 {
        U8x16(core::array::from_fn(|i| self.0[i].min(other.0[i])))
    }

    #[must_use]
    pub fn max(self, other: U8x16) -> U8x16 {
        U8x16(core::array::from_fn(|i| self.0[i].max(other.0[i])))
    }

    #[must_use]
    pub fn xor(self, other: U8x16) -> U8x16 {
        U8x16(core::array::from_fn(|i| self.0[i] ^ other.0[i]))
    }

    #[must_use]
    pub fn or(self, other: U8x16) -> U8x16 {
        U8x16(core::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    /// The bytes at these places; 0 for places from 16 on.
    #[must_use]
    pub fn swizzle(self, places: U8x16) -> U8x16 {
        U8x16(places.0.map(|place| self.0.get(usize::from(place)).copied().unwrap_or(0)))
    }

    /// In each four of bytes 0 and the first three.
    #[must_use]
    pub fn one_up(self) -> U8x16 {
        U8x16(core::array::from_fn(|i| if i % 4 == 0 { 0 } else { self.0[i - 1] }))
    }

    /// As [`U8x16::zip`], of pairs of bytes.
    #[must_use]
    pub fn zip_pairs(self, next: U8x16) -> (U8x16, U8x16) {
        let both = [self.0, next.0];
        let lane = |i: usize| both[i / 2 % 2][i / 4 * 2 + i % 2];
        (U8x16(core::array::from_fn(lane)), U8x16(core::array::from_fn(|i| lane(16 + i))))
    }

    /// The first and the second half, taken as signed.
    #[must_use]
    pub fn widen_signed(self) -> (I16x8, I16x8) {
        let half = |first: usize| I16x8(core::array::from_fn(|i| i16::from(self.0[first + i] as i8)));
        (half(0), half(8))
    }

    /// To each lane of `sums` the products of its four bytes, taken as signed, with four bytes that are not. In the relaxed
    /// variant it is the engine's own instruction, whose meaning is probed first (kernels/integer.rs).
    #[must_use]
    pub fn dot(self, bytes: U8x16, sums: I32x4) -> I32x4 {
        let ((a, b), (c, d)) = (self.widen_signed(), bytes.widen());
        sums.add(a.dot(c).add_pairs(b.dot(d)))
    }

    /// As [`U8x16::dot`], of engines that take the other bytes as signed too; sums of two products wrap in 16 bits, as V8's first
    /// compiler has it.
    #[must_use]
    pub fn dot_signed(self, bytes: U8x16, sums: I32x4) -> I32x4 {
        let ((a, b), (c, d)) = (self.widen_signed(), bytes.widen_signed());
        let wrapped = |sums: I32x4| sums.shift_left(16).shift_right(16);
        sums.add(wrapped(a.dot(c)).add_pairs(wrapped(b.dot(d))))
    }

    /// The products of each two neighbours, of which the first factor is taken as signed, the other is not, and their sum held within
    /// 16 bits. It is the engine's own instruction, whose meaning is probed first (kernels/integer.rs).
    #[must_use]
    pub fn pairs(self, bytes: U8x16) -> I16x8 {
        let ((a, b), (c, d)) = (self.widen_signed(), bytes.widen());
        a.dot(c).narrow(b.dot(d))
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

    #[must_use]
    pub fn splat(value: i16) -> I16x8 {
        I16x8([value; 8])
    }

    #[must_use]
    pub fn add(self, other: I16x8) -> I16x8 {
        I16x8(core::array::from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }

    #[must_use]
    pub fn sub(self, other: I16x8) -> I16x8 {
        I16x8(core::array::from_fn(|i| self.0[i].wrapping_sub(other.0[i])))
    }

    /// 2^23 and each lane, which is not negative.
    #[must_use]
    pub fn above_2_23(self) -> (F32x4, F32x4) {
        let half = |first: usize| {
            F32x4::from_array(core::array::from_fn(|i| 8_388_608.0 + f32::from(self.0[first + i])))
        };
        (half(0), half(4))
    }

    /// The first and the second half, taken as signed.
    #[must_use]
    pub fn widen_signed(self) -> (I32x4, I32x4) {
        let half = |first: usize| I32x4(core::array::from_fn(|i| i32::from(self.0[first + i])));
        (half(0), half(4))
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

    /// Eight signed bytes.
    ///
    /// # Safety
    /// Eight bytes can be read at `source`.
    #[must_use]
    pub unsafe fn load_signed_bytes(source: *const u8) -> I16x8 {
        // SAFETY: the caller's guarantee.
        I16x8(unsafe { source.cast::<[i8; 8]>().read_unaligned() }.map(i16::from))
    }

    /// The pairs at even places of both, and those at odd ones.
    #[must_use]
    pub fn unzip_pairs(self, next: I16x8) -> (I16x8, I16x8) {
        let lane = |i: usize| if i < 8 { self.0[i] } else { next.0[i - 8] };
        let pairs = |first: usize| I16x8(core::array::from_fn(|i| lane(i / 2 * 4 + first + i % 2)));
        (pairs(0), pairs(2))
    }

    /// The first halves of both, and the second.
    #[must_use]
    pub fn unzip_halves(self, next: I16x8) -> (I16x8, I16x8) {
        let lane = |i: usize| if i < 8 { self.0[i] } else { next.0[i - 8] };
        let halves = |first: usize| I16x8(core::array::from_fn(|i| lane(i / 4 * 8 + first + i % 4)));
        (halves(0), halves(4))
    }

    /// The lanes of both as bytes, those beyond them at their ends.
    #[must_use]
    pub fn narrow(self, next: I16x8) -> U8x16 {
        let lane = |i: usize| if i < 8 { self.0[i] } else { next.0[i - 8] };
        U8x16(core::array::from_fn(|i| lane(i).clamp(0, 255) as u8))
    }

    /// Of two pixels of so many channels: each channel of the first beside that of the second. Lanes of channels that there
    /// are not mean nothing.
    #[must_use]
    pub fn neighbours<const CHANNELS: usize>(self) -> I16x8 {
        I16x8(core::array::from_fn(|i| self.0[(i / 2).min(CHANNELS - 1) + i % 2 * CHANNELS]))
    }
}

impl I32x4 {
    /// The same bits as bytes.
    #[must_use]
    pub fn as_bytes(self) -> U8x16 {
        U8x16(core::array::from_fn(|i| self.0[i / 4].to_le_bytes()[i % 4]))
    }

    /// The same bits as 16-bit integers.
    #[must_use]
    pub fn as_shorts(self) -> I16x8 {
        I16x8(core::array::from_fn(|i| (self.0[i / 2] >> (16 * (i % 2))) as i16))
    }

    /// The lanes of both as 16-bit integers, those beyond them at their ends.
    #[must_use]
    pub fn narrow(self, next: I32x4) -> I16x8 {
        let lane = |i: usize| if i < 4 { self.0[i] } else { next.0[i - 4] };
        I16x8(core::array::from_fn(|i| lane(i).clamp(i16::MIN.into(), i16::MAX.into()) as i16))
    }

    /// The sums of neighbouring lanes of both.
    #[must_use]
    pub fn add_pairs(self, next: I32x4) -> I32x4 {
        let [a, b, c, d] = self.0;
        let [e, f, g, h] = next.0;
        I32x4([a.wrapping_add(b), c.wrapping_add(d), e.wrapping_add(f), g.wrapping_add(h)])
    }
}
