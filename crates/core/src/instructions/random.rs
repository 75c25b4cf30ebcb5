//! RANDOM: `y[i] = f(philox(key, stream, i))`, uniform in `[p0, p1)` or normal with mean p0 and deviation p1.
//!
//! Params: [`Distribution`], p0, p1, count. Operands: state [3] (key, key, stream; 32-bit words), y.
//! The generator is counter-based, Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
//! 1, 2, 3", 2011), so that element `i` is the same for any number of parts. Normal numbers are the inverse of the
//! normal distribution at a uniform one (Giles, "Approximating the erfinv function", 2010, single precision).

use super::sample::{Sample, ONE};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::math::called;
use crate::simd::{F32x4, I32x4, LANES};

pub const ENTRIES: &[Entry] = &[Entry::new(
    "random",
    "state -> y",
    FLOAT,
    decode,
    Sample::new(&[1, 0, ONE, 37], &[3, 37]).with(0, |i| i as u32),
)];

enumeration! {
    pub enum Distribution {
        Uniform,
        Normal,
    }
}

struct Random {
    normal: bool,
    p0: f32,
    p1: f32,
    count: usize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let normal = params.kind::<Distribution>() == Distribution::Normal;
    let (p0, p1, count) = (params.f32(), params.f32(), params.usize());
    params.elements(&[count], 4);
    params.check()?;
    Ok(Planned::new(Random { normal, p0, p1, count }))
}

impl Instruction for Random {
    fn extents(&self) -> Extents {
        Extents::words(&[3, self.count])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        // SAFETY: the state holds three words.
        let state = unsafe { operands.slice::<u32>(0, 3) };
        let y = operands.pointer::<f32>(1);
        let range = share.range(self.count);
        for group in range.start / DRAWN..range.end.div_ceil(DRAWN) {
            let words = draw(group, 0, state);
            for (block, words) in words.iter().enumerate() {
                let values = self.values(words.to_array().map(|word| word as u32));
                for (lane, value) in values.iter().enumerate() {
                    let i = group * DRAWN + block * LANES + lane;
                    if range.contains(&i) {
                        // SAFETY: y holds `count` elements and `i` is in this part's range of them.
                        unsafe { y.add(i).write(*value) };
                    }
                }
            }
        }
        Ok(())
    }
}

impl Random {
    fn values(&self, words: [u32; 4]) -> [f32; 4] {
        // 24 bits, so that every value is exact and below 1.
        let unit = words.map(|word| (word >> 8) as f32 * (1.0 / 16_777_216.0));
        if self.normal {
            // The middle of each of the 2^24 steps, as a number in (-1, 1).
            let symmetric = unit.map(|u| (u - 0.5) * 2.0 + 1.0 / 16_777_216.0);
            return erfinv(symmetric).map(|e| core::f32::consts::SQRT_2 * e * self.p1 + self.p0);
        }
        let (low, span) = (self.p0, self.p1 - self.p0);
        unit.map(|u| {
            let value = low + u * span;
            // Rounding may reach the upper end, which is not part of the range.
            if value < self.p1 || span <= 0.0 {
                value
            } else {
                low
            }
        })
    }
}

/// Words that are drawn together: those of four counters.
pub(super) const DRAWN: usize = 4 * LANES;

/// Random words `group * DRAWN` to `(group + 1) * DRAWN` of a domain: a vector per counter `[number, domain, stream, 0]`.
#[inline(never)]
pub(super) fn draw(group: usize, domain: u32, state: &[u32]) -> [I32x4; 4] {
    let first = I32x4::splat((group * LANES) as i32);
    let counter = [
        first.add(I32x4::from_array([0, 1, 2, 3])),
        I32x4::splat(domain as i32),
        I32x4::splat(state[2] as i32),
        I32x4::splat(0),
    ];
    let words = philox(counter, [state[0], state[1]]);
    F32x4::transpose(words.map(I32x4::as_f32)).map(F32x4::bits)
}

/// Ten rounds of Philox4x32, four counters in the lanes.
#[inline(always)]
fn philox(mut counter: [I32x4; 4], mut key: [u32; 2]) -> [I32x4; 4] {
    let splat = |word: u32| I32x4::splat(word as i32);
    for _ in 0..10 {
        let (a, a_high) = counter[0].product(splat(0xd251_1f53));
        let (b, b_high) = counter[2].product(splat(0xcd9e_8d57));
        counter =
            [b_high.xor(counter[1]).xor(splat(key[0])), b, a_high.xor(counter[3]).xor(splat(key[1])), a];
        key = [key[0].wrapping_add(0x9e37_79b9), key[1].wrapping_add(0xbb67_ae85)];
    }
    counter
}

/// The inverse error function of four numbers in (-1, 1).
fn erfinv(x: [f32; 4]) -> [f32; 4] {
    let v = F32x4::from_array(x);
    let one = F32x4::splat(1.0);
    let w = called::log(one.sub(v).mul(one.add(v))).neg().to_array();
    let mut result = [0.0; 4];
    for lane in 0..4 {
        let tail = w[lane] >= 5.0;
        let t = if tail { F32x4::splat(w[lane]).sqrt().to_array()[0] - 3.0 } else { w[lane] - 2.5 };
        let mut sum = 0.0;
        for coefficient in &GILES[usize::from(tail)] {
            sum = sum * t + coefficient;
        }
        result[lane] = sum * x[lane];
    }
    result
}

/// Giles' table 5, for `w < 5` and `w >= 5`, highest power first.
static GILES: [[f32; 9]; 2] = [
    [
        2.810_226_4e-8,
        3.432_739_4e-7,
        -3.523_387_7e-6,
        -4.391_506_5e-6,
        0.000_218_580_87,
        -0.001_253_725,
        -0.004_177_681_6,
        0.246_640_73,
        1.501_409_4,
    ],
    [
        -0.000_200_214_26,
        0.000_100_950_56,
        0.001_349_343_2,
        -0.003_673_428_4,
        0.005_739_507_7,
        -0.007_622_461_3,
        0.009_438_870_5,
        1.001_674,
        2.832_976_8,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn draw(normal: bool, count: usize, share: Share) -> Vec<f32> {
        let op = Random { normal, p0: if normal { 0.0 } else { -1.0 }, p1: 1.0, count };
        let mut state = [7u32, 9, 1];
        let mut y = std::vec![0.0f32; count];
        let addresses = [state.as_mut_ptr().cast::<u8>(), y.as_mut_ptr().cast()];
        // SAFETY: three words and `count` elements.
        unsafe { op.run(&Operands::new(&addresses), share) }.unwrap();
        y
    }

    /// The known answer of the authors' test vectors for ten rounds of all ones.
    #[test]
    fn philox_matches_the_published_vector() {
        let all = u32::MAX;
        let words = |counter: u32, key: u32| {
            philox([I32x4::splat(counter as i32); 4], [key; 2])
                .map(|lanes| lanes.to_array().map(|lane| lane as u32))
        };
        let same = |words: [u32; 4]| words.map(|word| [word; 4]);
        assert_eq!(words(all, all), same([0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]));
        assert_eq!(words(0, 0), same([0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]));
    }

    #[test]
    fn moments_are_those_of_the_distribution() {
        for (normal, variance) in [(false, 1.0 / 3.0), (true, 1.0)] {
            let y = draw(normal, 100_000, Share::WHOLE);
            let mean = y.iter().map(|&v| f64::from(v)).sum::<f64>() / 1e5;
            let square = y.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / 1e5;
            assert!(mean.abs() < 0.01, "mean {mean}");
            assert!((square - variance).abs() < 0.02, "variance {square}");
            assert!(y.iter().all(|v| v.is_finite() && (normal || (-1.0..1.0).contains(v))));
        }
    }

    #[test]
    fn parts_draw_what_the_whole_draws() {
        let whole = draw(true, 1003, Share::WHOLE);
        let mut joined = std::vec![0.0; 1003];
        for part in 0..3 {
            let share = Share { part, parts: 3 };
            let range = share.range(1003);
            joined[range.clone()].copy_from_slice(&draw(true, 1003, share)[range]);
        }
        assert_eq!(whole, joined);
    }
}
