//! Samples of consecutive planes at the same corners: gathered, and its adjoint, added to the corners.

use super::corners::{Corners, Inside, Pairs};
use crate::kernels::gemm::NR;
use crate::simd::{F32x4, I32x4, LANES};

/// Planes that lie one behind the other.
#[derive(Clone, Copy)]
pub struct Planes {
    pub count: usize,
    /// Elements from a plane to the next.
    pub plane: usize,
    /// Rows have two elements at least: a pair can be loaded.
    pub wide: bool,
}

/// The neighbours of four pixels in one row, `[left, right]` of two pixels each.
///
/// # Safety
/// Pairs can be read at the places, single elements where rows are not `wide`.
#[inline(always)]
unsafe fn neighbours(x: *const f32, places: &[usize; LANES], wide: bool) -> [F32x4; 2] {
    let [a, b, c, d] = *places;
    // SAFETY: the caller's guarantee.
    unsafe {
        if wide {
            [F32x4::load_pairs(x, [a, b]), F32x4::load_pairs(x, [c, d])]
        } else {
            [F32x4::gather(x, [a, a, b, b]), F32x4::gather(x, [c, c, d, d])]
        }
    }
}

#[inline(always)]
fn keep(bits: I32x4, value: F32x4) -> F32x4 {
    value.bits().and(bits).as_f32()
}

/// The neighbours' values of half a panel, `[row][two pixels]`, zero where they lie outside.
///
/// # Safety
/// The corners are those of `x`'s planes.
#[inline(always)]
unsafe fn values<const MASKED: bool>(
    x: *const f32,
    places: &[[usize; LANES]; 2],
    keeps: &[[I32x4; 2]; 2],
    wide: bool,
) -> [[F32x4; 2]; 2] {
    // SAFETY: the caller's guarantee.
    let mut rows =
        unsafe { [neighbours(x, &places[0], !MASKED || wide), neighbours(x, &places[1], !MASKED || wide)] };
    if MASKED {
        for (row, bits) in rows.iter_mut().zip(keeps) {
            *row = [keep(bits[0], row[0]), keep(bits[1], row[1])];
        }
    }
    rows
}

/// `a[0][i] * b[0][i] + a[1][i] * b[1][i]`, and the sum of each pixel's two.
#[inline(always)]
fn combine(a: &[[F32x4; 2]; 2], b: &[[F32x4; 2]; 2]) -> F32x4 {
    let sum = |i: usize| a[1][i].madd(b[1][i], a[0][i].mul(b[0][i]));
    let (even, odd) = sum(0).unzip(sum(1));
    even.add(odd)
}

fn half_places(corners: &Corners, half: usize) -> [[usize; LANES]; 2] {
    corners.places.map(|row| core::array::from_fn(|lane| row[half * LANES + lane] as usize))
}

fn half_of<T: Copy>(pairs: &[[T; NR / 2]; 2], half: usize) -> [[T; 2]; 2] {
    pairs.map(|row| [row[2 * half], row[2 * half + 1]])
}

impl Planes {
    /// `panel[c][pixel]`: the samples of each plane.
    ///
    /// # Safety
    /// The corners lie in x's planes wherever they are kept; `panel` holds `count * NR` elements.
    pub unsafe fn gather(&self, x: *const f32, corners: &Corners, panel: *mut f32) {
        for half in 0..2 {
            // SAFETY: the caller's guarantee.
            unsafe {
                match corners.inside {
                    Inside::None => self.nothing(corners, half, panel.add(half * LANES)),
                    Inside::Some => self.half::<true>(x, corners, half, panel.add(half * LANES)),
                    Inside::All => self.half::<false>(x, corners, half, panel.add(half * LANES)),
                }
            }
        }
    }

    /// Zeros, but NaN where the position is.
    ///
    /// # Safety
    /// As [`Planes::gather`].
    unsafe fn nothing(&self, corners: &Corners, half: usize, panel: *mut f32) {
        let zeros = combine(&half_of(&corners.weights, half), &[[F32x4::ZERO; 2]; 2]);
        for c in 0..self.count {
            // SAFETY: the caller's guarantee.
            unsafe { zeros.store(panel.add(c * NR)) };
        }
    }

    /// # Safety
    /// As [`Planes::gather`].
    #[inline(always)]
    unsafe fn half<const MASKED: bool>(
        &self,
        x: *const f32,
        corners: &Corners,
        half: usize,
        panel: *mut f32,
    ) {
        let places = half_places(corners, half);
        let (weights, keeps) = (half_of(&corners.weights, half), half_of(&corners.keep, half));
        let (mut x, mut panel) = (x, panel);
        for _ in 0..self.count {
            // SAFETY: the caller's guarantee.
            unsafe {
                let rows = values::<MASKED>(x, &places, &keeps, self.wide);
                combine(&rows, &weights).store(panel);
            }
            x = x.wrapping_add(self.plane);
            panel = panel.wrapping_add(NR);
        }
    }

    /// For each of the forms, the sum over planes and neighbours of `form * value * columns[c][pixel]`; rows of columns
    /// lie `step` apart.
    ///
    /// # Safety
    /// The corners lie in x's planes wherever they are kept; each row of columns holds eight pixels.
    pub unsafe fn weigh(
        &self,
        columns: *const f32,
        step: usize,
        corners: &Corners,
        x: *const f32,
        forms: [&Pairs; 3],
    ) -> [[F32x4; 2]; 3] {
        let mut sums = [[F32x4::ZERO; 2]; 3];
        for half in 0..2 {
            // SAFETY: the caller's guarantee.
            let weighed = unsafe {
                let columns = columns.add(half * LANES);
                match corners.inside {
                    Inside::None => [[F32x4::ZERO; 2]; 2],
                    Inside::Some => self.weighed::<true>(columns, step, corners, x, half),
                    Inside::All => self.weighed::<false>(columns, step, corners, x, half),
                }
            };
            for (sum, form) in sums.iter_mut().zip(forms) {
                sum[half] = combine(&weighed, &half_of(form, half));
            }
        }
        sums
    }

    /// The neighbours' values times the columns' numbers, summed over the planes.
    ///
    /// # Safety
    /// As [`Planes::weigh`].
    #[inline(always)]
    unsafe fn weighed<const MASKED: bool>(
        &self,
        columns: *const f32,
        step: usize,
        corners: &Corners,
        x: *const f32,
        half: usize,
    ) -> [[F32x4; 2]; 2] {
        let (places, keeps) = (half_places(corners, half), half_of(&corners.keep, half));
        let (mut x, mut columns) = (x, columns);
        let mut sums = [[F32x4::ZERO; 2]; 2];
        for _ in 0..self.count {
            // SAFETY: the caller's guarantee.
            unsafe {
                let rows = values::<MASKED>(x, &places, &keeps, self.wide);
                let column = F32x4::load(columns);
                let (low, high) = column.zip(column);
                for (sum, row) in sums.iter_mut().zip(rows) {
                    *sum = [row[0].madd(low, sum[0]), row[1].madd(high, sum[1])];
                }
            }
            x = x.wrapping_add(self.plane);
            columns = columns.wrapping_add(step);
        }
        sums
    }

    /// The adjoint of gathering: adds `weight * columns[c][pixel]` to each neighbour of the first `pixels`.
    ///
    /// # Safety
    /// As [`Planes::weigh`]; nobody else writes the planes.
    pub unsafe fn scatter(
        &self,
        columns: *const f32,
        step: usize,
        pixels: usize,
        corners: &Corners,
        x: *mut f32,
    ) {
        if corners.inside == Inside::None {
            return;
        }
        for pixel in 0..pixels {
            let places = corners.places.map(|row| row[pixel] as usize);
            // SAFETY: the caller's guarantee.
            unsafe {
                let columns = columns.add(pixel);
                if corners.inside == Inside::All {
                    self.scatter_pixel::<false>(
                        columns,
                        step,
                        corners,
                        pixel,
                        places.map(|place| x.add(place)),
                    );
                } else {
                    self.scatter_pixel::<true>(
                        columns,
                        step,
                        corners,
                        pixel,
                        places.map(|place| x.add(place)),
                    );
                }
            }
        }
    }

    /// # Safety
    /// As [`Planes::scatter`].
    #[inline(always)]
    unsafe fn scatter_pixel<const MASKED: bool>(
        &self,
        columns: *const f32,
        step: usize,
        corners: &Corners,
        pixel: usize,
        places: [*mut f32; 2],
    ) {
        let pair = |row: &[F32x4; NR / 2]| {
            // SAFETY: a row has a pair for each of the eight pixels.
            unsafe { F32x4::load_two(row.as_ptr().cast::<f32>().add(2 * pixel)) }
        };
        let weights = [pair(&corners.weights[0]), pair(&corners.weights[1])];
        let keeps = corners.keep.map(|row| pair(&row.map(I32x4::as_f32)).bits());
        let two = !MASKED || self.wide;
        let (mut columns, mut places) = (columns, places);
        for _ in 0..self.count {
            // SAFETY: the caller's guarantee.
            unsafe {
                let column = F32x4::load_splat(columns);
                for row in 0..2 {
                    let place = places[row];
                    let before = if two { F32x4::load_two(place) } else { F32x4::load_partial(place, 1) };
                    let after = if MASKED {
                        before.add(keep(keeps[row], column.mul(weights[row])))
                    } else {
                        column.madd(weights[row], before)
                    };
                    if two {
                        after.store_two(place);
                    } else {
                        after.store_partial(place, 1);
                    }
                }
            }
            columns = columns.wrapping_add(step);
            places = places.map(|place| place.wrapping_add(self.plane));
        }
    }
}
