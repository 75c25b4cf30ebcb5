//! Where a tile of sums goes: `y = act(sum + residual)`, some output channels by a few consecutive pixels.
//!
//! A kernel's sums start with the bias, so that it is added first by whatever kernel. A clamp is applied in registers; any
//! other activation runs over what was stored, by its own loop, while that is still in the cache.
//! Pixels are counted over the whole batch: those of one image are neighbours in memory, and after `room` of them
//! comes the next image. Rows are output channels, `plane` elements apart.

use crate::instructions::activation::{Act, Activation};
use crate::simd::{F32x4, LANES};
use core::ops::Range;

/// What is done to `sum + residual`: a clamp by the kernels, and then an activation where that does not say it.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue {
    pub low: f32,
    pub high: f32,
    pub activation: Option<Activation>,
}

impl Epilogue {
    /// # Errors
    /// As [`Activation::new`].
    pub fn new(act: Act, p0: f32, p1: f32) -> Result<Epilogue, crate::fault::Fault> {
        let (low, high) = match act {
            Act::Relu => (0.0, f32::INFINITY),
            Act::Clip => (p0, p1),
            _ => (f32::NEG_INFINITY, f32::INFINITY),
        };
        let activation = Activation::new(act, p0, p1)?;
        Ok(Epilogue { low, high, activation: (!activation.is_clamp()).then_some(activation) })
    }

    /// The same without what runs over stored outputs.
    #[must_use]
    pub fn clamped(&self) -> Epilogue {
        Epilogue { activation: None, ..*self }
    }

    /// Finishes `count` outputs of one channel, which were stored at `y`.
    ///
    /// # Safety
    /// As many can be written; the channel's `slope` can be read when the activation is prelu.
    #[inline(never)]
    pub unsafe fn finish(&self, y: *mut f32, count: usize, slope: *const f32) {
        if let Some(mut activation) = self.activation {
            // SAFETY: the caller's guarantee.
            unsafe {
                if activation.needs_slope() {
                    activation = activation.with_slope(slope.read());
                }
                activation.map(y, y, count);
            }
        }
    }

    #[inline(always)]
    fn clamp(&self, v: F32x4) -> F32x4 {
        // NaN stays in the first operand of pmax and pmin.
        v.pmax(F32x4::splat(self.low)).pmin(F32x4::splat(self.high))
    }
}

/// Outputs that lie apart and are finished together.
const GATHERED: usize = 32;

/// The addresses of one tile; `bias`, `residual` and `slope` are null where absent.
#[derive(Clone, Copy, Debug)]
pub struct Tile {
    pub y: *mut f32,
    pub residual: *const f32,
    pub bias: *const f32,
    pub slope: *const f32,
    pub rows: usize,
    pub columns: usize,
    /// Elements from a row to the next.
    pub plane: usize,
    /// Pixels from the first to the end of its image, at least 1.
    pub room: usize,
    /// Elements from the end of a plane to the same plane of the next image.
    pub wrap: usize,
}

impl Tile {
    /// The same tile, some rows further down.
    ///
    /// # Safety
    /// The rows exist.
    #[inline(always)]
    #[must_use]
    pub unsafe fn down(&self, rows: usize) -> Tile {
        let step = rows * self.plane;
        // SAFETY: the caller guarantees that the rows lie inside the operands.
        unsafe {
            Tile {
                y: self.y.add(step),
                residual: advance(self.residual, step),
                bias: advance(self.bias, rows),
                slope: advance(self.slope, rows),
                rows: self.rows - rows,
                ..*self
            }
        }
    }

    /// The same tile, some columns to the right.
    ///
    /// # Safety
    /// The columns exist.
    #[inline(always)]
    #[must_use]
    pub unsafe fn right(&self, columns: usize) -> Tile {
        // SAFETY: the caller guarantees that the columns lie inside the operands.
        unsafe { Tile { y: self.y.add(columns), residual: advance(self.residual, columns), ..*self } }
    }

    /// Whether the columns lie side by side, and nothing is added to them.
    #[inline(always)]
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.room >= self.columns && self.residual.is_null()
    }

    /// The bias of row `row`, zero where there is none.
    ///
    /// # Safety
    /// The tile's bias can be read.
    #[inline(always)]
    #[must_use]
    pub unsafe fn bias(&self, row: usize) -> F32x4 {
        if self.bias.is_null() || row >= self.rows {
            F32x4::ZERO
        } else {
            // SAFETY: the caller's guarantee, for a row that exists.
            unsafe { F32x4::load_splat(self.bias.add(row)) }
        }
    }

    /// The bias of rows `row..row + 4` in the lanes, zero where there is none.
    ///
    /// # Safety
    /// The tile's bias can be read.
    #[inline(always)]
    #[must_use]
    pub unsafe fn biases(&self, row: usize) -> F32x4 {
        if self.bias.is_null() || row >= self.rows {
            F32x4::ZERO
        } else {
            // SAFETY: the caller's guarantee, for rows that exist.
            unsafe { F32x4::load_partial(self.bias.add(row), (self.rows - row).min(LANES)) }
        }
    }

    /// The distance of pixel `column` from the first.
    fn place(&self, column: usize) -> usize {
        if column < self.room {
            column
        } else {
            column + self.wrap * (1 + (column - self.room) / self.plane)
        }
    }

    /// Finishes so many columns of some rows whose sums were stored.
    ///
    /// # Safety
    /// The tile's addresses hold the rows and columns.
    #[inline(never)]
    pub unsafe fn finish(&self, rows: Range<usize>, columns: usize, epilogue: &Epilogue) {
        let Some(activation) = &epilogue.activation else { return };
        let apart = (columns == 1 || self.plane == 1) && !activation.needs_slope();
        let mut first = 0;
        while first < columns {
            let place = self.place(first);
            let room = if first < self.room { self.room } else { self.plane };
            let count = if apart { 1 } else { room.min(columns - first) };
            first += count;
            // SAFETY: the caller's guarantee.
            unsafe {
                if apart {
                    let y = self.y.add(place + rows.start * self.plane);
                    finish_apart(activation, y, self.plane, rows.len());
                    continue;
                }
                for row in rows.clone() {
                    let y = self.y.add(row * self.plane + place);
                    epilogue.finish(y, count, advance(self.slope, row));
                }
            }
        }
    }

    /// Stores so many rows of one column, which lie side by side: a plane is one pixel.
    ///
    /// # Safety
    /// The tile's addresses hold them.
    #[inline(always)]
    pub unsafe fn store_rows(&self, row: usize, rows: usize, column: usize, sum: F32x4, epilogue: &Epilogue) {
        let place = row + column * (1 + self.wrap);
        let mut v = sum;
        // SAFETY: the caller's guarantee.
        unsafe {
            if !self.residual.is_null() {
                v = v.add(F32x4::load_partial(self.residual.add(place), rows));
            }
            epilogue.clamp(v).store_partial(self.y.add(place), rows);
        }
    }

    /// Stores the columns of the first row from `first` on, at most four of them.
    ///
    /// # Safety
    /// The tile's addresses hold its rows and columns; `first` is below `columns`.
    #[inline(never)]
    pub unsafe fn store_vector(&self, first: usize, sum: F32x4, epilogue: &Epilogue) {
        let count = (self.columns - first).min(LANES);
        // SAFETY: residual and y hold the tile's columns, `place` gives where.
        unsafe {
            let mut v = sum;
            if first + count <= self.room {
                if !self.residual.is_null() {
                    v = v.add(F32x4::load_partial(self.residual.add(first), count));
                }
                epilogue.clamp(v).store_partial(self.y.add(first), count);
                return;
            }
            let places: [usize; LANES] = core::array::from_fn(|lane| self.place(first + lane.min(count - 1)));
            if !self.residual.is_null() {
                v = v.add(F32x4::gather(self.residual, places));
            }
            let lanes = epilogue.clamp(v).to_array();
            for (value, place) in lanes.into_iter().zip(places).take(count) {
                self.y.add(place).write(value);
            }
        }
    }
}

/// Applies an activation to `count` elements that lie `step` apart.
///
/// # Safety
/// They can be read and written.
unsafe fn finish_apart(activation: &Activation, y: *mut f32, step: usize, count: usize) {
    for first in (0..count).step_by(GATHERED) {
        let some = GATHERED.min(count - first);
        let mut values = [0.0; GATHERED];
        // SAFETY: the caller's guarantee.
        unsafe {
            let y = y.add(first * step);
            for (i, value) in values.iter_mut().enumerate().take(some) {
                *value = *y.add(i * step);
            }
            activation.map(values.as_ptr(), values.as_mut_ptr(), some);
            for (i, value) in values.iter().enumerate().take(some) {
                *y.add(i * step) = *value;
            }
        }
    }
}

/// `address + elements`, or null when it is absent.
///
/// # Safety
/// `elements` stay inside the operand.
#[inline(always)]
#[must_use]
pub unsafe fn advance(address: *const f32, elements: usize) -> *const f32 {
    if address.is_null() {
        address
    } else {
        // SAFETY: the caller's guarantee.
        unsafe { address.add(elements) }
    }
}
