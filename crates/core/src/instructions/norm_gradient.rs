//! NORM SUMS: `sum[c] = sum over n, i of dy[n, c, i]`, `product[c] = sum over n, i of dy[n, c, i] (x[n, c, i] - center[c])`: what
//! the gradients of a normalisation are made of, in one pass.
//! BLEND: `d[n, c, i] = a[n, c, i] p[c] + (b[n, c, i] - center[c]) q[c] + shift[c]`: the gradient of its x, from dy and x.
//!
//! Params of both: n, c, inner. Operands of NORM SUMS: dy, x, center [c], sum [c], product [c]; of BLEND: a, p [c], b,
//! center [c], q [c], shift [c], d (which may be a or b). Blocks are summed in vectors, blocks' sums in f64.

use super::sample::Sample;
use super::{Entry, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "norm sums",
        "dy, x, center -> sum, product",
        FLOAT,
        decode_sums,
        Sample::new(&[2, 3, 7], &[42, 42, 3, 3, 3]),
    ),
    Entry::new(
        "blend",
        "a, p, b, center, q, shift -> d",
        FLOAT,
        decode_blend,
        Sample::new(&[2, 3, 7], &[42, 3, 42, 3, 3, 3, 42]),
    ),
];

/// Elements that are summed in vectors before the sum goes on in f64.
const BLOCK: usize = 512;
/// Vectors that are summed side by side.
const SUMS: usize = 4;

struct Sizes {
    n: usize,
    channels: usize,
    inner: usize,
    count: usize,
}

struct Sums(Sizes);

struct Blend(Sizes);

fn read(params: &mut Params) -> Result<Sizes, Fault> {
    let [n, channels, inner] = params.array().map(|word| word as usize);
    let count = params.elements(&[n, channels, inner], 4);
    params.check()?;
    Ok(Sizes { n, channels, inner, count })
}

fn decode_sums(params: &mut Params) -> Result<Planned, Fault> {
    Ok(Planned::new(Sums(read(params)?)))
}

fn decode_blend(params: &mut Params) -> Result<Planned, Fault> {
    Ok(Planned::new(Blend(read(params)?)))
}

impl Instruction for Sums {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Sizes { n, channels, inner, .. } = self.0;
        let [dy, x, centers] = [0, 1, 2].map(|index| operands.pointer::<f32>(index).cast_const());
        let [sums, products] = [3, 4].map(|index| operands.pointer::<f32>(index));
        for c in share.range(channels) {
            let mut totals = [0.0f64; 2];
            // SAFETY: dy and x hold every element, the others one per channel; each channel belongs to one part.
            unsafe {
                let center = F32x4::load_splat(centers.add(c));
                for image in 0..n {
                    let row = (image * channels + c) * inner;
                    for first in (0..inner).step_by(BLOCK) {
                        let at = row + first;
                        let [sum, product] = block(dy.add(at), x.add(at), center, BLOCK.min(inner - first));
                        totals[0] += f64::from(sum);
                        totals[1] += f64::from(product);
                    }
                }
                *sums.add(c) = totals[0] as f32;
                *products.add(c) = totals[1] as f32;
            }
        }
        Ok(())
    }
}

/// The sums of `len` neighbours.
///
/// # Safety
/// dy and x hold them.
unsafe fn block(dy: *const f32, x: *const f32, center: F32x4, len: usize) -> [f32; 2] {
    let mut lanes = [[F32x4::ZERO; 2]; SUMS];
    let mut add = |v: usize, dy: F32x4, x: F32x4| {
        let [sum, product] = &mut lanes[v];
        *sum = sum.add(dy);
        *product = dy.madd(x.sub(center), *product);
    };
    let mut i = 0;
    // SAFETY: the caller's guarantee.
    unsafe {
        while i + SUMS * LANES <= len {
            for v in 0..SUMS {
                let at = i + v * LANES;
                add(v, F32x4::load(dy.add(at)), F32x4::load(x.add(at)));
            }
            i += SUMS * LANES;
        }
        while i < len {
            // Of what is no element dy is 0.
            let lanes = LANES.min(len - i);
            add(0, F32x4::load_partial(dy.add(i), lanes), F32x4::load_partial(x.add(i), lanes));
            i += lanes;
        }
    }
    let [a, b, c, d] = lanes;
    [0, 1].map(|which| a[which].add(b[which]).add(c[which].add(d[which])).sum())
}

impl Instruction for Blend {
    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Sizes { channels, inner, count, .. } = self.0;
        let [a, ps, b, centers, qs, shifts] =
            [0, 1, 2, 3, 4, 5].map(|index| operands.pointer::<f32>(index).cast_const());
        let d = operands.pointer::<f32>(6);
        let range = share.range(count);
        let mut i = range.start;
        while i < range.end {
            let row = i / inner;
            let end = range.end.min((row + 1) * inner);
            let c = row % channels;
            // SAFETY: a, b and d hold `count` elements, the others one per channel; this part's range is written by no
            // other part.
            unsafe {
                let [p, center, q, shift] = [ps, centers, qs, shifts].map(|of| F32x4::load_splat(of.add(c)));
                let made = |a: F32x4, b: F32x4| a.madd(p, b.sub(center).madd(q, shift));
                while i + LANES <= end {
                    made(F32x4::load(a.add(i)), F32x4::load(b.add(i))).store(d.add(i));
                    i += LANES;
                }
                if i < end {
                    let rest = end - i;
                    let (a, b) = (F32x4::load_partial(a.add(i), rest), F32x4::load_partial(b.add(i), rest));
                    made(a, b).store_partial(d.add(i), rest);
                    i = end;
                }
            }
        }
        Ok(())
    }
}
