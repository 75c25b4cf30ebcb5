//! The one vector type of the kernels: four float32 lanes, with their masks and bit patterns; and for pictures bytes and 16-bit
//! integers.
//!
//! On wasm the lanes are one `v128`; elsewhere (native tests) an array. Both give the same bits, NaN payloads
//! aside, but for [`F32x4::madd`]: it rounds once where `relaxed-simd` is compiled in, twice otherwise.
//! Loads and stores need no alignment; the partial ones touch `count` lanes and no byte more.

// `a.mul(b).add(c)` names the instructions in their order, which decides the bits; operators would hide them.
#[cfg(target_arch = "wasm32")]
#[allow(clippy::should_implement_trait)]
#[path = "simd/wasm.rs"]
mod lanes;
#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::should_implement_trait)]
#[path = "simd/scalar.rs"]
mod lanes;

pub use lanes::{F32x4, I16x8, I32x4, Mask, U8x16};

/// Lanes of a vector.
pub const LANES: usize = 4;

impl F32x4 {
    pub const ZERO: F32x4 = F32x4::constant(0.0);

    /// `self * b + c`, always rounded twice: for what must not depend on the variant.
    #[inline(always)]
    #[must_use]
    pub fn mul_add_exact(self, b: F32x4, c: F32x4) -> F32x4 {
        self.mul(b).add(c)
    }

    /// The sum, and `rest` with what it rounded away (Knuth, The Art of Computer Programming, volume 2, 4.2.2).
    #[inline(always)]
    #[must_use]
    pub fn add_keeping(self, other: F32x4, rest: F32x4) -> (F32x4, F32x4) {
        let sum = self.add(other);
        let of_other = sum.sub(self);
        let lost = self.sub(sum.sub(of_other)).add(other.sub(of_other));
        // Of infinities there is no rest.
        (sum, rest.add(lost.eq(lost).keep(lost)))
    }

    /// The lanes from `first` on, the last one repeated.
    #[inline(always)]
    #[must_use]
    pub fn from_lane(self, first: usize) -> F32x4 {
        let lanes = self.to_array();
        // SAFETY: the places are below four.
        unsafe {
            F32x4::gather(lanes.as_ptr(), [0, 1, 2, 3].map(|lane: usize| (lane + first).min(LANES - 1)))
        }
    }

    /// The sum of the lanes, in the order (0 + 2) + (1 + 3).
    #[inline(always)]
    #[must_use]
    pub fn sum(self) -> f32 {
        let [a, b, c, d] = self.to_array();
        (a + c) + (b + d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_loads_and_stores_touch_their_lanes_only() {
        let source = [1.0f32, 2.0, 3.0, 4.0];
        for count in 1..=4 {
            let mut out = [9.0f32; 5];
            // SAFETY: `count <= 4` elements of both arrays.
            unsafe {
                let v = F32x4::load_partial(source.as_ptr(), count);
                v.store_partial(out.as_mut_ptr(), count);
                let lanes = v.to_array();
                for (lane, &value) in lanes.iter().enumerate() {
                    assert_eq!(value, if lane < count { source[lane] } else { 0.0 });
                }
            }
            for (lane, &value) in out.iter().enumerate() {
                assert_eq!(value, if lane < count { source[lane] } else { 9.0 });
            }
        }
    }

    #[test]
    fn minimum_and_maximum_propagate_nan_and_order_zeros() {
        let nan = F32x4::splat(f32::NAN);
        let one = F32x4::splat(1.0);
        for v in [nan.max(one), one.max(nan), nan.min(one), one.min(nan)] {
            assert!(v.to_array()[0].is_nan());
        }
        let (plus, minus) = (F32x4::splat(0.0), F32x4::splat(-0.0));
        for v in [plus.max(minus), minus.max(plus)] {
            assert!(v.to_array()[0].is_sign_positive());
        }
        for v in [plus.min(minus), minus.min(plus)] {
            assert!(v.to_array()[0].is_sign_negative());
        }
        assert!(nan.pmax(one).to_array()[0].is_nan());
        assert_eq!(one.pmax(nan).to_array()[0], 1.0);
    }

    #[test]
    fn conversion_to_integers_saturates_and_takes_nan_to_zero() {
        let v = F32x4::from_array([f32::NAN, 3e9, -3e9, -1.5]).to_i32();
        assert_eq!(v.to_array(), [0, i32::MAX, i32::MIN, -1]);
        assert_eq!(v.to_f32().to_array()[3], -1.0);
    }

    #[test]
    fn even_and_odd_lanes_of_two_vectors() {
        let a = F32x4::from_array([0.0, 1.0, 2.0, 3.0]);
        let b = F32x4::from_array([4.0, 5.0, 6.0, 7.0]);
        let (even, odd) = a.unzip(b);
        assert_eq!(even.to_array(), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(odd.to_array(), [1.0, 3.0, 5.0, 7.0]);
        let rows = F32x4::transpose([a, b, a.add(b), a.sub(b)]);
        assert_eq!(rows[1].to_array(), [1.0, 5.0, 6.0, -4.0]);
        assert_eq!(rows[3].to_array(), [3.0, 7.0, 10.0, -4.0]);
        assert_eq!(a.followed_by(b).to_array(), [1.0, 2.0, 3.0, 4.0]);
    }
}
