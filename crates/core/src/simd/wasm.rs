//! Vectors as the `v128` of WebAssembly; what each method computes is told in `scalar.rs`.

use core::arch::wasm32 as w;

#[path = "wasm_bytes.rs"]
mod bytes;
pub use bytes::{I16x8, U8x16};

#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct F32x4(w::v128);

#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct I32x4(w::v128);

#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Mask(w::v128);

macro_rules! binary {
    ($($name:ident = $instruction:ident),* $(,)?) => {
        $(
            #[inline(always)]
            #[must_use]
            pub fn $name(self, other: F32x4) -> F32x4 {
                F32x4(w::$instruction(self.0, other.0))
            }
        )*
    };
}

macro_rules! unary {
    ($($name:ident = $instruction:ident),* $(,)?) => {
        $(
            #[inline(always)]
            #[must_use]
            pub fn $name(self) -> F32x4 {
                F32x4(w::$instruction(self.0))
            }
        )*
    };
}

macro_rules! compare {
    ($($name:ident = $instruction:ident),* $(,)?) => {
        $(
            #[inline(always)]
            #[must_use]
            pub fn $name(self, other: F32x4) -> Mask {
                Mask(w::$instruction(self.0, other.0))
            }
        )*
    };
}

impl F32x4 {
    /// Whether `madd` is one instruction here, which keeps what a product's rounding would lose.
    #[inline(always)]
    #[must_use]
    pub fn is_fused() -> bool {
        let above_one = F32x4::splat(core::hint::black_box(1.0 + f32::EPSILON));
        let rounded = F32x4::splat(-1.0 - 2.0 * f32::EPSILON);
        above_one.madd(above_one, rounded).to_array()[0] != 0.0
    }

    #[inline(always)]
    #[must_use]
    pub const fn constant(value: f32) -> F32x4 {
        F32x4(w::f32x4(value, value, value, value))
    }

    #[inline(always)]
    #[must_use]
    pub fn splat(value: f32) -> F32x4 {
        F32x4(w::f32x4_splat(value))
    }

    #[inline(always)]
    #[must_use]
    pub fn from_array([a, b, c, d]: [f32; 4]) -> F32x4 {
        F32x4(w::f32x4(a, b, c, d))
    }

    #[inline(always)]
    #[must_use]
    pub fn to_array(self) -> [f32; 4] {
        [
            w::f32x4_extract_lane::<0>(self.0),
            w::f32x4_extract_lane::<1>(self.0),
            w::f32x4_extract_lane::<2>(self.0),
            w::f32x4_extract_lane::<3>(self.0),
        ]
    }

    /// # Safety
    /// Four elements can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load(source: *const f32) -> F32x4 {
        // SAFETY: the caller's guarantee; wasm loads need no alignment.
        F32x4(unsafe { w::v128_load(source.cast()) })
    }

    /// # Safety
    /// One element can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load_splat(source: *const f32) -> F32x4 {
        // SAFETY: the caller's guarantee.
        F32x4(unsafe { w::v128_load32_splat(source.cast()) })
    }

    /// # Safety
    /// One element can be read at each of the four places.
    #[inline(always)]
    #[must_use]
    pub unsafe fn gather(base: *const f32, [a, b, c, d]: [usize; 4]) -> F32x4 {
        // SAFETY: the caller's guarantee.
        unsafe {
            let v = w::v128_load32_zero(base.add(a).cast());
            let v = w::v128_load32_lane::<1>(v, base.add(b).cast());
            let v = w::v128_load32_lane::<2>(v, base.add(c).cast());
            F32x4(w::v128_load32_lane::<3>(v, base.add(d).cast()))
        }
    }

    /// # Safety
    /// Four elements can be written at `destination`.
    #[inline(always)]
    pub unsafe fn store(self, destination: *mut f32) {
        // SAFETY: the caller's guarantee; wasm stores need no alignment.
        unsafe { w::v128_store(destination.cast(), self.0) }
    }

    /// # Safety
    /// `count` elements can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load_partial(source: *const f32, count: usize) -> F32x4 {
        debug_assert!((1..=4).contains(&count));
        // SAFETY: the caller's guarantee.
        unsafe {
            if count < 4 {
                F32x4::load_few(source, count)
            } else {
                F32x4::load(source)
            }
        }
    }

    // Lane by lane LLVM makes a call of memory.copy of it.
    /// # Safety
    /// As [`F32x4::load_partial`]; fewer than four.
    #[inline(never)]
    unsafe fn load_few(source: *const f32, count: usize) -> F32x4 {
        // SAFETY: each load reads elements below `count`.
        F32x4(unsafe {
            match count {
                1 => w::v128_load32_zero(source.cast()),
                2 => w::v128_load64_zero(source.cast()),
                _ => w::v128_load32_lane::<2>(w::v128_load64_zero(source.cast()), source.add(2).cast()),
            }
        })
    }

    /// # Safety
    /// Two elements can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load_two(source: *const f32) -> F32x4 {
        // SAFETY: the caller's guarantee.
        F32x4(unsafe { w::v128_load64_zero(source.cast()) })
    }

    /// # Safety
    /// Two elements can be written at `destination`.
    #[inline(always)]
    pub unsafe fn store_two(self, destination: *mut f32) {
        // SAFETY: the caller's guarantee.
        unsafe { w::v128_store64_lane::<0>(self.0, destination.cast()) }
    }

    /// # Safety
    /// `count` elements can be written at `destination`.
    #[inline(always)]
    pub unsafe fn store_partial(self, destination: *mut f32, count: usize) {
        debug_assert!((1..=4).contains(&count));
        // SAFETY: the caller's guarantee.
        unsafe {
            if count < 4 {
                self.store_few(destination, count);
            } else {
                self.store(destination);
            }
        }
    }

    /// # Safety
    /// As [`F32x4::store_partial`]; fewer than four.
    #[inline(never)]
    unsafe fn store_few(self, destination: *mut f32, count: usize) {
        // SAFETY: each store writes elements below `count`.
        unsafe {
            if count == 1 {
                return w::v128_store32_lane::<0>(self.0, destination.cast());
            }
            w::v128_store64_lane::<0>(self.0, destination.cast());
            if count == 3 {
                w::v128_store32_lane::<2>(self.0, destination.add(2).cast());
            }
        }
    }

    #[inline(always)]
    #[must_use]
    pub fn madd(self, b: F32x4, c: F32x4) -> F32x4 {
        F32x4(w::f32x4_relaxed_madd(self.0, b.0, c.0))
    }

    /// `self < other ? other : self`: NaN stays in the first operand. (Of both LLVM makes `relaxed_max` and `relaxed_min`,
    /// which may lose it; the build turns them back.)
    #[inline(always)]
    #[must_use]
    pub fn pmax(self, other: F32x4) -> F32x4 {
        F32x4(w::f32x4_pmax(self.0, other.0))
    }

    /// `other < self ? other : self`: NaN stays in the first operand.
    #[inline(always)]
    #[must_use]
    pub fn pmin(self, other: F32x4) -> F32x4 {
        F32x4(w::f32x4_pmin(self.0, other.0))
    }

    binary!(
        add = f32x4_add,
        sub = f32x4_sub,
        mul = f32x4_mul,
        div = f32x4_div,
        min = f32x4_min,
        max = f32x4_max,
    );
    unary!(
        abs = f32x4_abs,
        neg = f32x4_neg,
        sqrt = f32x4_sqrt,
        floor = f32x4_floor,
        ceil = f32x4_ceil,
        trunc = f32x4_trunc,
        nearest = f32x4_nearest,
    );
    compare!(eq = f32x4_eq, ne = f32x4_ne, lt = f32x4_lt, le = f32x4_le, gt = f32x4_gt, ge = f32x4_ge,);

    #[inline(always)]
    #[must_use]
    pub fn unzip(self, next: F32x4) -> (F32x4, F32x4) {
        (
            F32x4(w::i32x4_shuffle::<0, 2, 4, 6>(self.0, next.0)),
            F32x4(w::i32x4_shuffle::<1, 3, 5, 7>(self.0, next.0)),
        )
    }

    #[inline(always)]
    #[must_use]
    pub fn zip(self, next: F32x4) -> (F32x4, F32x4) {
        (
            F32x4(w::i32x4_shuffle::<0, 4, 1, 5>(self.0, next.0)),
            F32x4(w::i32x4_shuffle::<2, 6, 3, 7>(self.0, next.0)),
        )
    }

    /// # Safety
    /// Two elements can be read at each place.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load_pairs(base: *const f32, [a, b]: [usize; 2]) -> F32x4 {
        // SAFETY: the caller's guarantee.
        unsafe {
            let v = w::v128_load64_zero(base.add(a).cast());
            F32x4(w::v128_load64_lane::<1>(v, base.add(b).cast()))
        }
    }

    #[inline(always)]
    #[must_use]
    pub fn even_then_odd(self, next: F32x4) -> F32x4 {
        F32x4(w::i32x4_shuffle::<0, 2, 5, 7>(self.0, next.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn flip(self, bits: I32x4) -> F32x4 {
        F32x4(w::v128_xor(self.0, bits.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn halfway_to(self, next: F32x4) -> F32x4 {
        F32x4(w::i32x4_shuffle::<2, 3, 4, 5>(self.0, next.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn pick(self, bytes: I32x4) -> F32x4 {
        F32x4(w::i8x16_relaxed_swizzle(self.0, bytes.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn followed_by(self, next: F32x4) -> F32x4 {
        F32x4(w::i32x4_shuffle::<1, 2, 3, 4>(self.0, next.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn transpose([a, b, c, d]: [F32x4; 4]) -> [F32x4; 4] {
        let ab_low = w::i32x4_shuffle::<0, 4, 1, 5>(a.0, b.0);
        let ab_high = w::i32x4_shuffle::<2, 6, 3, 7>(a.0, b.0);
        let cd_low = w::i32x4_shuffle::<0, 4, 1, 5>(c.0, d.0);
        let cd_high = w::i32x4_shuffle::<2, 6, 3, 7>(c.0, d.0);
        [
            F32x4(w::i32x4_shuffle::<0, 1, 4, 5>(ab_low, cd_low)),
            F32x4(w::i32x4_shuffle::<2, 3, 6, 7>(ab_low, cd_low)),
            F32x4(w::i32x4_shuffle::<0, 1, 4, 5>(ab_high, cd_high)),
            F32x4(w::i32x4_shuffle::<2, 3, 6, 7>(ab_high, cd_high)),
        ]
    }

    #[inline(always)]
    #[must_use]
    pub fn to_i32(self) -> I32x4 {
        I32x4(w::i32x4_trunc_sat_f32x4(self.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn bits(self) -> I32x4 {
        I32x4(self.0)
    }
}

impl I32x4 {
    #[inline(always)]
    #[must_use]
    pub fn splat(value: i32) -> I32x4 {
        I32x4(w::i32x4_splat(value))
    }

    #[inline(always)]
    #[must_use]
    pub fn from_array([a, b, c, d]: [i32; 4]) -> I32x4 {
        I32x4(w::i32x4(a, b, c, d))
    }

    #[inline(always)]
    #[must_use]
    pub fn to_array(self) -> [i32; 4] {
        [
            w::i32x4_extract_lane::<0>(self.0),
            w::i32x4_extract_lane::<1>(self.0),
            w::i32x4_extract_lane::<2>(self.0),
            w::i32x4_extract_lane::<3>(self.0),
        ]
    }

    /// # Safety
    /// Four elements can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load(source: *const i32) -> I32x4 {
        // SAFETY: the caller's guarantee; wasm loads need no alignment.
        I32x4(unsafe { w::v128_load(source.cast()) })
    }

    /// # Safety
    /// Four elements can be written at `destination`.
    #[inline(always)]
    pub unsafe fn store(self, destination: *mut i32) {
        // SAFETY: the caller's guarantee; wasm stores need no alignment.
        unsafe { w::v128_store(destination.cast(), self.0) }
    }

    /// # Safety
    /// Four bytes can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load_bytes(source: *const u8) -> I32x4 {
        // SAFETY: the caller's guarantee.
        let bytes = unsafe { w::v128_load32_zero(source.cast()) };
        I32x4(w::u32x4_extend_low_u16x8(w::u16x8_extend_low_u8x16(bytes)))
    }

    /// # Safety
    /// Four bytes can be read at `source`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn load_signed_bytes(source: *const i8) -> I32x4 {
        // SAFETY: the caller's guarantee.
        let bytes = unsafe { w::v128_load32_zero(source.cast()) };
        I32x4(w::i32x4_extend_low_i16x8(w::i16x8_extend_low_i8x16(bytes)))
    }

    /// # Safety
    /// Four bytes can be written at `destination`.
    #[inline(always)]
    pub unsafe fn store_bytes(self, destination: *mut u8) {
        let bytes = w::i8x16_shuffle::<0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12>(self.0, self.0);
        // SAFETY: the caller's guarantee.
        unsafe { w::v128_store32_lane::<0>(bytes, destination.cast()) }
    }

    #[inline(always)]
    #[must_use]
    pub fn add(self, other: I32x4) -> I32x4 {
        I32x4(w::i32x4_add(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn sub(self, other: I32x4) -> I32x4 {
        I32x4(w::i32x4_sub(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn mul(self, other: I32x4) -> I32x4 {
        I32x4(w::i32x4_mul(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn xor(self, other: I32x4) -> I32x4 {
        I32x4(w::v128_xor(self.0, other.0))
    }

    /// The lower and the upper halves of the products of lanes that are taken as unsigned.
    #[inline(always)]
    #[must_use]
    pub fn product(self, other: I32x4) -> (I32x4, I32x4) {
        let (left, right) =
            (w::u64x2_extmul_low_u32x4(self.0, other.0), w::u64x2_extmul_high_u32x4(self.0, other.0));
        (
            I32x4(w::i32x4_shuffle::<0, 2, 4, 6>(left, right)),
            I32x4(w::i32x4_shuffle::<1, 3, 5, 7>(left, right)),
        )
    }

    #[inline(always)]
    #[must_use]
    pub fn min(self, other: I32x4) -> I32x4 {
        I32x4(w::i32x4_min(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn max(self, other: I32x4) -> I32x4 {
        I32x4(w::i32x4_max(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn and(self, other: I32x4) -> I32x4 {
        I32x4(w::v128_and(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn or(self, other: I32x4) -> I32x4 {
        I32x4(w::v128_or(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn shift_left(self, bits: u32) -> I32x4 {
        I32x4(w::i32x4_shl(self.0, bits))
    }

    #[inline(always)]
    #[must_use]
    pub fn shift_right(self, bits: u32) -> I32x4 {
        I32x4(w::i32x4_shr(self.0, bits))
    }

    #[inline(always)]
    #[must_use]
    pub fn eq(self, other: I32x4) -> Mask {
        Mask(w::i32x4_eq(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn lt(self, other: I32x4) -> Mask {
        Mask(w::i32x4_lt(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn below(self, limit: I32x4) -> Mask {
        Mask(w::u32x4_lt(self.0, limit.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn to_f32(self) -> F32x4 {
        F32x4(w::f32x4_convert_i32x4(self.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn as_f32(self) -> F32x4 {
        F32x4(self.0)
    }
}

impl Mask {
    #[inline(always)]
    #[must_use]
    pub fn select(self, set: F32x4, clear: F32x4) -> F32x4 {
        F32x4(w::v128_bitselect(set.0, clear.0, self.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn and(self, other: Mask) -> Mask {
        Mask(w::v128_and(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn or(self, other: Mask) -> Mask {
        Mask(w::v128_or(self.0, other.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn any(self) -> bool {
        w::v128_any_true(self.0)
    }

    #[inline(always)]
    #[must_use]
    pub fn keep(self, value: F32x4) -> F32x4 {
        F32x4(w::v128_and(self.0, value.0))
    }

    #[inline(always)]
    #[must_use]
    pub fn bits(self) -> I32x4 {
        I32x4(self.0)
    }
}
