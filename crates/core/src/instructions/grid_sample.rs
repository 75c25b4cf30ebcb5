//! GRID SAMPLE: y[n, c, p] is x[n, c] at the position grid[n, p]; and its gradients.
//!
//! Params: n, channels, axes (2, 3), depth, height, width of x, positions of an image's grid, [`Mode`],
//! [`Padding`], align corners (0, 1).
//! Operands: x [n, channels, depth * height * width], grid [n, positions, axes], y [n, channels, positions]; of the
//! gradient x, grid, dy, dx (may be absent), dgrid (may be absent).
//!
//! A position is one number per axis, the last axis first, -1 and 1 being the plane's ends. Along each axis it has 1, 2
//! or 4 elements with their weights; a position's are all their products, computed once for all channels. Arithmetic is
//! PyTorch's: no gradient flows through a position that padding moved or that lies on a border.

use super::sample::Sample;
use super::taps::{cubic, cubic_slopes, Planes, Taps, Weights, NO_WEIGHTS};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::math::{floor, nearest};
use crate::simd::{F32x4, LANES};
use core::ops::Range;

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "grid sample",
        "x, grid -> y",
        FLOAT,
        decode,
        Sample::new(&[2, 3, 2, 1, 5, 6, 7, 0, 1, 0], &[180, 28, 42]),
    ),
    Entry::new(
        "grid sample gradient",
        "x, grid, dy -> dx?, dgrid?",
        FLOAT,
        decode_gradient,
        Sample::new(&[2, 3, 2, 1, 5, 6, 7, 0, 1, 0], &[180, 28, 42, 180, 28]),
    ),
];

/// PyTorch's coefficient of cubic weights.
const CUBIC: f32 = -0.75;

enumeration! {
    pub enum Mode {
        Linear as "bilinear",
        Nearest,
        /// Of 2 axes only.
        Cubic as "bicubic",
    }
}

enumeration! {
    pub enum Padding {
        Zeros,
        Border,
        Reflection,
    }
}

struct GridSample {
    n: usize,
    channels: usize,
    axes: usize,
    /// Depth, height, width.
    size: [usize; 3],
    plane: usize,
    positions: usize,
    mode: Mode,
    padding: Padding,
    align: bool,
}

struct Gradient(GridSample);

/// The elements around a position along one axis.
#[derive(Clone, Copy)]
struct Around {
    index: [Option<usize>; 4],
    weight: [f32; 4],
    /// The weights' derivatives by the grid's number.
    slope: [f32; 4],
}

fn read(params: &mut Params) -> Result<GridSample, Fault> {
    let [n, channels, axes] = params.array().map(|word| word as usize);
    let size = params.array().map(|word| word as usize);
    let positions = params.usize();
    let [depth, height, width] = size;
    params.elements(&[n, channels, depth, height, width], 4);
    params.elements(&[n, channels, positions], 4);
    params.elements(&[n, positions, axes], 4);
    let plane = params.elements(&size, 4);
    let flat = axes == 2 && depth == 1;
    if !(flat || axes == 3) || plane == 0 {
        params.refuse(axes as u32);
    }
    let (mode, padding, align) = (params.kind(), params.kind(), params.flag());
    if mode == Mode::Cubic && !flat {
        params.refuse(mode as u32);
    }
    params.check()?;
    Ok(GridSample { n, channels, axes, size, plane, positions, mode, padding, align })
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    Ok(Planned::new(read(params)?))
}

fn decode_gradient(params: &mut Params) -> Result<Planned, Fault> {
    Ok(Planned::new(Gradient(read(params)?)))
}

impl GridSample {
    /// Elements of x, of the grid and of y.
    fn sizes(&self) -> [usize; 3] {
        let planes = self.n * self.channels;
        [planes * self.plane, self.n * self.positions * self.axes, planes * self.positions]
    }
}

impl Instruction for GridSample {
    fn extents(&self) -> Extents {
        let [x, grid, y] = self.sizes();
        Extents::words(&[x, grid, y])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (x, y) = (operands.pointer::<f32>(0), operands.pointer::<f32>(2));
        let mut taps = self.taps();
        for (n, first, count) in blocks(share.range(self.n * self.positions), self.positions, taps.block) {
            // SAFETY: the operands hold the elements that the params say; this part's positions are written by no other.
            unsafe {
                self.locate(operands.pointer(1), n, first, count, &mut taps, None);
                taps.gather(&taps.weights, self.planes(x, y, n * self.channels, self.channels, first), count);
            }
        }
        Ok(())
    }
}

impl Instruction for Gradient {
    fn extents(&self) -> Extents {
        let [x, grid, y] = self.0.sizes();
        Extents::words(&[x, grid, y, x, grid])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        // SAFETY: the caller's guarantee.
        unsafe {
            if !operands.pointer::<f32>(3).is_null() {
                self.planes(operands, share.range(self.0.n * self.0.channels));
            }
            if !operands.pointer::<f32>(4).is_null() {
                self.grid(operands, share.range(self.0.n * self.0.positions));
            }
        }
        Ok(())
    }
}

impl Gradient {
    /// These planes of dx.
    ///
    /// # Safety
    /// As [`Instruction::run`].
    unsafe fn planes(&self, operands: &Operands, planes: Range<usize>) {
        let op = &self.0;
        let (dy, dx) = (operands.pointer::<f32>(2), operands.pointer::<f32>(3));
        let mut taps = op.taps();
        for (n, first, count) in blocks(planes, op.channels, op.channels.max(1)) {
            let planes = n * op.channels + first..n * op.channels + first + count;
            // SAFETY: the operands hold the elements that the params say; these planes are written by no other part.
            unsafe {
                for c in planes.clone() {
                    core::slice::from_raw_parts_mut(dx.add(c * op.plane), op.plane).fill(0.0);
                }
                for (_, first, count) in blocks(0..op.positions, op.positions, taps.block) {
                    op.locate(operands.pointer(1), n, first, count, &mut taps, None);
                    taps.scatter(op.planes(dx, dy, planes.start, planes.len(), first), count);
                }
            }
        }
    }

    /// These positions of dgrid.
    ///
    /// # Safety
    /// As [`Instruction::run`].
    unsafe fn grid(&self, operands: &Operands, positions: Range<usize>) {
        let op = &self.0;
        let x = operands.pointer::<f32>(0);
        let (dy, dgrid) = (operands.pointer::<f32>(2).cast_const(), operands.pointer::<f32>(4));
        let mut taps = op.taps();
        let mut slopes = [NO_WEIGHTS; 3];
        for (n, first, count) in blocks(positions, op.positions, taps.block) {
            // SAFETY: the operands hold the elements that the params say; these positions are written by no other part.
            unsafe { op.locate(operands.pointer(1), n, first, count, &mut taps, Some(&mut slopes)) };
            for (axis, slopes) in slopes[3 - op.axes..].iter().enumerate() {
                let (mut sums, mut values) = (NO_WEIGHTS, NO_WEIGHTS);
                for c in n * op.channels..(n + 1) * op.channels {
                    // SAFETY: as above.
                    unsafe {
                        let plane = op.planes(x, values.as_mut_ptr(), c, 1, 0);
                        taps.gather(slopes, Planes { large: values.as_mut_ptr(), ..plane }, count);
                        add_products(&values, dy.add(c * op.positions + first), &mut sums, count);
                    }
                }
                for (j, &sum) in sums[..count].iter().enumerate() {
                    let at = (n * op.positions + first + j) * op.axes + op.axes - 1 - axis;
                    // SAFETY: as above.
                    unsafe { *dgrid.add(at) = sum };
                }
            }
        }
    }
}

/// `sums[j] += values[j] * dy[j]`.
///
/// # Safety
/// `dy` holds `count` elements.
#[inline(never)]
unsafe fn add_products(values: &Weights, dy: *const f32, sums: &mut Weights, count: usize) {
    for j in (0..count).step_by(LANES) {
        // SAFETY: the caller's guarantee; a block is whole vectors.
        unsafe {
            let flow = F32x4::load_partial(dy.add(j), LANES.min(count - j));
            let sum = F32x4::load(sums.as_ptr().add(j));
            F32x4::load(values.as_ptr().add(j)).madd(flow, sum).store(sums.as_mut_ptr().add(j));
        }
    }
}

/// The blocks of these items, `each` of which belong to an image: (image, first item of it, how many).
fn blocks(mut items: Range<usize>, each: usize, block: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    core::iter::from_fn(move || {
        let (n, first) = (items.start.checked_div(each)?, items.start % each);
        let count = block.min(each - first).min(items.len());
        items.start += count;
        (count > 0).then_some((n, first, count))
    })
}

impl GridSample {
    fn each(&self) -> usize {
        match self.mode {
            Mode::Linear => 2,
            Mode::Nearest => 1,
            Mode::Cubic => 4,
        }
    }

    /// `count` planes of x and y from plane `c`, at the position `first`.
    fn planes(&self, x: *mut f32, y: *mut f32, c: usize, count: usize, first: usize) -> Planes {
        Planes {
            small: x.wrapping_add(c * self.plane),
            small_step: self.plane,
            large: y.wrapping_add(c * self.positions + first),
            large_step: self.positions,
            count,
        }
    }

    fn taps(&self) -> Taps {
        Taps::new(self.each().pow(self.axes as u32))
    }

    /// The elements and weights of `count` positions of image `n`; with `slopes` the weights' derivatives by each axis too.
    ///
    /// # Safety
    /// The grid holds these positions.
    unsafe fn locate(
        &self,
        grid: *const f32,
        n: usize,
        first: usize,
        count: usize,
        taps: &mut Taps,
        mut slopes: Option<&mut [Weights; 3]>,
    ) {
        let each = self.each();
        let outer = if self.axes == 3 { each } else { 1 };
        taps.clear();
        for j in 0..count {
            let mut around = [FIRST; 3];
            for (axis, around) in around.iter_mut().enumerate().skip(3 - self.axes) {
                let at = (n * self.positions + first + j) * self.axes + 2 - axis;
                // SAFETY: the caller's guarantee.
                *around = self.around(unsafe { *grid.add(at) }, self.size[axis]);
            }
            let [depth, height, width] = &around;
            let mut k = 0;
            for d in 0..outer {
                for h in 0..each {
                    for w in 0..each {
                        let place = taps.place(j, k);
                        k += 1;
                        let row = depth.index[d].zip(height.index[h]).map(|(d, h)| d * self.size[1] + h);
                        let offset = row.zip(width.index[w]).map(|(row, w)| row * self.size[2] + w);
                        taps.set_offset(place, offset);
                        let (a, b, c) = (depth.weight[d], height.weight[h], width.weight[w]);
                        taps.weights[place] = a * b * c;
                        if let Some(slopes) = &mut slopes {
                            slopes[0][place] = depth.slope[d] * b * c;
                            slopes[1][place] = a * height.slope[h] * c;
                            slopes[2][place] = a * b * width.slope[w];
                        }
                    }
                }
            }
        }
    }

    /// The elements around the grid's number `u` along an axis.
    fn around(&self, u: f32, size: usize) -> Around {
        let extent = size as f32;
        let (factor, shift) = if self.align { ((extent - 1.0) / 2.0, 0.0) } else { (extent / 2.0, 0.5) };
        let raw = (u + 1.0) * factor - shift;
        let (position, sign) = if self.mode == Mode::Cubic { (raw, 1.0) } else { self.padded(raw, extent) };
        let slope = factor * sign;
        let mut found = FIRST;
        if self.mode == Mode::Nearest {
            found.index[0] = inside(nearest(position), size);
            found.slope[0] = 0.0;
            return found;
        }
        if !position.is_finite() {
            // Nowhere. In two dimensions PyTorch makes NaN of it, in three zero.
            found.index = [(self.axes == 2).then_some(0); 4];
            found.weight = [f32::NAN; 4];
            found.slope = [f32::NAN; 4];
            return found;
        }
        let whole = floor(position);
        let t = position - whole;
        if self.mode == Mode::Linear {
            found.index = [inside(whole, size), inside(whole + 1.0, size), None, None];
            found.weight = [1.0 - t, t, 0.0, 0.0];
            found.slope = [-slope, slope, 0.0, 0.0];
        } else {
            for (k, index) in found.index.iter_mut().enumerate() {
                *index = inside(self.padded(whole + k as f32 - 1.0, extent).0, size);
            }
            found.weight = cubic(CUBIC, t);
            found.slope = cubic_slopes(CUBIC, t).map(|by_t| by_t * slope);
        }
        found
    }

    /// Where padding moves a position to, and the derivative of that.
    fn padded(&self, position: f32, extent: f32) -> (f32, f32) {
        let last = extent - 1.0;
        let (position, sign) = match self.padding {
            Padding::Zeros => return (position, 1.0),
            Padding::Border => (position, 1.0),
            Padding::Reflection => self.reflected(position, extent),
        };
        // NaN becomes 0.
        let low = if position > 0.0 { position } else { 0.0 };
        let clipped = if low < last { low } else { last };
        (clipped, if clipped == 0.0 || clipped == last { 0.0 } else { sign })
    }

    /// Mirrored at the ends as often as it takes: the middles of the outer elements, or their edges.
    fn reflected(&self, position: f32, extent: f32) -> (f32, f32) {
        let (low, twice) = if self.align { (0.0, 2.0 * (extent - 1.0)) } else { (-0.5, 2.0 * extent) };
        if twice == 0.0 {
            return (0.0, 0.0);
        }
        let distance = position - low;
        let away = distance.abs();
        let turns = F32x4::splat(away / twice).trunc().to_array()[0];
        let extra = away - turns * twice;
        let back = twice - extra;
        let mirrored = if extra > back { back } else { extra };
        (mirrored + low, if (extra > back) == (distance < 0.0) { 1.0 } else { -1.0 })
    }
}

/// The element of an axis that has only one.
const FIRST: Around = Around { index: [Some(0); 4], weight: [1.0; 4], slope: [0.0; 4] };

/// The index that a whole number is.
fn inside(whole: f32, size: usize) -> Option<usize> {
    (whole >= 0.0 && (whole as usize) < size).then_some(whole as usize)
}
