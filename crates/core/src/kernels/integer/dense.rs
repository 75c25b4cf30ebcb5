//! A tile of a convolution: up to eight outputs of six pixels, or of a run of sixes.

use super::{Dots, End, Pairs, Products, Way, Wide};
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

/// What a tile reads and writes.
pub struct Tile<'a> {
    /// The first pixel's word under the first tap, of the first four channels.
    pub x: *const u8,
    /// Where its pixels lie, in bytes from the first, where that is anywhere.
    pub places: &'a [usize; PIXELS],
    /// Taps along three axes, and bytes from one to the next.
    pub taps: &'a [(usize, usize); 3],
    /// Fours of channels, and bytes from one to the next.
    pub fours: usize,
    pub plane: usize,
    /// `[tap][four][OUTPUTS][4]`.
    pub weights: *const u8,
    pub bias: *const i32,
    pub scale: *const f32,
    /// The first pixel of the first four outputs, and bytes to the next four.
    pub y: *mut u8,
    pub next: usize,
    /// Pixels and outputs that there are: whole sixes, or where pixels lie anywhere at most one.
    pub count: usize,
    pub outputs: usize,
    /// Of the first four outputs, and of the others.
    pub ends: [End; 2],
}

/// Computes a tile.
///
/// # Safety
/// All that it says can be read and written.
pub type Kernel = unsafe fn(&Tile);

/// The kernels by how pixels lie. They are called by their addresses: inlined into one function, their loops would share its
/// registers.
#[must_use]
pub fn kernels(products: Products) -> [Kernel; 3] {
    match products {
        Products::Dots => [whole::<4>, whole::<8>, whole::<0>],
        Products::Pairs => [halves::<Pairs, 4>, halves::<Pairs, 8>, halves::<Pairs, 0>],
        Products::Wide => [halves::<Wide, 4>, halves::<Wide, 8>, halves::<Wide, 0>],
    }
}

/// # Safety
/// As [`Kernel`].
unsafe fn whole<const STEP: usize>(tile: &Tile) {
    for first in (0..tile.count).step_by(PIXELS) {
        // SAFETY: the caller's guarantee.
        unsafe { tile.compute::<Dots, PIXELS, STEP>(first) }
    }
}

/// Where a sum is two vectors, or a product takes one of its own, those of half the pixels take all registers.
///
/// # Safety
/// As [`Kernel`].
unsafe fn halves<W: Way, const STEP: usize>(tile: &Tile) {
    for first in (0..tile.count).step_by(PIXELS / 2) {
        // SAFETY: the caller's guarantee.
        unsafe { tile.compute::<W, { PIXELS / 2 }, STEP>(first) }
    }
}

impl Tile<'_> {
    /// P pixels from `first` on, STEP bytes apart, or at their places.
    #[inline(always)]
    unsafe fn compute<W: Way, const P: usize, const STEP: usize>(&self, first: usize) {
        // SAFETY: there are eight outputs' biases, those that are missing being 0.
        let [above, below] = [0, 4].map(|output| unsafe { I32x4::load(self.bias.add(output)) });
        let (mut upper, mut lower) = ([W::start(above); P], [W::start(below); P]);
        let place: [usize; P] =
            core::array::from_fn(|p| if STEP == 0 { self.places[first + p] } else { p * STEP });
        let [depth, height, width] = self.taps;
        let (fours, plane) = (self.fours, self.plane);
        let mut weights = self.weights;
        // SAFETY: the caller's guarantee.
        unsafe {
            for d in 0..depth.0 {
                for h in 0..height.0 {
                    let row = self.x.wrapping_add(first * STEP + d * depth.1 + h * height.1);
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
            self.store::<W, P, STEP>(0, first, &upper);
            if self.outputs > 4 {
                self.store::<W, P, STEP>(1, first, &lower);
            }
        }
    }

    /// Four outputs of P pixels.
    #[inline(always)]
    unsafe fn store<W: Way, const P: usize, const STEP: usize>(
        &self,
        half: usize,
        first: usize,
        sums: &[W::Sums; P],
    ) {
        // SAFETY: the caller's guarantee.
        unsafe {
            let bias = I32x4::load(self.bias.add(4 * half));
            let (scale, end) = (self.scale.add(4 * half), &self.ends[half]);
            let y = self.y.add(half * self.next + 4 * first);
            let (count, outputs) = (self.count - first, (self.outputs - 4 * half).min(4));
            let total = |p: usize| W::total(sums[p.min(P - 1)], bias);
            let four = [0, 1, 2, 3].map(total);
            if STEP == 0 && count < P {
                let two = [4, 5, 4, 5].map(total);
                end.store_some(four, scale, y, count.min(4), outputs);
                if count > 4 {
                    end.store_some(two, scale, y.add(16), 1, outputs);
                }
                return;
            }
            end.store(four, scale, y, P.min(4), outputs);
            if P == PIXELS {
                end.store([4, 5, 4, 5].map(total), scale, y.add(16), 2, outputs);
            }
        }
    }
}
