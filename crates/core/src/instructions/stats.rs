//! STATS: mean and (biased) variance of each channel: `mean[c] = sum over n, i of x[n, c, i] / (n * inner)`.
//!
//! Params: n, c, inner. Operands: x, mean [c], variance [c]. Two passes, so that no digits cancel, the second
//! correcting the first one's mean (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983). Sums of
//! blocks are in vectors, sums of these in f64.

use super::sample::Sample;
use super::{Entry, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] =
    &[Entry::new("stats", "x -> mean, variance", FLOAT, decode, Sample::new(&[2, 3, 7], &[42, 3, 3]))];

/// Elements that are summed in vectors before the sum goes on in f64.
const BLOCK: usize = 256;
/// Vectors that are summed side by side.
const SUMS: usize = 4;

struct Stats {
    n: usize,
    channels: usize,
    inner: usize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (n, channels, inner) = (params.usize(), params.usize(), params.usize());
    params.elements(&[n, channels, inner], 4);
    params.check()?;
    Ok(Planned::new(Stats { n, channels, inner }))
}

impl Instruction for Stats {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let x = operands.pointer::<f32>(0).cast_const();
        let (means, variances) = (operands.pointer::<f32>(1), operands.pointer::<f32>(2));
        let count = (self.n * self.inner) as f64;
        for c in share.range(self.channels) {
            // SAFETY: x holds n * channels * inner elements, mean and variance one per channel; each channel
            // belongs to one part.
            unsafe {
                let [sum, _] = self.sums(x, c, 0.0);
                let center = (sum / count) as f32;
                // What the first pass and its rounding have left: the mean moves by it, its square is taken back.
                let [rest, squares] = self.sums(x, c, center).map(|sum| sum / count);
                means.add(c).write((f64::from(center) + rest) as f32);
                variances.add(c).write((squares - rest * rest) as f32);
            }
        }
        Ok(())
    }
}

impl Stats {
    /// The sums over a channel of what each element has beyond `center`, and of its square.
    ///
    /// # Safety
    /// x holds every element of the channel.
    #[inline(never)]
    unsafe fn sums(&self, x: *const f32, c: usize, center: f32) -> [f64; 2] {
        let center = F32x4::splat(center);
        let mut totals = [0.0f64; 2];
        for n in 0..self.n {
            let row = (n * self.channels + c) * self.inner;
            let mut i = 0;
            while i < self.inner {
                let end = self.inner.min(i + BLOCK);
                let (mut sum, mut squares) = (F32x4::ZERO, F32x4::ZERO);
                // Several sums of each, so that none waits for the addition before.
                let mut sums = [[F32x4::ZERO; 2]; SUMS];
                while i + SUMS * LANES <= end {
                    for (v, [sum, squares]) in sums.iter_mut().enumerate() {
                        // SAFETY: within the row, as the caller guarantees.
                        let d = unsafe { F32x4::load(x.add(row + i + v * LANES)) }.sub(center);
                        (*sum, *squares) = (sum.add(d), squares.add(d.mul(d)));
                    }
                    i += SUMS * LANES;
                }
                for [some, of_squares] in sums {
                    (sum, squares) = (sum.add(some), squares.add(of_squares));
                }
                while i + LANES <= end {
                    // SAFETY: as above.
                    let d = unsafe { F32x4::load(x.add(row + i)) }.sub(center);
                    (sum, squares) = (sum.add(d), squares.add(d.mul(d)));
                    i += LANES;
                }
                if i < end {
                    // SAFETY: as above.
                    let d = unsafe { F32x4::load_partial(x.add(row + i), end - i) }.sub(center);
                    let d = first_lanes(d, end - i);
                    (sum, squares) = (sum.add(d), squares.add(d.mul(d)));
                    i = end;
                }
                totals[0] += f64::from(sum.sum());
                totals[1] += f64::from(squares.sum());
            }
        }
        totals
    }
}

/// v with zeros from lane `count` on.
#[inline(never)]
fn first_lanes(v: F32x4, count: usize) -> F32x4 {
    let mut lanes = v.to_array();
    for lane in &mut lanes[count..] {
        *lane = 0.0;
    }
    F32x4::from_array(lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_integers_far_from_zero_lose_nothing() {
        let (n, channels, inner) = (2, 3, 7);
        let mut x = std::vec::Vec::new();
        for i in 0..n * channels * inner {
            x.push(1000.0 + (i * 5 % 9) as f32);
        }
        let (mut mean, mut variance) = ([0.0f32; 3], [0.0f32; 3]);
        let addresses = [x.as_mut_ptr().cast::<u8>(), mean.as_mut_ptr().cast(), variance.as_mut_ptr().cast()];
        let op = Stats { n, channels, inner };
        // SAFETY: the operands have the sizes of the problem.
        unsafe { op.run(&Operands::new(&addresses), Share::WHOLE) }.unwrap();
        for c in 0..channels {
            let values = (0..n).flat_map(|b| (0..inner).map(move |i| (b, i)));
            let values: std::vec::Vec<f64> =
                values.map(|(b, i)| f64::from(x[(b * channels + c) * inner + i])).collect();
            let expected = values.iter().sum::<f64>() / values.len() as f64;
            let spread = values.iter().map(|v| (v - expected).powi(2)).sum::<f64>() / values.len() as f64;
            assert_eq!(mean[c], expected as f32);
            assert!((f64::from(variance[c]) - spread).abs() < 1e-5 * spread);
        }
    }
}
