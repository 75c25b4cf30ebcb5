//! A tile of a convolution: up to eight outputs of six pixels, or of a run of sixes. First all sums, then what becomes of them.

use super::{Dots, End, Pairs, Products, Signed, Way, Wide};
use crate::simd::I32x4;

/// Outputs and pixels of a tile.
pub const OUTPUTS: usize = 8;
pub const PIXELS: usize = 6;

/// Where the pixels of a tile lie.
#[derive(Clone, Copy, PartialEq)]
pub enum Pixels {
    /// Side by side.
    Neighbours,
    /// Every second.
    Seconds,
    /// Anywhere.
    Any,
}

/// Sixes of a tile at most.
pub const SIXES: usize = 16;

/// What a tile reads and writes.
pub struct Tile<'a> {
    /// The first pixel's word under the first tap, of the first four channels.
    pub x: *const u8,
    /// How its pixels lie, and where that is anywhere, in bytes from the first.
    pub pixels: Pixels,
    pub places: &'a [usize; PIXELS],
    /// Taps along three axes, and bytes from one to the next.
    pub taps: &'a [(usize, usize); 3],
    /// Fours of channels, and bytes from one to the next; or what else lies one after the other.
    pub fours: usize,
    pub plane: usize,
    /// `[tap][four][OUTPUTS][4]`.
    pub weights: *const u8,
    /// Of eight outputs, 0 of those that are missing.
    pub bias: *const i32,
    pub scale: *const f32,
    /// The first pixel of the first four outputs, and bytes to the next four.
    pub y: *mut u8,
    pub next: usize,
    /// Pixels and outputs that there are: whole sixes, at most [`SIXES`], or where pixels lie anywhere at most one.
    pub count: usize,
    pub outputs: usize,
    /// Of the first four outputs, and of the others.
    pub ends: [End; 2],
}

/// Each pixel's sums of the first four outputs, and of the others.
pub type Totals = [[I32x4; SIXES * PIXELS]; 2];

/// Sums of a tile's pixels, whole threes or sixes.
///
/// # Safety
/// All that the tile says can be read, and so many sums be written.
type Kernel = unsafe fn(&Tile, &mut Totals);

/// Called by its address, and with the sums in memory at its end: in a function that does more V8 keeps them in memory all along,
/// and takes twice as long.
fn kernel(products: Products, pixels: Pixels, is_one: bool) -> Kernel {
    match products {
        Products::Dots if is_one && pixels == Pixels::Neighbours => sum::<Dots, PIXELS, 4, true>,
        Products::Dots => by_pixels::<Dots, PIXELS>(pixels),
        Products::Signed => by_pixels::<Signed, PIXELS>(pixels),
        // Where a sum is two vectors, or a product takes one of its own, those of half the pixels take all registers.
        Products::Pairs => by_pixels::<Pairs, HALF>(pixels),
        Products::Wide => by_pixels::<Wide, HALF>(pixels),
    }
}

fn by_pixels<W: Way, const P: usize>(pixels: Pixels) -> Kernel {
    match pixels {
        Pixels::Neighbours => sum::<W, P, 4, false>,
        Pixels::Seconds => sum::<W, P, 8, false>,
        Pixels::Any => sum::<W, P, 0, false>,
    }
}

const HALF: usize = PIXELS / 2;

/// P pixels at a time, STEP bytes apart, or at their places; ONE: of one tap.
///
/// # Safety
/// As [`Kernel`].
unsafe fn sum<W: Way, const P: usize, const STEP: usize, const ONE: bool>(tile: &Tile, totals: &mut Totals) {
    let [depth, height, width] = if ONE { [(1, 0); 3] } else { *tile.taps };
    let (fours, plane) = (tile.fours, tile.plane);
    let count = depth.0 * height.0 * width.0 * fours;
    // SAFETY: the caller's guarantee.
    unsafe {
        let [above, below] = [0, 4].map(|output| {
            let bias = I32x4::load(tile.bias.add(output));
            W::begin(bias, tile.weights.add(4 * output), count, 4 * OUTPUTS)
        });
        let [first, second] = totals.each_mut().map(|half| half.as_mut_ptr());
        for pixel in (0..tile.count).step_by(P) {
            let (mut upper, mut lower) = ([W::start(above); P], [W::start(below); P]);
            let place: [usize; P] =
                core::array::from_fn(|p| if STEP == 0 { tile.places[pixel + p] } else { p * STEP });
            let mut weights = tile.weights;
            for d in 0..depth.0 {
                for h in 0..height.0 {
                    let row = tile.x.wrapping_add(pixel * STEP + d * depth.1 + h * height.1);
                    for w in 0..width.0 {
                        let mut x = row.wrapping_add(w * width.1);
                        for _ in 0..fours {
                            let own = [W::weights(weights), W::weights(weights.add(16))];
                            for p in 0..P {
                                let word = W::word(x.add(place[p]));
                                upper[p] = W::add(own[0], word, upper[p]);
                                lower[p] = W::add(own[1], word, lower[p]);
                            }
                            weights = weights.add(4 * OUTPUTS);
                            x = x.wrapping_add(plane);
                        }
                    }
                }
            }
            for p in 0..P {
                first.add(pixel + p).write(W::total(upper[p], above));
                second.add(pixel + p).write(W::total(lower[p], below));
            }
        }
    }
}

impl Tile<'_> {
    /// Computes it, by way of the sums.
    ///
    /// # Safety
    /// All that it says can be read and written.
    pub unsafe fn compute(&self, products: Products, totals: &mut Totals) {
        let is_one = self.taps.iter().all(|&(taps, _)| taps == 1);
        // SAFETY: the caller's guarantee; beside what was summed three pixels at most are read.
        unsafe {
            kernel(products, self.pixels, is_one)(self, totals);
            let halves = self.ends.iter().zip(totals.iter()).enumerate();
            for (half, (end, sums)) in halves.take(self.outputs.div_ceil(4)) {
                let y = self.y.add(half * self.next);
                let outputs = (self.outputs - 4 * half).min(4);
                end.store_all(sums.as_ptr().cast(), self.scale.add(4 * half), y, self.count, outputs);
            }
        }
    }
}
