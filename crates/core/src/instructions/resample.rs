//! RESAMPLE: one axis of x [outer, input, inner] at `output` positions: each is a weighted sum of the 1, 2 or 4 elements
//! around its source position (Keys 1981 for the cubic weights); and the adjoint of that.
//!
//! Params: outer, input, output, inner, [`Kernel`], [`Positions`] (4), [`Rounding`] of nearest positions, cubic
//! coefficient's bits, adjoint (0, 1). Integers can be moved only: nearest.
//! Operands: x, y [outer, output, inner]; of the adjoint dy, dx, which is set.
//!
//! Positions and weights are those of PyTorch, computed in float32. The shares are rows' columns: each sum is in order of
//! the outputs whatever their number.

use super::dtype::Dtype;
use super::sample::{Sample, ONE};
use super::taps::{cubic, Planes, Taps};
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::instructions::entry::ANY;
use crate::math::floor;
use crate::simd::{F32x4, LANES};
use core::ops::Range;

pub const ENTRIES: &[Entry] = &[Entry::new(
    "resample",
    "x -> y",
    ANY,
    decode,
    Sample::new(&[2, 5, 8, 3, 1, 0, ONE, ONE, 0, 0, 0, 0], &[30, 48]),
)];

/// Elements of a row that are one item of a share.
pub const COLUMNS: usize = 1024;

enumeration! {
    pub enum Kernel {
        Nearest,
        Linear,
        Cubic,
    }
}

/// Where output o's source position is, counted from the first element's middle: `(o + first) * factor / divisor + shift`.
/// Whoever counts in fractions has the fraction's parts, so that whole positions are whole.
pub struct Positions {
    pub first: f32,
    pub factor: f32,
    pub divisor: f32,
    pub shift: f32,
}

impl Positions {
    pub fn read(params: &mut Params) -> Positions {
        let [first, factor, divisor, shift] = [(); 4].map(|()| params.f32());
        Positions { first, factor, divisor, shift }
    }

    pub fn of(&self, o: usize) -> f32 {
        (o as f32 + self.first) * self.factor / self.divisor + self.shift
    }
}

enumeration! {
    /// How a position becomes the nearest element's.
    pub enum Rounding {
        Floor,
        Ceil,
        RoundPreferFloor as "round-prefer-floor",
        RoundPreferCeil as "round-prefer-ceil",
    }
}

struct Resample {
    outer: usize,
    input: usize,
    output: usize,
    inner: usize,
    kernel: Kernel,
    positions: Positions,
    rounding: Rounding,
    coefficient: f32,
    bytes: usize,
    adjoint: bool,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let op = Resample {
        outer: params.usize(),
        input: params.usize(),
        output: params.usize(),
        inner: params.usize(),
        kernel: params.kind(),
        positions: Positions::read(params),
        rounding: params.kind(),
        coefficient: params.f32(),
        bytes: params.dtype.bytes(),
        adjoint: params.flag(),
    };
    params.elements(&[op.outer, op.input, op.inner], op.bytes);
    params.elements(&[op.outer, op.output, op.inner], op.bytes);
    if op.input == 0 || params.dtype != Dtype::F32 && (op.kernel != Kernel::Nearest || op.adjoint) {
        params.refuse(op.input as u32);
    }
    params.check()?;
    Ok(Planned::new(op))
}

impl Instruction for Resample {
    fn extents(&self) -> Extents {
        let [x, y] =
            [self.input, self.output].map(|size| product(&[self.outer, size, self.inner, self.bytes]));
        Extents::bytes(&if self.adjoint { [y, x] } else { [x, y] })
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let columns = self.inner.div_ceil(COLUMNS);
        let items = share.range(self.outer * columns);
        if items.is_empty() {
            return Ok(());
        }
        let mut taps = Taps::new(self.kernel.taps());
        // SAFETY: the operands hold the elements that the params say; this part's columns are written by no other part.
        unsafe {
            if self.adjoint {
                self.clear(operands.pointer(1), items.clone());
            }
            let mut first = 0;
            while first < self.output {
                let count = taps.block.min(self.output - first);
                for j in 0..count {
                    self.locate(first + j, j, &mut taps);
                }
                if self.inner == 1 && (self.adjoint || self.kernel != Kernel::Nearest) {
                    self.rows(&taps, operands, items.clone(), first, count);
                    first += count;
                    continue;
                }
                for item in items.clone() {
                    let (row, start) = (item / columns, item % columns * COLUMNS);
                    let width = COLUMNS.min(self.inner - start);
                    let small = row * self.input * self.inner + start;
                    let large = (row * self.output + first) * self.inner + start;
                    self.block(&taps, operands, [small, large], count, width);
                }
                first += count;
            }
        }
        Ok(())
    }
}

impl Kernel {
    fn taps(self) -> usize {
        match self {
            Kernel::Nearest => 1,
            Kernel::Linear => 2,
            Kernel::Cubic => 4,
        }
    }
}

impl Resample {
    /// Writes the elements and weights of output `o` as those of the block's output `j`.
    fn locate(&self, o: usize, j: usize, taps: &mut Taps) {
        let position = self.positions.of(o);
        let last = self.input - 1;
        match self.kernel {
            Kernel::Nearest => {
                let whole = self.round(position).max(0.0) as usize;
                taps.set_offset(j, Some(whole.min(last)));
                taps.weights[j] = 1.0;
            }
            Kernel::Linear => {
                let position = position.max(0.0);
                let index = (position as usize).min(last);
                let weight = (position - index as f32).clamp(0.0, 1.0);
                let pair = [(index, 1.0 - weight), ((index + 1).min(last), weight)];
                for (k, (index, weight)) in pair.into_iter().enumerate() {
                    let place = taps.place(j, k);
                    taps.set_offset(place, Some(index));
                    taps.weights[place] = weight;
                }
            }
            Kernel::Cubic => {
                let whole = floor(position).min(last as f32);
                let weights = cubic(self.coefficient, (position - whole).clamp(0.0, 1.0));
                for (k, weight) in weights.into_iter().enumerate() {
                    let place = taps.place(j, k);
                    let index = (whole as isize).saturating_add(k as isize - 1).clamp(0, last as isize);
                    taps.set_offset(place, Some(index as usize));
                    taps.weights[place] = weight;
                }
            }
        }
    }

    fn round(&self, position: f32) -> f32 {
        match self.rounding {
            Rounding::Floor => floor(position),
            Rounding::Ceil => -floor(-position),
            Rounding::RoundPreferFloor => -floor(0.5 - position),
            Rounding::RoundPreferCeil => floor(position + 0.5),
        }
    }

    /// Sets dx to zero in these items.
    ///
    /// # Safety
    /// `dx` holds outer * input * inner elements.
    unsafe fn clear(&self, dx: *mut f32, items: Range<usize>) {
        let columns = self.inner.div_ceil(COLUMNS);
        for item in items {
            let (row, start) = (item / columns, item % columns * COLUMNS);
            let width = COLUMNS.min(self.inner - start);
            for i in 0..self.input {
                let at = (row * self.input + i) * self.inner + start;
                // SAFETY: within the row, which is within dx.
                unsafe { core::slice::from_raw_parts_mut(dx.add(at), width) }.fill(0.0);
            }
        }
    }

    /// One block of outputs of rows whose elements lie side by side.
    ///
    /// # Safety
    /// The operands hold these rows.
    unsafe fn rows(&self, taps: &Taps, operands: &Operands, rows: Range<usize>, first: usize, count: usize) {
        let (small, large) = if self.adjoint { (1, 0) } else { (0, 1) };
        let planes = Planes {
            small: operands.pointer::<f32>(small).wrapping_add(rows.start * self.input),
            small_step: self.input,
            large: operands.pointer::<f32>(large).wrapping_add(rows.start * self.output + first),
            large_step: self.output,
            count: rows.len(),
        };
        // SAFETY: the caller's guarantee; the offsets are below `input`.
        unsafe {
            if self.adjoint {
                taps.scatter(planes, count);
            } else {
                taps.gather(&taps.weights, planes, count);
            }
        }
    }

    /// One block of outputs of one item, which begins at `small` in x and at `large` in y.
    ///
    /// # Safety
    /// The operands hold the item.
    unsafe fn block(
        &self,
        taps: &Taps,
        operands: &Operands,
        [small, large]: [usize; 2],
        count: usize,
        width: usize,
    ) {
        // SAFETY: the caller's guarantee; the offsets are below `input`.
        unsafe {
            if self.adjoint {
                let (dy, dx) = (operands.pointer::<f32>(0).add(large), operands.pointer::<f32>(1).add(small));
                self.add_rows(taps, dy, dx, count, width);
            } else if self.kernel == Kernel::Nearest {
                if self.bytes == 1 {
                    let x = operands.pointer::<u8>(0).add(small);
                    self.copy_rows(taps, x, operands.pointer::<u8>(1).add(large), count, width);
                } else {
                    let x = operands.pointer::<u32>(0).add(small);
                    self.copy_rows(taps, x, operands.pointer::<u32>(1).add(large), count, width);
                }
            } else {
                let (x, y) = (operands.pointer::<f32>(0).add(small), operands.pointer::<f32>(1).add(large));
                self.mix_rows(taps, x, y, count, width);
            }
        }
    }

    /// # Safety
    /// As [`Resample::block`].
    #[inline(never)]
    unsafe fn copy_rows<T: Copy>(&self, taps: &Taps, x: *const T, y: *mut T, count: usize, width: usize) {
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.inner == 1 {
                for j in 0..count {
                    *y.add(j) = *x.add(taps.offset(j));
                }
                return;
            }
            for j in 0..count {
                let from = x.add(taps.offset(j) * self.inner);
                from.copy_to_nonoverlapping(y.add(j * self.inner), width);
            }
        }
    }

    /// Rows of y as weighted sums of rows of x.
    ///
    /// # Safety
    /// As [`Resample::block`].
    #[inline(never)]
    unsafe fn mix_rows(&self, taps: &Taps, x: *const f32, y: *mut f32, count: usize, width: usize) {
        for j in 0..count {
            let row = |k: usize| {
                let place = taps.place(j, k);
                // SAFETY: the caller's guarantee.
                (unsafe { x.add(taps.offset(place) * self.inner) }, F32x4::splat(taps.weights[place]))
            };
            // SAFETY: the caller's guarantee: each row has `width` elements.
            unsafe {
                let y = y.add(j * self.inner);
                if self.kernel == Kernel::Linear {
                    mix([row(0), row(1)], y, width);
                } else {
                    mix([row(0), row(1), row(2), row(3)], y, width);
                }
            }
        }
    }

    /// Rows of dx, to which weighted rows of dy are added.
    ///
    /// # Safety
    /// As [`Resample::block`].
    #[inline(never)]
    unsafe fn add_rows(&self, taps: &Taps, dy: *const f32, dx: *mut f32, count: usize, width: usize) {
        for j in 0..count {
            for k in 0..taps.each {
                let place = taps.place(j, k);
                let weight = F32x4::splat(taps.weights[place]);
                // SAFETY: the caller's guarantee: each row has `width` elements.
                unsafe {
                    let dx = dx.add(taps.offset(place) * self.inner);
                    let own = (dx.cast_const(), F32x4::splat(1.0));
                    mix([own, (dy.add(j * self.inner), weight)], dx, width);
                }
            }
        }
    }
}

/// `y[i] = sum of rows[k][i] * weight[k]`, `i < width`; y may be one of the rows.
///
/// # Safety
/// The rows and y hold `width` elements.
#[inline(always)]
pub unsafe fn mix<const K: usize>(rows: [(*const f32, F32x4); K], y: *mut f32, width: usize) {
    let sum = |value: &dyn Fn(*const f32) -> F32x4| {
        let (first, weight) = rows[0];
        let mut sum = value(first).mul(weight);
        for (row, weight) in &rows[1..] {
            sum = value(*row).madd(*weight, sum);
        }
        sum
    };
    let mut i = 0;
    // SAFETY: the caller's guarantee.
    unsafe {
        while i + LANES <= width {
            sum(&|row| F32x4::load(row.add(i))).store(y.add(i));
            i += LANES;
        }
        if i < width {
            sum(&|row| F32x4::load_partial(row.add(i), width - i)).store_partial(y.add(i), width - i);
        }
    }
}
