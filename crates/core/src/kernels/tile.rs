//! Where a tile of sums goes: `y = act(sum + residual)`, some output channels by a few consecutive pixels.
//!
//! A kernel's sums start with the bias, so that it is added first by whatever kernel.
//! Pixels are counted over the whole batch: those of one image are neighbours in memory, and after `room` of them
//! comes the next image. Rows are output channels, `plane` elements apart.

use crate::instructions::activation::{Act, Activation};
use crate::simd::{F32x4, LANES};

/// What is done to `sum + residual`: a clamp, or where that does not say it, an activation.
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

    /// The activation of one row, whose slope is read where it is prelu.
    ///
    /// # Safety
    /// `slope` can be read when the activation is prelu.
    #[inline(always)]
    #[must_use]
    pub unsafe fn of_row(&self, slope: *const f32) -> Epilogue {
        let activation = self.activation.map(|activation| {
            if activation.needs_slope() {
                // SAFETY: the caller's guarantee.
                activation.with_slope(unsafe { slope.read() })
            } else {
                activation
            }
        });
        Epilogue { activation, ..*self }
    }

    #[inline(always)]
    #[must_use]
    pub fn apply(&self, v: F32x4) -> F32x4 {
        match &self.activation {
            // NaN stays in the first operand of pmax and pmin.
            None => v.pmax(F32x4::splat(self.low)).pmin(F32x4::splat(self.high)),
            Some(activation) => activation.apply(v),
        }
    }
}

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

    /// Whether the columns lie side by side, nothing is added to them and a clamp finishes them.
    #[inline(always)]
    #[must_use]
    pub fn is_plain(&self, epilogue: &Epilogue) -> bool {
        self.room >= self.columns && self.residual.is_null() && epilogue.activation.is_none()
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

    /// Finishes and stores the columns of the first row from `first` on, at most four of them.
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
                epilogue.apply(v).store_partial(self.y.add(first), count);
                return;
            }
            let places: [usize; LANES] = core::array::from_fn(|lane| self.place(first + lane.min(count - 1)));
            if !self.residual.is_null() {
                v = v.add(F32x4::gather(self.residual, places));
            }
            let lanes = epilogue.apply(v).to_array();
            for (value, place) in lanes.into_iter().zip(places).take(count) {
                self.y.add(place).write(value);
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
