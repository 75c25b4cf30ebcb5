//! Floats of 16 bits to those of 32, exactly, and back, to the nearest, ties to even. IEEE 754's binary16 has a sign, 5 bits of
//! exponent and 10 of fraction, for which there are 8 and 23: its bits in their new place are the value times 2^-112, also
//! where it is subnormal; infinities and NaN get the exponent of all ones, which the product would miss. bfloat16 is the upper
//! half of a float. Readers and writers of files call it.

use core::slice;

/// Halves that are converted at a time: two vectors of floats.
const RUN: usize = 8;

#[inline(always)]
fn from_half(half: u16) -> f32 {
    const SCALE: f32 = f32::from_bits((127 + 112) << 23);
    let magnitude = u32::from(half & 0x7fff);
    let finite = (f32::from_bits(magnitude << 13) * SCALE).to_bits();
    let all_ones = if magnitude >= 0x7c00 { 0x7f80_0000 } else { 0 };
    f32::from_bits(finite | all_ones | u32::from(half & 0x8000) << 16)
}

#[inline(always)]
fn from_upper(upper: u16) -> f32 {
    f32::from_bits(u32::from(upper) << 16)
}

/// `count` numbers of 16 bits, binary16 or bfloat16, that fill the second half of the memory of as many floats become these
/// floats, from the front: what is written lies before what is still to be read.
///
/// # Safety
/// `count` floats at `at` can be read and written.
pub unsafe fn widen(at: *mut f32, count: usize, binary16: bool) {
    // SAFETY: the caller's guarantee.
    unsafe {
        if binary16 {
            widen_by(at, count, from_half);
        } else {
            widen_by(at, count, from_upper);
        }
    }
}

/// # Safety
/// As in `widen`.
#[inline(always)]
unsafe fn widen_by(at: *mut f32, count: usize, widened: impl Fn(u16) -> f32 + Copy) {
    // SAFETY: the second half of the memory.
    let halves = unsafe { at.cast::<u16>().add(count) };
    let whole = count - count % RUN;
    for first in (0..whole).step_by(RUN) {
        // SAFETY: the run lies within `count`; it is read before it is written. The numbers behind it are at byte
        // 2 * (count + first + RUN) at least, the floats up to it end at 4 * (first + RUN), which is no more.
        unsafe {
            let run = halves.add(first).cast::<[u16; RUN]>().read_unaligned();
            at.add(first).cast::<[f32; RUN]>().write_unaligned(run.map(widened));
        }
    }
    for index in whole..count {
        // SAFETY: as above, one by one.
        unsafe { at.add(index).write(widened(halves.add(index).read())) };
    }
}

#[inline(always)]
fn to_half(value: f32) -> u16 {
    const INFINITE: u32 = 0x7c00;
    let bits = value.to_bits();
    let magnitude = bits & 0x7fff_ffff;
    // Half a unit less one, and one more where the last digit is odd: the carry rounds.
    let normal = ((magnitude + 0xfff + (magnitude >> 13 & 1)) >> 13).wrapping_sub(112 << 10);
    // Next to 0.5 neighbouring floats are 2^-24 apart, as subnormal halves are: the addition rounds.
    let subnormal = (f32::from_bits(magnitude) + 0.5).to_bits().wrapping_sub(0.5f32.to_bits());
    let near = if magnitude < 113 << 23 { subnormal } else { normal };
    let finite = if magnitude >= 143 << 23 || near > INFINITE { INFINITE } else { near };
    let found = if magnitude > 0x7f80_0000 { INFINITE | 0x200 } else { finite };
    (found | bits >> 16 & 0x8000) as u16
}

#[inline(always)]
fn to_upper(value: f32) -> u16 {
    let bits = value.to_bits();
    let near = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    let nan = bits >> 16 | 0x40;
    (if bits & 0x7fff_ffff > 0x7f80_0000 { nan } else { near }) as u16
}

/// `count` floats at `from` as numbers of 16 bits at `to`, binary16 or bfloat16: the nearest, ties to even; infinite what lies
/// beyond all of them by half a unit.
///
/// # Safety
/// `count` floats at `from` can be read, as many numbers at `to` be written, and they share no memory.
pub unsafe fn narrow(from: *const f32, to: *mut u16, count: usize, binary16: bool) {
    // SAFETY: the caller's guarantee.
    let (from, to) = unsafe { (slice::from_raw_parts(from, count), slice::from_raw_parts_mut(to, count)) };
    if binary16 {
        to.iter_mut().zip(from).for_each(|(to, &value)| *to = to_half(value));
    } else {
        to.iter_mut().zip(from).for_each(|(to, &value)| *to = to_upper(value));
    }
}

#[cfg(test)]
mod tests {
    use super::{narrow, to_half, to_upper, widen};
    use std::vec;
    use std::vec::Vec;

    /// By the definition: sign, fraction and power of two.
    fn value(half: u16) -> f64 {
        let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
        let (exponent, fraction) = (i32::from(half >> 10 & 31), f64::from(half & 1023));
        sign * match exponent {
            0 => fraction * 2f64.powi(-24),
            31 if fraction == 0.0 => f64::INFINITY,
            31 => f64::NAN,
            _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
        }
    }

    #[test]
    fn every_half() {
        for count in [0, 1, 7, 8, 9, 65536] {
            let halves: Vec<u16> = (0..count).map(|index| (index * 40503) as u16).collect();
            let mut memory = vec![0f32; count];
            // SAFETY: halves are two bytes each, and have half of the memory's four.
            unsafe {
                let second = memory.as_mut_ptr().cast::<u16>().add(count);
                second.copy_from_nonoverlapping(halves.as_ptr(), count);
                widen(memory.as_mut_ptr(), count, true);
            }
            for (&half, &found) in halves.iter().zip(&memory) {
                let expected = value(half);
                assert!(f64::from(found) == expected || found.is_nan() && expected.is_nan(), "{half:x}");
                assert_eq!(found.is_sign_negative(), half & 0x8000 != 0, "{half:x}");
            }
        }
    }

    #[test]
    fn every_half_there_and_back() {
        let halves: Vec<u16> = (0..=u16::MAX).collect();
        for binary16 in [true, false] {
            let mut floats = vec![0f32; halves.len()];
            let mut found = vec![0u16; halves.len()];
            // SAFETY: memory of the sizes that they ask for.
            unsafe {
                let second = floats.as_mut_ptr().cast::<u16>().add(halves.len());
                second.copy_from_nonoverlapping(halves.as_ptr(), halves.len());
                widen(floats.as_mut_ptr(), halves.len(), binary16);
                narrow(floats.as_ptr(), found.as_mut_ptr(), halves.len(), binary16);
            }
            for ((&half, &back), float) in halves.iter().zip(&found).zip(floats) {
                if float.is_nan() {
                    assert_eq!(half & 0x8000, back & 0x8000);
                    assert!(
                        if binary16 { back & 0x7fff > 0x7c00 } else { back & 0x7fff > 0x7f80 },
                        "{half:x} {back:x}"
                    );
                } else {
                    assert_eq!(half, back, "{binary16}");
                }
            }
        }
    }

    /// Floats between two neighbouring halves: the middle goes to the even one, whatever lies to a side of it to that side.
    #[test]
    fn between_neighbours() {
        let beside = |middle: f32, step: i32| f32::from_bits(middle.to_bits().wrapping_add_signed(step));
        for low in 0..0x7c00u16 {
            // Behind the largest there would be 65536, were it a half.
            let high = if low == 0x7bff { 65536.0 } else { value(low + 1) };
            let middle = ((value(low) + high) / 2.0) as f32;
            let even = low + (low & 1);
            assert_eq!(
                [beside(middle, -1), middle, beside(middle, 1)].map(to_half),
                [low, even, low + 1],
                "{low:x}"
            );
            assert_eq!(to_half(-middle), even | 0x8000);
        }
        for upper in 0..0x7f80u32 {
            let middle = f32::from_bits(upper << 16 | 0x8000);
            let even = (upper + (upper & 1)) as u16;
            let around = [beside(middle, -1), middle, beside(middle, 1)].map(to_upper);
            assert_eq!(around, [upper as u16, even, upper as u16 + 1], "{upper:x}");
        }
        assert_eq!([f32::INFINITY, -1e30, 1e9].map(to_half), [0x7c00, 0xfc00, 0x7c00]);
    }
}
