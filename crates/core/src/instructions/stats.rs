//! STATS: mean and (biased) variance of each channel: `mean[c] = sum over n, i of x[n, c, i] / (n * inner)`.
//!
//! Params: n, c, inner. Operands: x, mean [c], variance [c]. Two passes, so that no digits cancel, the second correcting the
//! first one's mean (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983): over a block while it
//! is in the first cache, blocks being put together in f64; over the whole channel where its rows are short.

use super::sample::Sample;
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] =
    &[Entry::new("stats", "x -> mean, variance", FLOAT, decode, Sample::new(&[2, 3, 7], &[42, 3, 3]))];

/// Elements of a block: they stay in the first cache.
const BLOCK: usize = 512;
/// Rows from so many elements on are worth statistics of their own.
const LONG: usize = 32;
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
    fn extents(&self) -> Extents {
        let Stats { n, channels, inner } = *self;
        Extents::words(&[product(&[n, channels, inner]), channels, channels])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let x = operands.pointer::<f32>(0).cast_const();
        let (means, variances) = (operands.pointer::<f32>(1), operands.pointer::<f32>(2));
        let count = (self.n * self.inner) as f64;
        for c in share.range(self.channels) {
            // SAFETY: x holds n * channels * inner elements, mean and variance one per channel; each channel
            // belongs to one part.
            unsafe {
                let [mean, variance] = if self.inner < LONG {
                    let [sum, _] = self.sums(x, c, 0.0);
                    let center = (sum / count) as f32;
                    // What the first pass and its rounding have left: the mean moves by it, its square is taken back.
                    let [rest, squares] = self.sums(x, c, center).map(|sum| sum / count);
                    [f64::from(center) + rest, squares - rest * rest]
                } else {
                    self.of_blocks(x, c)
                };
                means.add(c).write(mean as f32);
                variances.add(c).write(variance as f32);
            }
        }
        Ok(())
    }
}

impl Stats {
    fn row(&self, image: usize, c: usize) -> usize {
        (image * self.channels + c) * self.inner
    }

    /// The sums over a channel of what each element has beyond `center`, and of its square.
    ///
    /// # Safety
    /// x holds every element of the channel.
    unsafe fn sums(&self, x: *const f32, c: usize, center: f32) -> [f64; 2] {
        let mut totals = [0.0f64; 2];
        for image in 0..self.n {
            // SAFETY: the caller's guarantee.
            let sums = unsafe { sums(x.add(self.row(image, c)), self.inner, center) };
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total += f64::from(sum);
            }
        }
        totals
    }

    /// Mean and variance of a channel, block by block.
    ///
    /// # Safety
    /// x holds every element of the channel.
    unsafe fn of_blocks(&self, x: *const f32, c: usize) -> [f64; 2] {
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for image in 0..self.n {
            for first in (0..self.inner).step_by(BLOCK) {
                let len = BLOCK.min(self.inner - first);
                // SAFETY: the block lies in the channel.
                let [center, rest, own] = unsafe {
                    let from = x.add(self.row(image, c) + first);
                    let [sum, _] = sums(from, len, 0.0);
                    let center = sum / len as f32;
                    let [rest, own] = sums(from, len, center);
                    [center, rest, own].map(f64::from)
                };
                let len = len as f64;
                let apart = center + rest / len - mean;
                let all = count + len;
                squares += own - rest * rest / len + apart * apart * count * len / all;
                mean += apart * len / all;
                count = all;
            }
        }
        [mean, squares / count]
    }
}

/// The sums of what each of `len` neighbours has beyond `center`, and of its square.
///
/// # Safety
/// They can be read.
#[inline(never)]
unsafe fn sums(x: *const f32, len: usize, center: f32) -> [f32; 2] {
    let center = F32x4::splat(center);
    let (mut sum, mut squares) = (F32x4::ZERO, F32x4::ZERO);
    // Several sums of each, so that none waits for the addition before.
    let mut parts = [[F32x4::ZERO; 2]; SUMS];
    let mut i = 0;
    while i + SUMS * LANES <= len {
        for (v, [sum, squares]) in parts.iter_mut().enumerate() {
            // SAFETY: the caller's guarantee.
            let d = unsafe { F32x4::load(x.add(i + v * LANES)) }.sub(center);
            (*sum, *squares) = (sum.add(d), squares.add(d.mul(d)));
        }
        i += SUMS * LANES;
    }
    for [some, of_squares] in parts {
        (sum, squares) = (sum.add(some), squares.add(of_squares));
    }
    while i < len {
        let count = LANES.min(len - i);
        // SAFETY: as above.
        let d = unsafe { F32x4::load_partial(x.add(i), count) }.sub(center);
        let d = if count < LANES { first_lanes(d, count) } else { d };
        (sum, squares) = (sum.add(d), squares.add(d.mul(d)));
        i += count;
    }
    [sum.sum(), squares.sum()]
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
    fn small_integers_far_from_zero_lose_nothing_and_images_may_be_far_from_each_other() {
        for (inner, apart) in [(7, 0), (1030, 0), (1030, 3000)] {
            let (n, channels) = (2, 3);
            let mut x = std::vec::Vec::new();
            for i in 0..n * channels * inner {
                x.push((1000 + i / (channels * inner) * apart + i * 5 % 9) as f32);
            }
            let (mut mean, mut variance) = ([0.0f32; 3], [0.0f32; 3]);
            let addresses =
                [x.as_mut_ptr().cast::<u8>(), mean.as_mut_ptr().cast(), variance.as_mut_ptr().cast()];
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
}
