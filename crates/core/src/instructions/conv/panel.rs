//! Packs the input values of eight output pixels: `panel[tap][c][pixel]`, zero where a tap reads padding.
//!
//! Per panel the pixels' places in the input are found once; per tap a mask of the pixels that read inside it, and
//! per channel one of three ways to fetch them: eight neighbours, every second of fifteen, or eight single loads.
//! Vector loads may fetch a neighbouring row's value under the mask, never one outside of `x`.

use crate::geometry::{Axis, Geometry};
use crate::kernels::gemm::NR;
use crate::simd::{F32x4, I32x4, Mask};

/// The channels of one group, over the whole batch.
pub struct Source {
    pub geometry: Geometry,
    /// Input channels of the group.
    pub ci: usize,
    /// Elements from an image to the next.
    pub image: usize,
    /// Elements of x from the group's first channel to the end.
    pub len: usize,
}

/// How the pixels of a panel lie in the input.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    One,
    Two,
    Any,
}

/// The input position of tap 0 of eight pixels; those that are missing lie outside along the depth.
struct Pixels {
    id: [I32x4; 2],
    ih: [I32x4; 2],
    iw: [I32x4; 2],
    place: [I32x4; 2],
    first: i32,
    step: Step,
}

fn start(axis: &Axis, output: usize) -> i32 {
    (output * axis.stride) as i32 - axis.lo as i32
}

fn halves(lanes: &[i32; NR]) -> [I32x4; 2] {
    let [a, b, c, d, e, f, g, h] = *lanes;
    [I32x4::from_array([a, b, c, d]), I32x4::from_array([e, f, g, h])]
}

impl Source {
    /// Packs pixels `first..first + columns` of the batch, at most eight.
    ///
    /// # Safety
    /// `x` holds `len` elements from the group's first channel on; the pixels exist; `panel` holds `depth * NR`.
    #[inline(never)]
    pub unsafe fn pack(&self, x: *const f32, first: usize, columns: usize, panel: *mut f32) {
        let volume = self.geometry.output();
        let pixels = self.pixels(first / volume, first % volume, columns);
        let [depth, height, width] = &self.geometry.axes;
        let mut panel = panel;
        for kd in 0..depth.kernel {
            let d = (kd * depth.dilation) as i32;
            let in_depth = inside(&pixels.id, d, depth);
            for kh in 0..height.kernel {
                let h = (kh * height.dilation) as i32;
                let in_row = both(in_depth, inside(&pixels.ih, h, height));
                let row =
                    d.wrapping_mul(height.input as i32).wrapping_add(h).wrapping_mul(width.input as i32);
                for kw in 0..width.kernel {
                    let w = (kw * width.dilation) as i32;
                    let mask = both(in_row, inside(&pixels.iw, w, width));
                    // SAFETY: the caller's guarantee; each tap fills `ci * NR` elements of the panel.
                    unsafe {
                        self.tap(x, &pixels, mask, row.wrapping_add(w), panel);
                        panel = panel.add(self.ci * NR);
                    }
                }
            }
        }
    }

    /// Consecutive panels of a 1x1 kernel, channel by channel: the cache lines of a channel are read together.
    ///
    /// # Safety
    /// `panels * NR` elements can be read at `x` and a plane further for each channel.
    pub unsafe fn copy(&self, x: *const f32, panels: usize, packed: *mut f32) {
        let plane = self.geometry.input();
        let (mut x, mut row) = (x, packed);
        for _ in 0..self.ci {
            let mut panel = row;
            for index in 0..panels {
                // SAFETY: the caller's guarantee; panels are `ci * NR` elements apart.
                unsafe {
                    let (left, right) = (F32x4::load(x.add(index * NR)), F32x4::load(x.add(index * NR + 4)));
                    left.store(panel);
                    right.store(panel.add(4));
                }
                panel = panel.wrapping_add(self.ci * NR);
            }
            x = x.wrapping_add(plane);
            row = row.wrapping_add(NR);
        }
    }

    #[inline(never)]
    fn pixels(&self, image: usize, pixel: usize, columns: usize) -> Pixels {
        let [depth, height, width] = &self.geometry.axes;
        let mut image = image;
        let (mut ow, row) = (pixel % width.output, pixel / width.output);
        let (mut oh, mut od) = (row % height.output, row / height.output);
        let one_row = columns == NR && ow + NR <= width.output;
        let [mut id, mut ih, mut iw, mut place] = [[0; NR]; 4];
        // A count that the compiler does not know keeps it from writing the loop out eight times.
        for lane in 0..columns.min(NR) {
            (id[lane], ih[lane], iw[lane]) = (start(depth, od), start(height, oh), start(width, ow));
            let row = id[lane].wrapping_mul(height.input as i32).wrapping_add(ih[lane]);
            let inner = row.wrapping_mul(width.input as i32).wrapping_add(iw[lane]);
            place[lane] = inner.wrapping_add((image * self.image) as i32);
            ow += 1;
            if ow == width.output {
                (ow, oh) = (0, oh + 1);
                if oh == height.output {
                    (oh, od) = (0, od + 1);
                    if od == depth.output {
                        (od, image) = (0, image + 1);
                    }
                }
            }
        }
        for lane in columns.min(NR)..NR {
            id[lane] = i32::MIN;
            place[lane] = place[0].wrapping_add(lane as i32);
        }
        let neighbours = (0..NR).all(|lane| place[lane] == place[0].wrapping_add(lane as i32));
        let step = match (neighbours, one_row, width.stride) {
            (true, ..) => Step::One,
            (_, true, 2) => Step::Two,
            _ => Step::Any,
        };
        let first = place[0];
        let [id, ih, iw, place] = [halves(&id), halves(&ih), halves(&iw), halves(&place)];
        Pixels { id, ih, iw, place, first, step }
    }

    /// One tap of every channel; `delta` leads from tap 0 to it.
    ///
    /// # Safety
    /// As [`Source::pack`]; `panel` holds `ci * NR` elements.
    unsafe fn tap(&self, x: *const f32, pixels: &Pixels, mask: [Mask; 2], delta: i32, panel: *mut f32) {
        if !mask[0].or(mask[1]).any() {
            for index in 0..self.ci * 2 {
                // SAFETY: two vectors per channel.
                unsafe { F32x4::ZERO.store(panel.add(index * 4)) };
            }
            return;
        }
        let first = pixels.first.wrapping_add(delta) as isize;
        let reach = if pixels.step == Step::Two { 2 * NR - 1 } else { NR };
        let end = first + (reach + (self.ci - 1) * self.geometry.input()) as isize;
        let fits = first >= 0 && end <= self.len as isize;
        // SAFETY: vectors are loaded only where they fit in x; single elements only where the mask is set.
        unsafe {
            match pixels.step {
                Step::One if fits => self.neighbours(x.offset(first), mask, panel),
                Step::Two if fits => self.alternate(x.offset(first), mask, panel),
                _ => self.gather(x, pixels, mask, delta, panel),
            }
        }
    }

    /// # Safety
    /// Eight elements can be read at `x` and a plane further for each channel.
    #[inline(always)]
    unsafe fn neighbours(&self, x: *const f32, mask: [Mask; 2], panel: *mut f32) {
        let plane = self.geometry.input();
        let (mut x, mut panel) = (x, panel);
        for _ in 0..self.ci {
            // SAFETY: the caller's guarantee.
            unsafe {
                mask[0].keep(F32x4::load(x)).store(panel);
                mask[1].keep(F32x4::load(x.add(4))).store(panel.add(4));
                panel = panel.add(NR);
            }
            x = x.wrapping_add(plane);
        }
    }

    /// # Safety
    /// Fifteen elements can be read at `x` and a plane further for each channel.
    #[inline(always)]
    unsafe fn alternate(&self, x: *const f32, mask: [Mask; 2], panel: *mut f32) {
        let plane = self.geometry.input();
        let (mut x, mut panel) = (x, panel);
        for _ in 0..self.ci {
            // SAFETY: the caller's guarantee; the last load ends with element 14.
            unsafe {
                let (left, _) = F32x4::load(x).unzip(F32x4::load(x.add(4)));
                let right = F32x4::load(x.add(8)).even_then_odd(F32x4::load(x.add(11)));
                mask[0].keep(left).store(panel);
                mask[1].keep(right).store(panel.add(4));
                panel = panel.add(NR);
            }
            x = x.wrapping_add(plane);
        }
    }

    /// # Safety
    /// The pixels under the mask read inside `x` in each channel, and some pixel does.
    unsafe fn gather(&self, x: *const f32, pixels: &Pixels, mask: [Mask; 2], delta: i32, panel: *mut f32) {
        // Where the mask is clear the plane's first element is loaded: it exists, as some pixel reads this plane.
        let places: [[usize; 4]; 2] = core::array::from_fn(|half| {
            let place = pixels.place[half].add(I32x4::splat(delta));
            place.and(mask[half].bits()).to_array().map(|place| place as usize)
        });
        let plane = self.geometry.input();
        let (mut x, mut panel) = (x, panel);
        for _ in 0..self.ci {
            // SAFETY: the caller's guarantee.
            unsafe {
                mask[0].keep(F32x4::gather(x, places[0])).store(panel);
                mask[1].keep(F32x4::gather(x, places[1])).store(panel.add(4));
                panel = panel.add(NR);
            }
            x = x.wrapping_add(plane);
        }
    }
}

fn inside(starts: &[I32x4; 2], shift: i32, axis: &Axis) -> [Mask; 2] {
    let (shift, limit) = (I32x4::splat(shift), I32x4::splat(axis.input as i32));
    starts.map(|start| start.add(shift).below(limit))
}

fn both(a: [Mask; 2], b: [Mask; 2]) -> [Mask; 2] {
    [a[0].and(b[0]), a[1].and(b[1])]
}
