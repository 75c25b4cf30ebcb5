//! INTERLEAVE: planes of bytes `[n, channels, plane]` as fours of channels `[n, channels / 4, plane, 4]`, or back.
//!
//! Params: the dtype of the planes' elements (signed ones are unsigned less 128 in fours), n, channels, plane, and whether it is
//! back. Operands: x, y. Channels that there are not are 0.

use super::dtype::Dtype;
use super::sample::Sample;
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::simd::U8x16;

const BYTES: &[Dtype] = &[Dtype::U8, Dtype::I8];

pub const ENTRIES: &[Entry] =
    &[Entry::new("interleave", "x -> y", BYTES, decode, Sample::new(&[2, 6, 21, 0], &[63, 84]).of(BYTES))];

struct Interleave {
    n: usize,
    channels: usize,
    plane: usize,
    is_back: bool,
    flip: u8,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let flip = if params.dtype == Dtype::I8 { 0x80 } else { 0 };
    let [n, channels, plane] = params.array().map(|word| word as usize);
    let is_back = params.flag();
    let planes = params.elements(&[n, channels.div_ceil(4)], 4);
    params.elements(&[planes, plane], 4);
    params.check()?;
    Ok(Planned::new(Interleave { n, channels, plane, is_back, flip }))
}

impl Instruction for Interleave {
    fn extents(&self) -> Extents {
        let planes = product(&[self.n, self.channels, self.plane]);
        let fours = product(&[self.n, self.channels.div_ceil(4), 4, self.plane]);
        Extents::bytes(&if self.is_back { [fours, planes] } else { [planes, fours] })
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let fours = self.channels.div_ceil(4);
        let (x, y): (*const u8, *mut u8) = (operands.pointer(0), operands.pointer(1));
        for item in share.range(self.n * fours) {
            let (n, four) = (item / fours, item % fours);
            let channels = (self.channels - 4 * four).min(4);
            let planes = (n * self.channels + 4 * four) * self.plane;
            let words = item * self.plane * 4;
            // SAFETY: the caller guarantees that x and y hold what the sizes say.
            unsafe {
                if self.is_back {
                    self.apart(x.add(words), y.add(planes), channels);
                } else {
                    self.together(x.add(planes), y.add(words), channels);
                }
            }
        }
        Ok(())
    }
}

impl Interleave {
    /// # Safety
    /// So many planes can be read at `x`, and a plane of words written at `y`.
    unsafe fn together(&self, x: *const u8, y: *mut u8, channels: usize) {
        let flip = U8x16::splat(self.flip);
        let whole = self.plane / 16 * 16;
        // SAFETY: the caller's guarantee.
        unsafe {
            for i in (0..whole).step_by(16) {
                let rows: [U8x16; 4] = core::array::from_fn(|c| {
                    if c < channels {
                        U8x16::load(x.add(c * self.plane + i)).xor(flip)
                    } else {
                        U8x16::splat(0)
                    }
                });
                let ((a, b), (c, d)) = (rows[0].zip(rows[1]), rows[2].zip(rows[3]));
                let ((first, second), (third, fourth)) = (a.zip_pairs(c), b.zip_pairs(d));
                for (k, words) in [first, second, third, fourth].into_iter().enumerate() {
                    words.store(y.add(4 * i + 16 * k));
                }
            }
            for i in whole..self.plane {
                for c in 0..4 {
                    let byte = if c < channels { x.add(c * self.plane + i).read() ^ self.flip } else { 0 };
                    y.add(4 * i + c).write(byte);
                }
            }
        }
    }

    /// # Safety
    /// A plane of words can be read at `x`, and so many planes written at `y`.
    unsafe fn apart(&self, x: *const u8, y: *mut u8, channels: usize) {
        let flip = U8x16::splat(self.flip);
        let whole = self.plane / 16 * 16;
        // SAFETY: the caller's guarantee.
        unsafe {
            for i in (0..whole).step_by(16) {
                // Zipped twice with what lies eight pixels on, the bytes of a channel stand side by side.
                let words: [U8x16; 4] = core::array::from_fn(|k| U8x16::load(x.add(4 * i + 16 * k)));
                let [a, b, c, d] = quartered(quartered(words));
                for (channel, row) in [a, b, c, d].into_iter().enumerate().take(channels) {
                    row.xor(flip).store(y.add(channel * self.plane + i));
                }
            }
            for i in whole..self.plane {
                for channel in 0..channels {
                    y.add(channel * self.plane + i).write(x.add(4 * i + channel).read() ^ self.flip);
                }
            }
        }
    }
}

/// Half of what turns four vectors of words into the four of their bytes.
#[inline(always)]
fn quartered([a, b, c, d]: [U8x16; 4]) -> [U8x16; 4] {
    let ((p, q), (r, s)) = (a.zip(c), b.zip(d));
    let ((t, u), (v, w)) = (p.zip(r), q.zip(s));
    [t, u, v, w]
}
