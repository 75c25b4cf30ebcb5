//! What a pooling instruction's words say, for the forward loops and for their adjoint: where the windows lie, and which
//! rows of the input an output row reads.
//!
//! Along an axis the windows are regular (a geometry's), or adaptive: `floor(o * input / output) ..
//! ceil((o + 1) * input / output)`, or fractional: as long as the kernel, from a place that a random sample of the plane
//! decides (Graham, "Fractional max-pooling", 2014). What divides evenly is regular.

use super::rows::{Windows, CHAIN, COLUMNS};
use crate::enumeration::enumeration;
use crate::fault::{Code, Fault};
use crate::geometry::{elements, Axis, Geometry, Rule};
use crate::instructions::dtype::Dtype;
use crate::instructions::params::{axis_request, Params};
use core::ops::Range;

enumeration! {
    pub enum Reduction {
        Max,
        Min,
        Average,
        Sum,
        /// PyTorch's: the average of x^p times the kernel's size, to the power 1/p.
        Lp,
        /// ONNX's: the sum of |x|^p, to the power 1/p.
        LpAbsolute,
    }
}

enumeration! {
    /// Where windows lie, in an instruction's words.
    pub enum Placing {
        Regular,
        Adaptive,
        Fractional,
    }
}

/// Where the windows of an axis lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placement {
    Regular,
    Adaptive,
    /// Which of a plane's samples, and how many it has.
    Fractional(usize, usize),
}

/// The taps of one output along one axis that lie inside the input.
#[derive(Clone)]
pub struct Span {
    /// Where tap 0 lies; below 0, wrapped.
    pub origin: usize,
    pub taps: Range<usize>,
}

pub struct Problem {
    pub planes: usize,
    pub geometry: Geometry,
    placements: [Placement; 3],
    pub reduction: Reduction,
    pub dtype: Dtype,
    include_pad: bool,
    pub divisor: f32,
    pub p: f32,
    /// No window reaches beyond what counts: every divisor is the number of taps.
    pub uniform: bool,
    /// Outputs of a chunk and taps of a piece, so that the columns they read fit in a row.
    outputs: usize,
    pub taps: usize,
}

impl Problem {
    /// The words of POOL.
    ///
    /// # Errors
    /// What the geometry refuses; `BadInstruction` for anything else that is no pooling.
    pub fn read(params: &mut Params) -> Result<Problem, Fault> {
        let planes = params.usize();
        let axes: [[u32; 6]; 3] = [params.array(), params.array(), params.array()];
        let (dtype, reduction) = (params.dtype, params.kind());
        if dtype != Dtype::F32 && !matches!(reduction, Reduction::Max | Reduction::Min) {
            params.refuse(dtype as u32);
        }
        let rule = if params.flag() { Rule(Rule::CEIL) } else { Rule::default() };
        let include_pad = params.flag();
        let (divisor, p, placing) = (params.u32() as f32, params.f32(), params.kind());
        params.check()?;
        let wrong = Fault::new(Code::BadInstruction, [placing as i32, 0, 0]);
        let (geometry, placements) = if placing == Placing::Regular {
            (Geometry::new(axes.map(axis_request), rule)?, [Placement::Regular; 3])
        } else {
            let mut placed = [(Axis::UNIT, Placement::Regular); 3];
            for (index, place) in placed.iter_mut().enumerate() {
                *place = irregular(axes[index], placing).ok_or(wrong)?;
            }
            let geometry = Geometry { axes: placed.map(|(axis, _)| axis) };
            elements(&geometry.axes.map(|axis| axis.input), 4)?;
            elements(&geometry.axes.map(|axis| axis.output), 4)?;
            (geometry, placed.map(|(_, placement)| placement))
        };
        elements(&[planes, geometry.input()], 4)?;
        elements(&[planes, geometry.output()], 4)?;
        let width = &geometry.axes[2];
        let (outputs, taps) = if placements[2] == Placement::Regular {
            chunk(width)
        } else if width.input <= COLUMNS {
            (COLUMNS.min(width.output), COLUMNS)
        } else {
            (1, COLUMNS)
        };
        let regular = placements == [Placement::Regular; 3];
        let uniform = regular && geometry.axes.iter().all(|axis| is_uniform(axis, include_pad));
        Ok(Problem {
            planes,
            geometry,
            placements,
            reduction,
            dtype,
            include_pad,
            divisor,
            p,
            uniform,
            outputs,
            taps,
        })
    }

    /// Elements of the input and of the output.
    pub fn elements(&self) -> [usize; 2] {
        [self.planes * self.geometry.input(), self.planes * self.geometry.output()]
    }

    /// Random samples of each plane.
    pub fn samples(&self) -> usize {
        let of = |placement| if let Placement::Fractional(_, of) = placement { of } else { 0 };
        self.placements.into_iter().map(of).max().unwrap_or(0)
    }

    /// Output rows of one plane.
    pub fn rows(&self) -> usize {
        self.geometry.axes[0].output * self.geometry.axes[1].output
    }

    /// Regular windows that do not move along the depth.
    pub fn is_flat(&self) -> bool {
        let depth = &self.geometry.axes[0];
        self.placements == [Placement::Regular; 3] && depth.is_identity() && depth.input == 1
    }

    /// The chunks of a row's outputs.
    pub fn outputs(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (width, step) = (self.geometry.axes[2].output, self.outputs);
        (0..width).step_by(step).map(move |start| start..width.min(start + step))
    }

    /// Output rows `rows` of all planes, and their outputs chunk by chunk.
    pub fn chunks(&self, rows: Range<usize>) -> Chunks {
        Chunks { rows, start: 0, step: self.outputs, width: self.geometry.axes[2].output }
    }

    /// Output row `index`; `samples` are needed by fractional windows only.
    ///
    /// # Safety
    /// Fractional windows have as many samples as the instruction's words say.
    #[inline(never)]
    pub unsafe fn row(&self, index: usize, samples: *const f32) -> OutputRow<'_> {
        let [depth, height, _] = &self.geometry.axes;
        let (oh, rest) = (index % height.output, index / height.output);
        let (od, plane) = (rest % depth.output, rest / depth.output);
        let sample = self.placements.map(|placement| match placement {
            // SAFETY: the caller's guarantee.
            Placement::Fractional(which, of) => clean(unsafe { samples.add(plane * of + which).read() }),
            _ => 0.0,
        });
        OutputRow {
            problem: self,
            start: plane * self.geometry.input(),
            depth: self.span(0, od, sample[0]),
            height: self.span(1, oh, sample[1]),
            od,
            oh,
            sample: sample[2],
        }
    }

    fn span(&self, axis: usize, o: usize, sample: f32) -> Span {
        let Axis { input, kernel, output, .. } = self.geometry.axes[axis];
        match self.placements[axis] {
            Placement::Regular => {
                let axis = &self.geometry.axes[axis];
                Span { origin: (o * axis.stride).wrapping_sub(axis.lo), taps: axis.taps_of_output(o) }
            }
            Placement::Adaptive => {
                let (o, input, output) = (o as u64, input as u64, output as u64);
                let origin = (o * input / output) as usize;
                Span { origin, taps: 0..((o + 1) * input).div_ceil(output) as usize - origin }
            }
            Placement::Fractional(..) => {
                let last = input - kernel;
                let alpha = last as f32 / (output.max(2) - 1) as f32;
                let moved = ((o as f32 + sample) * alpha) as usize - (sample * alpha) as usize;
                let origin = if o + 1 == output { last } else { moved.min(last) };
                Span { origin, taps: 0..kernel }
            }
        }
    }

    /// What the sums of a row's outputs are divided by, but for the part of each along the width.
    pub fn outer_divisor(&self, od: usize, oh: usize) -> f32 {
        if self.divisor != 0.0 {
            return self.divisor;
        }
        match self.reduction {
            Reduction::Sum => 1.0,
            _ if self.uniform => self.geometry.taps() as f32,
            _ => (self.taps_that_count(0, od) * self.taps_that_count(1, oh)).max(1) as f32,
        }
    }

    fn taps_that_count(&self, index: usize, o: usize) -> usize {
        let axis = &self.geometry.axes[index];
        if self.include_pad && self.placements[index] == Placement::Regular {
            let padded = axis.lo + axis.input + axis.hi;
            let room = padded.saturating_sub(o * axis.stride);
            return room.div_ceil(axis.dilation).min(axis.kernel);
        }
        self.span(index, o, 0.0).taps.len()
    }
}

/// An axis of irregular windows: its input, its kernel where they are fractional, its output, then for these which of a
/// plane's samples, and how many there are.
fn irregular(words: [u32; 6], placing: Placing) -> Option<(Axis, Placement)> {
    let [input, kernel, output, which, of, _] = words.map(|word| word as usize);
    if input == 0 || output == 0 || words[..3].iter().any(|&word| word > i32::MAX as u32) {
        return None;
    }
    let axis = Axis { input, output, ..Axis::UNIT };
    match placing {
        Placing::Adaptive if input % output == 0 => {
            let kernel = input / output;
            Some((Axis { kernel, stride: kernel, ..axis }, Placement::Regular))
        }
        Placing::Adaptive => {
            Some((Axis { kernel: (input.div_ceil(output) + 1).min(input), ..axis }, Placement::Adaptive))
        }
        Placing::Fractional if input == 1 && kernel == 1 && output == 1 => Some((axis, Placement::Regular)),
        Placing::Fractional if kernel > 0 && output + kernel - 1 <= input && which < of && of <= 3 => {
            Some((Axis { kernel, ..axis }, Placement::Fractional(which, of)))
        }
        _ => None,
    }
}

/// A sample as a number from 0 to 1, whatever it was.
fn clean(sample: f32) -> f32 {
    // NaN is not above 0.
    if sample > 0.0 {
        sample.min(1.0)
    } else {
        0.0
    }
}

/// A window that leaves few outputs beside it in a row is read in pieces, for half a row of outputs at a time.
fn chunk(width: &Axis) -> (usize, usize) {
    let whole = width.extent();
    let extent = if whole <= COLUMNS / 4 * 3 { whole } else { COLUMNS / 2 };
    let most = (COLUMNS - extent) / width.stride + 1;
    // Whole vectors, but for the last chunk.
    let whole = if most >= 4 { most / 4 * 4 } else { most };
    let outputs = whole.min(width.output.max(1));
    let left = COLUMNS - 1 - (outputs - 1) * width.stride;
    (outputs, (left / width.dilation + 1).min(width.kernel))
}

#[inline(never)]
fn is_uniform(axis: &Axis, include_pad: bool) -> bool {
    let end = (axis.output.max(1) - 1) * axis.stride + axis.extent();
    end <= axis.lo + axis.input + axis.hi && (include_pad || axis.lo + axis.hi == 0)
}

pub struct Chunks {
    rows: Range<usize>,
    start: usize,
    step: usize,
    width: usize,
}

impl Chunks {
    #[inline(always)]
    pub fn next(&mut self) -> Option<(usize, Range<usize>)> {
        if self.rows.is_empty() {
            return None;
        }
        let chunk = (self.rows.start, self.start..self.width.min(self.start + self.step));
        self.start += self.step;
        if self.start >= self.width {
            self.start = 0;
            self.rows.start += 1;
        }
        Some(chunk)
    }
}

/// The taps of a span, `count` at a time.
fn cut(span: &Span, count: usize) -> impl Iterator<Item = Span> + use<> {
    let Span { origin, taps: Range { start, end } } = span.clone();
    (start..end).step_by(count).map(move |from| Span { origin, taps: from..end.min(from + count) })
}

/// One output row, and what it reads.
pub struct OutputRow<'a> {
    problem: &'a Problem,
    /// The input plane's first element.
    pub start: usize,
    depth: Span,
    height: Span,
    od: usize,
    oh: usize,
    /// The plane's sample for the width.
    sample: f32,
}

/// A piece of the taps along the width, over the columns that a chunk's outputs read.
pub struct Piece {
    pub columns: usize,
    /// Columns of the row that lie inside the input.
    pub inside: Range<usize>,
    /// The input column of `inside.start`.
    pub column: usize,
    /// The windows, where they are regular.
    pub windows: Option<Windows>,
}

/// Rows of the input, `step` elements apart, from the position of their first element that is read.
pub struct Rows {
    pub position: usize,
    pub step: usize,
    pub count: usize,
}

impl OutputRow<'_> {
    /// The piece of the taps along the width that begins with `tap`.
    #[inline(never)]
    pub fn piece(&self, outputs: &Range<usize>, tap: usize) -> Piece {
        let problem = self.problem;
        let width = &problem.geometry.axes[2];
        if problem.placements[2] != Placement::Regular {
            let first = problem.span(2, outputs.start, self.sample);
            let last = problem.span(2, outputs.end - 1, self.sample);
            let columns = (last.origin + last.taps.end - first.origin).saturating_sub(tap).min(COLUMNS);
            return Piece { columns, inside: 0..columns, column: first.origin + tap, windows: None };
        }
        let taps = problem.taps.min(width.kernel - tap);
        let columns = (outputs.len() - 1) * width.stride + (taps - 1) * width.dilation + 1;
        let first = outputs.start * width.stride + tap * width.dilation;
        let (stride, dilation) = (width.stride, width.dilation);
        let windows = Windows { output: 0, outputs: outputs.len(), column: 0, taps, stride, dilation };
        Piece { windows: Some(windows), ..self.run(first, columns) }
    }

    /// So many columns, which count from the left padding.
    fn run(&self, first: usize, columns: usize) -> Piece {
        let width = &self.problem.geometry.axes[2];
        let left = width.lo.saturating_sub(first).min(columns);
        let right = (width.lo + width.input).saturating_sub(first).min(columns).max(left);
        let column = (first + left).wrapping_sub(width.lo);
        Piece { columns, inside: left..right, column, windows: None }
    }

    /// The columns between the first and the last piece of the taps, where all windows of the outputs see all of them.
    pub fn between(&self, outputs: &Range<usize>) -> Option<impl Iterator<Item = Piece> + '_> {
        let Problem { taps, placements, .. } = *self.problem;
        let Axis { kernel, stride, dilation, .. } = self.problem.geometry.axes[2];
        let apart = (outputs.len() - 1) * stride;
        if placements[2] != Placement::Regular || dilation > 1 || kernel <= 2 * taps || apart >= taps {
            return None;
        }
        let first = outputs.start * stride;
        let (start, end) = (first + taps, first + apart + kernel - taps);
        Some((start..end).step_by(COLUMNS).map(move |at| self.run(at, COLUMNS.min(end - at))))
    }

    /// The windows of a piece over its columns, in groups that lie regularly.
    #[inline(always)]
    pub fn for_windows(&self, outputs: &Range<usize>, piece: &Piece, mut each: impl FnMut(Windows)) {
        if let Some(windows) = piece.windows {
            return each(windows);
        }
        for o in outputs.clone() {
            let Span { origin, taps } = self.problem.span(2, o, self.sample);
            let column = origin.saturating_sub(piece.column);
            let taps = taps.len().min(piece.columns - column);
            each(Windows { output: o - outputs.start, outputs: 1, column, taps, stride: 1, dilation: 1 });
        }
    }

    /// The same row with some of its taps of depth and height: all of them in turn, few enough for a plain sum of each.
    pub fn parts(&self) -> impl Iterator<Item = OutputRow<'_>> {
        let depths = (CHAIN / self.height.taps.len().max(1)).max(1);
        cut(&self.depth, depths).flat_map(move |depth| {
            cut(&self.height, CHAIN).map(move |height| OutputRow { depth: depth.clone(), height, ..*self })
        })
    }

    /// The rows of the input that the taps of depth and height read, tap of the depth by tap.
    #[inline(always)]
    pub fn for_rows(&self, piece: &Piece, mut each: impl FnMut(Rows)) {
        let [depth, height, width] = &self.problem.geometry.axes;
        let count = self.height.taps.len();
        if count == 0 || piece.inside.is_empty() {
            return;
        }
        let ih = self.height.origin.wrapping_add(self.height.taps.start * height.dilation);
        for kd in self.depth.taps.clone() {
            let id = self.depth.origin.wrapping_add(kd * depth.dilation);
            let position = (id * height.input + ih) * width.input + piece.column;
            each(Rows { position, step: height.dilation * width.input, count });
        }
    }

    /// The position of the first element that output `o` reads, or -1: of a window of -infinity.
    pub fn first_position(&self, o: usize) -> i32 {
        let [depth, height, width] = &self.problem.geometry.axes;
        let along = self.problem.span(2, o, self.sample);
        if self.depth.taps.is_empty() || self.height.taps.is_empty() || along.taps.is_empty() {
            return -1;
        }
        let first = |span: &Span, axis: &Axis| span.origin.wrapping_add(span.taps.start * axis.dilation);
        let row = first(&self.depth, depth) * height.input + first(&self.height, height);
        (row * width.input + first(&along, width)) as i32
    }

    /// What the sums of this row's outputs are divided by, but for the part of each along the width.
    pub fn outer_divisor(&self) -> f32 {
        self.problem.outer_divisor(self.od, self.oh)
    }

    /// The part along the width of what each output's sum is divided by.
    pub fn divisors(&self, outputs: &Range<usize>, divisors: &mut [f32; COLUMNS]) {
        let problem = self.problem;
        let whole = problem.divisor != 0.0 || problem.uniform || problem.reduction == Reduction::Sum;
        for (place, o) in divisors.iter_mut().zip(outputs.clone()) {
            *place = if whole { 1.0 } else { problem.taps_that_count(2, o).max(1) as f32 };
        }
    }
}
