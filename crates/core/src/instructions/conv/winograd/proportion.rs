//! Patches that the transforms would not serve, and their outputs by the definition.
//!
//! The transforms add up all elements of a patch before they take apart what belongs to an output, so what is rounded is
//! relative to the largest of them, and a value that is not finite reaches all sixteen outputs. Whoever sees only much
//! smaller ones would lose its digits. So the squares of a patch's elements, over all channels, are summed up while it is
//! transformed, by pairs of rows and columns; where they differ too much, they are compared window by window. What sees zeros
//! alone is the bias, and needs no definition: data with an empty background has many such windows.

use super::{Lanes, Patches, Placed, REACH, SIDE};
use crate::kernels::gemm::MR;
use crate::kernels::winograd::Energies;
use crate::simd::{F32x4, LANES};

/// How many times the squares of a window those of its patch may be: an element is then at most 64 times the window's norm.
const LIMIT: f32 = 4096.0;

/// Whether a window of so many squares is in proportion to its patch; not where either is infinite or NaN.
fn fits(patch: f32, window: f32) -> bool {
    patch <= (LIMIT * window).min(f32::MAX)
}

/// What becomes of a patch's outputs.
#[derive(Clone, Copy, PartialEq)]
pub enum Judged {
    /// The transforms serve all of them, but for those that see zeros alone: a bit each, by rows of four.
    Transformed { blank: u16 },
    /// They are computed by the definition.
    Apart,
}

impl Judged {
    pub const USUAL: Judged = Judged::Transformed { blank: 0 };
}

impl Patches<'_> {
    /// Where four patches lie, and which of them are out of proportion, by the energies of what they read.
    ///
    /// # Safety
    /// As `Convolve::run`.
    #[inline(never)]
    pub unsafe fn judge(&self, lanes: &Lanes, energies: &Energies, placed: &mut [Placed]) {
        let of_patches = energies.iter().fold(F32x4::ZERO, |sum, &part| sum.add(part)).to_array();
        let energies = energies.map(F32x4::to_array);
        for (lane, placed) in placed.iter_mut().enumerate() {
            // The squares that the windows of its outputs hold: there may be no others.
            let [rows, columns] = lanes.outputs.map(|outputs| if outputs[lane] > 2 { 2 } else { 1 });
            let mut seen = (0..rows).flat_map(|row| energies[2 * row..].iter().take(columns));
            let judged = if seen.all(|energy| fits(of_patches[lane], energy[lane])) {
                Judged::USUAL
            } else {
                // SAFETY: the caller's guarantee.
                unsafe { self.compare(lanes, lane) }
            };
            let [rows, columns] = lanes.outputs.map(|outputs| outputs[lane] as u8);
            *placed = Placed { place: lanes.starts[lane], rows, columns, judged };
        }
    }

    /// Compares the windows of a patch with it.
    ///
    /// # Safety
    /// As `Convolve::run`.
    #[inline(never)]
    unsafe fn compare(&self, lanes: &Lanes, lane: usize) -> Judged {
        let problem = &self.conv.problem;
        let plane = problem.geometry.input();
        let (mut squares, mut peaks) = ([[F32x4::ZERO; 2]; REACH], [[F32x4::ZERO; 2]; REACH]);
        let mut copy = [0.0; REACH * REACH];
        for channel in 0..problem.ci {
            let x = self.places.x.wrapping_add(channel * plane);
            // SAFETY: the channel exists; six elements of each of the six rows can be read.
            unsafe {
                let (patch, stride) = if lanes.lie_inside(channel * plane) {
                    (x.wrapping_offset(lanes.places[lane]), problem.geometry.axes[2].input)
                } else {
                    lanes.copy(lane, x, &mut copy);
                    (copy.as_ptr(), REACH)
                };
                for (row, (squares, peaks)) in squares.iter_mut().zip(&mut peaks).enumerate() {
                    let x = patch.add(row * stride);
                    let own = [F32x4::load(x), F32x4::load(x.add(REACH - LANES))];
                    for ((x, square), peak) in own.into_iter().zip(squares).zip(peaks) {
                        (*square, *peak) = (x.madd(x, *square), x.abs().pmax(*peak));
                    }
                }
            }
        }
        let (rows, columns) = (lanes.rows[lane], lanes.columns[lane]);
        let sum = |of: &[[F32x4; 2]; REACH], top: usize, left: usize, side: usize| {
            let mut sum = 0.0;
            for [four, last] in of.iter().take(rows.1.min(top + side)).skip(rows.0.max(top)) {
                let (four, last) = (four.to_array(), last.to_array());
                for column in columns.0.max(left)..columns.1.min(left + side) {
                    sum += if column < LANES { four[column] } else { last[column + LANES - REACH] };
                }
            }
            sum
        };
        let of_patch = sum(&squares, 0, 0, REACH);
        let [rows, columns] = lanes.outputs.map(|outputs| outputs[lane]);
        let mut blank = 0;
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            // Squares of what is not zero may be.
            if sum(&peaks, row, column, 3) == 0.0 && of_patch < f32::INFINITY {
                blank |= 1 << (row * SIDE + column);
            } else if !fits(of_patch, sum(&squares, row, column, 3)) {
                return Judged::Apart;
            }
        }
        Judged::Transformed { blank }
    }

    /// The outputs of a patch by the definition: `[row][column]`, four output channels in the lanes.
    ///
    /// # Safety
    /// As `Convolve::run`; the patch and the channels exist.
    #[inline(never)]
    pub unsafe fn define(
        &self,
        group: usize,
        patch: usize,
        output_channel: usize,
        bias: F32x4,
    ) -> [[F32x4; SIDE]; SIDE] {
        let problem = &self.conv.problem;
        let lanes = Lanes::new(self, group, patch);
        let tile = group * problem.co.div_ceil(MR) + output_channel / MR;
        let mut weights = self.places.weights.wrapping_add(tile * problem.ci * 9 * MR);
        let mut copy = [0.0; REACH * REACH];
        let mut sums = [[bias; SIDE]; SIDE];
        let [_, height, width] = &problem.geometry.axes;
        let whole = (lanes.rows[0], lanes.columns[0]) == ((0, REACH), (0, REACH));
        let in_place = whole && (height.dilation, width.dilation) == (1, 1);
        for channel in 0..problem.ci {
            let x = self.places.x.wrapping_add(channel * problem.geometry.input());
            // SAFETY: the channel exists in x and among the weights; where no element is outside, all can be read in place.
            unsafe {
                let (patch, stride) = if in_place {
                    (x.wrapping_offset(lanes.places[0]), width.input)
                } else {
                    lanes.copy(0, x, &mut copy);
                    (copy.as_ptr(), REACH)
                };
                for (row, to) in sums.iter_mut().enumerate() {
                    // A copy stays in registers.
                    let mut sums = *to;
                    for tap in 0..9 {
                        let weight = F32x4::load(weights.add(tap * MR));
                        let x = patch.add((row + tap / 3) * stride + tap % 3);
                        for (column, sum) in sums.iter_mut().enumerate() {
                            *sum = weight.madd(F32x4::load_splat(x.add(column)), *sum);
                        }
                    }
                    *to = sums;
                }
            }
            weights = weights.wrapping_add(9 * MR);
        }
        sums
    }
}
