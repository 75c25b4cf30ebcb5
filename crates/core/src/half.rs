//! Floats of 16 bits to those of 32, exactly. IEEE 754's binary16 has a sign, 5 bits of exponent and 10 of fraction, for
//! which there are 8 and 23: its bits in their new place are the value times 2^-112, also where it is subnormal; infinities
//! and NaN get the exponent of all ones, which the product would miss. bfloat16 is the upper half of a float. Importers of
//! weights call it.

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

#[cfg(test)]
mod tests {
    use super::widen;
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
}
