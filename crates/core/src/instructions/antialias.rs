//! ANTIALIAS: one axis of x [outer, input, inner] at `output` positions, each the sum of all elements within reach of its
//! source position, weighted by a linear or cubic kernel (Keys 1981) that is stretched as far as the axis shrinks, the
//! weights divided by their sum; and the adjoint of that.
//!
//! Params: outer, input, output, inner, [`Kernel`] (not nearest), [`Positions`] (4), cubic coefficient's bits, stretch
//! bits (from 1 to `input`), exclude (0, 1), adjoint (0, 1). Where elements beyond the ends are not excluded, those at the
//! ends stand for them.
//! Operands: x, y [outer, output, inner]; of the adjoint dy, dx, which is set.
//!
//! The shares are rows' columns, as of RESAMPLE, which is for kernels of a few elements.

use super::resample::{mix, Kernel, Positions, COLUMNS};
use super::sample::{Sample, ONE};
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::math::floor;
use crate::simd::{F32x4, LANES};
use core::ops::Range;

pub const ENTRIES: &[Entry] = &[Entry::new(
    "antialias",
    "x -> y",
    FLOAT,
    decode,
    Sample::new(&[2, 8, 5, 3, 1, 0, 2f32.to_bits(), ONE, 0, 0, 2f32.to_bits(), 1, 0], &[48, 30]),
)];

/// Weights that are computed at a time.
const ROOM: usize = 256;

struct Antialias {
    outer: usize,
    input: usize,
    output: usize,
    inner: usize,
    kernel: Kernel,
    positions: Positions,
    coefficient: f32,
    stretch: f32,
    exclude: bool,
    adjoint: bool,
}

/// The elements of one output: from `first` on, `count` of them.
struct Window {
    position: f32,
    /// The places that the kernel reaches, beyond the ends too.
    reach: Range<isize>,
    first: usize,
    count: usize,
    /// 1 / the sum of the weights.
    scale: f32,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let op = Antialias {
        outer: params.usize(),
        input: params.usize(),
        output: params.usize(),
        inner: params.usize(),
        kernel: params.kind(),
        positions: Positions::read(params),
        coefficient: params.f32(),
        stretch: params.f32(),
        exclude: params.flag(),
        adjoint: params.flag(),
    };
    params.elements(&[op.outer, op.input, op.inner], 4);
    params.elements(&[op.outer, op.output, op.inner], 4);
    let stretches = op.stretch >= 1.0 && op.stretch <= op.input as f32;
    if !stretches || op.kernel == Kernel::Nearest {
        params.refuse(op.input as u32);
    }
    params.check()?;
    Ok(Planned::new(op))
}

impl Instruction for Antialias {
    fn extents(&self) -> Extents {
        let [x, y] = [self.input, self.output].map(|size| product(&[self.outer, size, self.inner]));
        Extents::words(&if self.adjoint { [y, x] } else { [x, y] })
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let columns = self.inner.div_ceil(COLUMNS);
        let items = share.range(self.outer * columns);
        if items.is_empty() {
            return Ok(());
        }
        let (small, large) = if self.adjoint { (1, 0) } else { (0, 1) };
        let (x, y) = (operands.pointer::<f32>(small), operands.pointer::<f32>(large));
        let sizes = if self.adjoint { self.input } else { self.output };
        for item in items.clone() {
            let (row, start) = (item / columns, item % columns * COLUMNS);
            let width = COLUMNS.min(self.inner - start);
            for i in 0..sizes {
                // SAFETY: what is written holds outer * sizes * inner elements; these columns are written by no other part.
                unsafe {
                    let first = operands.pointer::<f32>(1).add((row * sizes + i) * self.inner + start);
                    core::slice::from_raw_parts_mut(first, width).fill(0.0);
                }
            }
        }
        let mut weights = [0.0; ROOM];
        for o in 0..self.output {
            let window = self.window(o);
            for done in (0..window.count).step_by(ROOM) {
                let count = ROOM.min(window.count - done);
                let first = window.first + done;
                for (k, weight) in weights[..count].iter_mut().enumerate() {
                    *weight = self.weight(&window, first + k) * window.scale;
                }
                for item in items.clone() {
                    let (row, start) = (item / columns, item % columns * COLUMNS);
                    let width = COLUMNS.min(self.inner - start);
                    // SAFETY: as above; the window's elements are below `input`.
                    unsafe {
                        let x = x.add((row * self.input + first) * self.inner + start);
                        let y = y.add((row * self.output + o) * self.inner + start);
                        self.add(&weights[..count], x, y, width);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Antialias {
    fn window(&self, o: usize) -> Window {
        // What lies farther away than all elements is as far away as it can matter.
        let size = self.input as f32;
        let position = self.positions.of(o).max(-2.0 * size).min(3.0 * size);
        let radius = if self.kernel == Kernel::Cubic { 2.0 * self.stretch } else { self.stretch };
        let reach = floor(position - radius) as isize + 1..-floor(-(position + radius)) as isize;
        let last = self.input as isize - 1;
        let (first, end) = if self.exclude {
            (reach.start.max(0), reach.end.min(last + 1))
        } else {
            (reach.start.clamp(0, last), (reach.end - 1).clamp(0, last) + 1)
        };
        let count = (end - first).max(0) as usize;
        let mut window = Window { position, reach, first: first as usize, count, scale: 1.0 };
        let sum: f32 = (window.first..window.first + count).map(|i| self.weight(&window, i)).sum();
        if sum != 0.0 {
            window.scale = 1.0 / sum;
        }
        window
    }

    /// What element `i` weighs: at the ends, with all that it stands for.
    fn weight(&self, window: &Window, i: usize) -> f32 {
        let own = i as isize;
        let mut sum = self.kernel_at((own as f32 - window.position) / self.stretch);
        if self.exclude {
            return sum;
        }
        let beyond = |places: Range<isize>| -> f32 {
            places.map(|place| self.kernel_at((place as f32 - window.position) / self.stretch)).sum()
        };
        if i == 0 {
            sum += beyond(window.reach.start..window.reach.end.min(0));
        }
        if i + 1 == self.input {
            sum += beyond(window.reach.start.max(own + 1)..window.reach.end);
        }
        sum
    }

    fn kernel_at(&self, distance: f32) -> f32 {
        let (a, d) = (self.coefficient, distance.abs());
        match self.kernel {
            Kernel::Cubic if d < 1.0 => ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0,
            Kernel::Cubic if d < 2.0 => ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a,
            Kernel::Cubic => 0.0,
            _ => (1.0 - d).max(0.0),
        }
    }

    /// Adds weighted rows of x to a row of y; of the adjoint, a weighted row of y to rows of x.
    ///
    /// # Safety
    /// x holds a row per weight, `inner` elements apart, and y one, of `width` elements each.
    #[inline(never)]
    unsafe fn add(&self, weights: &[f32], x: *mut f32, y: *mut f32, width: usize) {
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.inner == 1 && self.adjoint {
                mix_one(weights, *y, x);
            } else if self.inner == 1 {
                *y += dot(weights, x);
            } else {
                for (k, &weight) in weights.iter().enumerate() {
                    let row = x.add(k * self.inner);
                    let (from, into) = if self.adjoint { (y, row) } else { (row, y) };
                    let own = (into.cast_const(), F32x4::splat(1.0));
                    mix([own, (from.cast_const(), F32x4::splat(weight))], into, width);
                }
            }
        }
    }
}

/// `x[k] += weights[k] * flow`.
///
/// # Safety
/// x holds an element per weight.
unsafe fn mix_one(weights: &[f32], flow: f32, x: *mut f32) {
    let own = (x.cast_const(), F32x4::splat(1.0));
    // SAFETY: the caller's guarantee.
    unsafe { mix([own, (weights.as_ptr(), F32x4::splat(flow))], x, weights.len()) };
}

/// The sum of `weights[k] * x[k]`.
///
/// # Safety
/// x holds an element per weight.
unsafe fn dot(weights: &[f32], x: *const f32) -> f32 {
    let mut sum = F32x4::ZERO;
    for k in (0..weights.len()).step_by(LANES) {
        let count = LANES.min(weights.len() - k);
        // SAFETY: the caller's guarantee.
        unsafe {
            let weight = F32x4::load_partial(weights.as_ptr().add(k), count);
            sum = F32x4::load_partial(x.add(k), count).madd(weight, sum);
        }
    }
    sum.to_array().into_iter().sum()
}
