//! NORM SUMS: `sum[c] = sum over n, i of dy[n, c, i]`, `product[c] = sum over n, i of dy[n, c, i] (x[n, c, i] - center[c])`: what
//! the gradients of a normalisation are made of, in one pass.
//! BLEND: `d[n, c, i] = a[n, c, i] p[c] + (b[n, c, i] - center[c]) q[c] + shift[c]`: the gradient of its x, from dy and x.
//!
//! Params of both: n, c, inner. Operands of NORM SUMS: dy, x, center [c], out?, sum [c], product [c]; of BLEND: a, p [c], b,
//! center [c], q [c], shift [c], out?, d (which may be a or b). Where `out` is at most 0, dy and a count as 0: the gradient
//! of a relu that follows. Blocks are summed in vectors, blocks' sums in f64.

use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "norm sums",
        "dy, x, center, out? -> sum, product",
        FLOAT,
        decode_sums,
        Sample::new(&[2, 3, 7], &[42, 42, 3, 42, 3, 3]),
    ),
    Entry::new(
        "blend",
        "a, p, b, center, q, shift, out? -> d",
        FLOAT,
        decode_blend,
        Sample::new(&[2, 3, 7], &[42, 3, 42, 3, 3, 3, 42, 42]),
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
    fn extents(&self) -> Extents {
        let Sizes { channels, count, .. } = self.0;
        Extents::words(&[count, count, channels, count, channels, channels])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Sizes { n, channels, inner, .. } = self.0;
        let [dy, x, centers, out] = [0, 1, 2, 3].map(|index| operands.pointer::<f32>(index).cast_const());
        let [sums, products] = [4, 5].map(|index| operands.pointer::<f32>(index));
        for c in share.range(channels) {
            let mut totals = [0.0f64; 2];
            // SAFETY: dy, x and out hold every element, the others one per channel; each channel belongs to one part.
            unsafe {
                let center = F32x4::load_splat(centers.add(c));
                for image in 0..n {
                    let row = (image * channels + c) * inner;
                    for first in (0..inner).step_by(BLOCK) {
                        let (at, len) = (row + first, BLOCK.min(inner - first));
                        let [sum, product] = match out.is_null() {
                            true => block(len, center, x.add(at), Flow { dy: dy.add(at), out: None }),
                            false => {
                                block(len, center, x.add(at), Flow { dy: dy.add(at), out: Some(out.add(at)) })
                            }
                        };
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

/// What flows back: dy, where there is a relu's output only where that is more than 0.
#[derive(Clone, Copy)]
struct Flow {
    dy: *const f32,
    out: Option<*const f32>,
}

impl Flow {
    /// # Safety
    /// So many elements, at most four, can be read at `i`.
    #[inline(always)]
    unsafe fn load(self, i: usize, count: usize) -> F32x4 {
        // SAFETY: the caller's guarantee.
        unsafe {
            let dy = F32x4::load_partial(self.dy.add(i), count);
            match self.out {
                None => dy,
                Some(out) => F32x4::load_partial(out.add(i), count).le(F32x4::ZERO).select(F32x4::ZERO, dy),
            }
        }
    }
}

/// A sum of dy and one of its products with what x has beyond the center, and what comes to them.
#[inline(always)]
fn added([sum, product]: [F32x4; 2], dy: F32x4, beyond: F32x4) -> [F32x4; 2] {
    [sum.add(dy), dy.madd(beyond, product)]
}

/// The sums of `len` neighbours.
///
/// # Safety
/// dy, x and out hold them.
#[inline(always)]
unsafe fn block(len: usize, center: F32x4, x: *const f32, flow: Flow) -> [f32; 2] {
    let mut lanes = [[F32x4::ZERO; 2]; SUMS];
    let mut i = 0;
    // SAFETY: the caller's guarantee.
    unsafe {
        while i + SUMS * LANES <= len {
            // One by one: in a loop the sums would lie in memory.
            let (j, k, l) = (i + LANES, i + 2 * LANES, i + 3 * LANES);
            lanes[0] = added(lanes[0], flow.load(i, LANES), F32x4::load(x.add(i)).sub(center));
            lanes[1] = added(lanes[1], flow.load(j, LANES), F32x4::load(x.add(j)).sub(center));
            lanes[2] = added(lanes[2], flow.load(k, LANES), F32x4::load(x.add(k)).sub(center));
            lanes[3] = added(lanes[3], flow.load(l, LANES), F32x4::load(x.add(l)).sub(center));
            i += SUMS * LANES;
        }
        while i < len {
            // Of what is no element dy is 0.
            let count = LANES.min(len - i);
            let x = F32x4::load_partial(x.add(i), count).sub(center);
            lanes[0] = added(lanes[0], flow.load(i, count), x);
            i += count;
        }
    }
    let [a, b, c, d] = lanes;
    [0, 1].map(|which| a[which].add(b[which]).add(c[which].add(d[which])).sum())
}

impl Instruction for Blend {
    fn extents(&self) -> Extents {
        let Sizes { channels, count, .. } = self.0;
        Extents::words(&[count, channels, count, channels, channels, channels, count, count])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Sizes { channels, inner, count, .. } = self.0;
        let [a, ps, b, centers, qs, shifts, out] =
            [0, 1, 2, 3, 4, 5, 6].map(|index| operands.pointer::<f32>(index).cast_const());
        let d = operands.pointer::<f32>(7);
        let flow = Flow { dy: a, out: (!out.is_null()).then_some(out) };
        let range = share.range(count);
        let mut i = range.start;
        while i < range.end {
            let row = i / inner;
            let end = range.end.min((row + 1) * inner);
            let c = row % channels;
            // SAFETY: a, b, out and d hold `count` elements, the others one per channel; this part's range is written by no
            // other part.
            unsafe {
                let [p, center, q, shift] = [ps, centers, qs, shifts].map(|of| F32x4::load_splat(of.add(c)));
                let made = |a: F32x4, b: F32x4| a.madd(p, b.sub(center).madd(q, shift));
                if flow.out.is_none() {
                    while i + LANES <= end {
                        made(F32x4::load(a.add(i)), F32x4::load(b.add(i))).store(d.add(i));
                        i += LANES;
                    }
                }
                while i + LANES <= end {
                    made(flow.load(i, LANES), F32x4::load(b.add(i))).store(d.add(i));
                    i += LANES;
                }
                if i < end {
                    let rest = end - i;
                    let (a, b) = (flow.load(i, rest), F32x4::load_partial(b.add(i), rest));
                    made(a, b).store_partial(d.add(i), rest);
                    i = end;
                }
            }
        }
        Ok(())
    }
}
