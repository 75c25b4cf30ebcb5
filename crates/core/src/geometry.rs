//! A window that slides over an input: the one place with an output-size formula and with the rules of what is valid.
//!
//! Along an axis, tap `k` of output `o` reads input `o * stride - lo + k * dilation`; outside `0..input` lies padding.
//! The output has `floor((lo + input + hi - extent) / stride) + 1` positions, `extent = dilation * (kernel - 1) + 1`.
//! Convolution, pooling and unfolding are three such axes, of which unit ones stand for those that a problem lacks.

use crate::enumeration::{constants, enumeration, Enumeration};
use crate::fault::{Code, Fault};
use core::ops::Range;

enumeration! {
    /// How the padding of an axis is given.
    pub enum Mode {
        Explicit,
        /// `output = ceil(input / stride)`; the odd element of padding goes after.
        Same,
        /// As `Same`, the odd element before.
        SameLower as "same-lower",
        Valid,
        /// `extent - 1` on both sides.
        Full,
    }
}

impl TryFrom<u32> for Mode {
    type Error = Fault;

    fn try_from(number: u32) -> Result<Self, Fault> {
        Mode::at(number).ok_or(Fault::new(Code::BadInstruction, [number as i32, 0, 0]))
    }
}

/// Bits that refine an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rule(pub u32);

constants! {
    Rule {
        /// The last window may reach beyond the padding, if it starts inside the input or the padding before it.
        CEIL = 1;
        /// Pooling: at most half the kernel as padding.
        POOLING = 2;
        /// The window's adjoint (transposed convolution): the request's input is the window's output, and the input is found.
        TRANSPOSED = 4;
        /// What a transposed window is also given is the size to be found, not the output's padding.
        SIZED = 8;
    }
}

impl Rule {
    fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }
}

/// One axis of a window that was found valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub input: usize,
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    pub lo: usize,
    pub hi: usize,
    pub output: usize,
}

/// What an axis is asked to be; every number may still be wrong.
#[derive(Clone, Copy, Debug)]
pub struct AxisRequest {
    pub input: i32,
    pub kernel: i32,
    pub stride: i32,
    pub dilation: i32,
    pub lo: i32,
    pub hi: i32,
}

impl Axis {
    /// The axis of a problem that lacks it.
    pub const UNIT: Axis = Axis { input: 1, kernel: 1, stride: 1, dilation: 1, lo: 0, hi: 0, output: 1 };

    /// Validates a request: `lo` and `hi` count in mode `Explicit` only.
    ///
    /// # Errors
    /// `NotPositive`, `NegativePadding`, `PoolPadding`, `KernelTooLarge` or `TooLarge`, with their numbers.
    #[inline(never)]
    pub fn new(request: AxisRequest, mode: Mode, rule: Rule) -> Result<Axis, Fault> {
        let AxisRequest { input, kernel, stride, dilation, lo, hi } = request;
        let wide = Wide::new(request)?;
        let extent = wide.extent;
        let (lo, hi) = wide.padding(mode, lo.into(), hi.into());
        not_negative(lo, hi)?;
        if rule.has(Rule::POOLING) && 2 * lo.max(hi) > i64::from(kernel) {
            return Err(Fault::new(Code::PoolPadding, [saturate(lo.max(hi)), kernel, 0]));
        }
        let padded = wide.input + lo + hi;
        let output = wide.output(lo, padded, rule);
        if output < 1 {
            let values = [saturate(extent), saturate(padded), 0];
            return Err(Fault::new(Code::KernelTooLarge, values));
        }
        let stride = if output == 1 { stride_of_one(stride, padded) } else { stride };
        // Positions in the padded input are computed in 32 bits; ceil mode may look one stride further.
        if padded + i64::from(stride) > i64::from(i32::MAX) || extent > i64::from(i32::MAX) {
            return Err(Fault::new(Code::TooLarge, [saturate(padded), 0, 0]));
        }
        Ok(Axis {
            input: input as usize,
            kernel: kernel as usize,
            stride: stride as usize,
            dilation: dilation as usize,
            lo: lo as usize,
            hi: hi as usize,
            output: output as usize,
        })
    }

    /// The window whose adjoint is asked for: `request.input` is its output, and `extra` the output's padding (elements
    /// at the end that no tap reads), or the input's size by [`Rule::SIZED`]. As [`Axis::new`], the input is
    /// `(output - 1) * stride + extent - lo - hi + padding`; in mode `Same` it is `output * stride`.
    ///
    /// `hi` is what is left of it, and may be less than the padding after.
    ///
    /// # Errors
    /// As [`Axis::new`]; `OutputPadding` unless it is below the stride or the dilation, `OutputSize` for a size that has
    /// another output, `NoOutput` when the padding leaves nothing.
    pub fn transposed(request: AxisRequest, mode: Mode, rule: Rule, extra: i32) -> Result<Axis, Fault> {
        let AxisRequest { input: output, kernel, stride, dilation, lo, hi } = request;
        let wide = Wide::new(request)?;
        let same = matches!(mode, Mode::Same | Mode::SameLower);
        let spread = (wide.input - 1) * wide.stride + wide.extent;
        let (lo, hi) = if same { (0, 0) } else { wide.padding(mode, lo.into(), hi.into()) };
        not_negative(lo, hi)?;
        let smallest = if same { (wide.input - 1) * wide.stride + 1 } else { spread - lo - hi };
        let extra = i64::from(extra);
        let input = if rule.has(Rule::SIZED) {
            let largest = smallest + wide.stride - 1;
            if extra < smallest || extra > largest {
                return Err(Fault::new(Code::OutputSize, [extra, smallest, largest].map(saturate)));
            }
            extra
        } else {
            let largest = if same { 0 } else { stride.max(dilation) - 1 };
            if extra < 0 || extra > largest.into() {
                return Err(Fault::new(Code::OutputPadding, [saturate(extra), largest, 0]));
            }
            if same {
                wide.input * wide.stride
            } else {
                smallest + extra
            }
        };
        if input < 1 && !(same && input == 0) {
            return Err(Fault::new(Code::NoOutput, [saturate(input), 0, 0]));
        }
        let stride = if output == 1 { stride_of_one(stride, spread.max(input)) } else { stride };
        if spread.max(input).max(lo + hi) + i64::from(stride) > i64::from(i32::MAX) {
            return Err(Fault::new(Code::TooLarge, [saturate(input), 0, 0]));
        }
        let (lo, _) = if same { Wide { input, ..wide }.padding(mode, 0, 0) } else { (lo, hi) };
        Ok(Axis {
            input: input as usize,
            kernel: kernel as usize,
            stride: stride as usize,
            dilation: dilation as usize,
            lo: lo as usize,
            hi: (spread - input - lo).max(0) as usize,
            output: output as usize,
        })
    }

    /// Input positions from the first to the last tap.
    #[must_use]
    pub fn extent(&self) -> usize {
        self.dilation * (self.kernel - 1) + 1
    }

    /// The outputs for which tap `k` reads inside the input.
    #[must_use]
    pub fn outputs_of_tap(&self, k: usize) -> Range<usize> {
        let shift = k * self.dilation;
        let first = |position: usize| {
            let distance = (position + self.lo).saturating_sub(shift);
            distance.div_ceil(self.stride).min(self.output)
        };
        first(0)..first(self.input)
    }

    /// The taps of output `o` that read inside the input.
    #[must_use]
    pub fn taps_of_output(&self, o: usize) -> Range<usize> {
        let start = o * self.stride;
        let first = |position: usize| {
            let distance = (position + self.lo).saturating_sub(start);
            // A division takes as long as all else.
            let taps = if self.dilation == 1 { distance } else { distance.div_ceil(self.dilation) };
            taps.min(self.kernel)
        };
        first(0)..first(self.input)
    }

    /// The outputs all of whose taps read inside the input.
    #[must_use]
    pub fn interior(&self) -> Range<usize> {
        let first = self.outputs_of_tap(0).start;
        let last = self.outputs_of_tap(self.kernel - 1).end;
        first..last.max(first)
    }

    /// Whether each output reads its own input and nothing else.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.kernel == 1 && self.stride == 1 && self.lo == 0 && self.hi == 0
    }
}

/// The numbers of an axis where products of two 31-bit ones fit.
struct Wide {
    input: i64,
    stride: i64,
    extent: i64,
}

impl Wide {
    /// # Errors
    /// `NotPositive`, and `TooLarge` for an input below 0.
    fn new(request: AxisRequest) -> Result<Wide, Fault> {
        let AxisRequest { input, kernel, stride, dilation, .. } = request;
        for (field, value) in [(0, kernel), (1, stride), (2, dilation)] {
            if value < 1 {
                return Err(Fault::new(Code::NotPositive, [field, value, 0]));
            }
        }
        if input < 0 {
            return Err(Fault::new(Code::TooLarge, [input, 0, 0]));
        }
        let extent = i64::from(dilation) * (i64::from(kernel) - 1) + 1;
        Ok(Wide { input: input.into(), stride: stride.into(), extent })
    }

    fn padding(&self, mode: Mode, lo: i64, hi: i64) -> (i64, i64) {
        let outputs = (self.input + self.stride - 1) / self.stride;
        let same = ((outputs - 1) * self.stride + self.extent - self.input).max(0);
        match mode {
            Mode::Explicit => (lo, hi),
            Mode::Same => (same / 2, same - same / 2),
            Mode::SameLower => (same - same / 2, same / 2),
            Mode::Valid => (0, 0),
            Mode::Full => (self.extent - 1, self.extent - 1),
        }
    }

    fn output(&self, lo: i64, padded: i64, rule: Rule) -> i64 {
        let room = padded - self.extent;
        if !rule.has(Rule::CEIL) {
            return room.div_euclid(self.stride) + 1;
        }
        let output = (room + self.stride - 1).div_euclid(self.stride) + 1;
        if (output - 1) * self.stride >= self.input + lo {
            output - 1
        } else {
            output
        }
    }
}

/// Where there is one window no stride is ever taken: no more than all positions, so that sums with it fit.
fn stride_of_one(stride: i32, positions: i64) -> i32 {
    stride.min(saturate(positions.max(1)))
}

fn not_negative(lo: i64, hi: i64) -> Result<(), Fault> {
    match lo.min(hi) {
        0.. => Ok(()),
        value => Err(Fault::new(Code::NegativePadding, [saturate(value), 0, 0])),
    }
}

fn saturate(value: i64) -> i32 {
    value.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// Three axes: depth, height, width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    pub axes: [Axis; 3],
}

impl Geometry {
    /// Validates three requests with explicit padding; `rule` holds for each axis.
    ///
    /// # Errors
    /// As [`Axis::new`]; `TooLarge` when a plane of the input or the output exceeds 2^31 - 1 bytes of float32.
    pub fn new(requests: [AxisRequest; 3], rule: Rule) -> Result<Geometry, Fault> {
        let mut axes = [Axis::UNIT; 3];
        for (axis, request) in axes.iter_mut().zip(requests) {
            *axis = Axis::new(request, Mode::Explicit, rule)?;
        }
        all_fit(&[axes.map(|axis| axis.input), axes.map(|axis| axis.output), axes.map(|axis| axis.kernel)])?;
        Ok(Geometry { axes })
    }

    /// Elements of one input plane (volume).
    #[must_use]
    pub fn input(&self) -> usize {
        self.axes.iter().map(|axis| axis.input).product()
    }

    /// Elements of one output plane (volume).
    #[must_use]
    pub fn output(&self) -> usize {
        self.axes.iter().map(|axis| axis.output).product()
    }

    /// Taps of the kernel.
    #[must_use]
    pub fn taps(&self) -> usize {
        self.axes.iter().map(|axis| axis.kernel).product()
    }

    /// Whether every output reads its own input and nothing else.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.axes.iter().all(Axis::is_identity)
    }
}

/// The product of the sizes of a tensor with elements of `bytes` bytes.
///
/// # Errors
/// `TooLarge` above 2^31 - 1 bytes.
#[inline(always)]
pub fn elements(sizes: &[usize], bytes: usize) -> Result<usize, Fault> {
    match product(sizes, bytes) {
        BEYOND => Err(Fault::new(Code::TooLarge, [0; 3])),
        product => Ok(product),
    }
}

/// Whether each of these tensors of float32 has at most 2^31 - 1 bytes.
pub(crate) fn all_fit<const N: usize>(tensors: &[[usize; N]]) -> Result<(), Fault> {
    if tensors.iter().any(|sizes| product(sizes, 4) == BEYOND) {
        return Err(Fault::new(Code::TooLarge, [0; 3]));
    }
    Ok(())
}

/// From the first to the last of `size` elements `stride` apart; cut to 2^59, so that a sum of some stays below 2^63.
#[inline(never)]
pub fn distance(size: usize, stride: isize) -> i64 {
    let steps = size.saturating_sub(1).min(i32::MAX as usize) as i64;
    (steps * stride as i64).clamp(-(1 << 59), 1 << 59)
}

const BEYOND: usize = usize::MAX;

/// The bare product, or `BEYOND`.
#[inline(never)]
fn product(sizes: &[usize], bytes: usize) -> usize {
    // Beyond every limit it stays where it is, and a zero brings it back.
    let times = |product: u64, &size: &usize| product.saturating_mul(size as u64).min(u64::from(u32::MAX));
    let product = sizes.iter().fold(1, times);
    if product <= (i32::MAX as u64) / bytes as u64 {
        product as usize
    } else {
        BEYOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(numbers: [i32; 6]) -> AxisRequest {
        let [input, kernel, stride, dilation, lo, hi] = numbers;
        AxisRequest { input, kernel, stride, dilation, lo, hi }
    }

    fn axis(numbers: [i32; 6], mode: Mode, rule: u32) -> Result<(usize, usize, usize), Fault> {
        Axis::new(request(numbers), mode, Rule(rule)).map(|axis| (axis.output, axis.lo, axis.hi))
    }

    fn refused(numbers: [i32; 6], mode: Mode, rule: u32) -> (Code, i32, i32) {
        let fault = axis(numbers, mode, rule).unwrap_err();
        (fault.code, fault.values[0], fault.values[1])
    }

    #[test]
    fn output_sizes_of_every_mode() {
        use Mode::{Explicit, Full, Same, SameLower, Valid};
        assert_eq!(axis([128, 5, 2, 1, 1, 2], Explicit, 0), Ok((64, 1, 2)));
        assert_eq!(axis([5, 3, 1, 1, 9, 9], Valid, 0), Ok((3, 0, 0)));
        assert_eq!(axis([5, 3, 1, 2, 0, 0], Full, 0), Ok((9, 4, 4)));
        assert_eq!(axis([7, 4, 1, 1, 0, 0], Same, 0), Ok((7, 1, 2)));
        assert_eq!(axis([7, 4, 1, 1, 0, 0], SameLower, 0), Ok((7, 2, 1)));
        assert_eq!(axis([7, 3, 2, 1, 0, 0], Same, 0), Ok((4, 1, 1)));
        assert_eq!(axis([6, 1, 4, 1, 0, 0], Same, 0), Ok((2, 0, 0)));
        assert_eq!(axis([2, 5, 3, 3, 0, 0], Same, 0), Ok((1, 5, 6)));
    }

    /// Size, padding before and after of the adjoint of a window; `sized`: `extra` is the size.
    fn adjoint(
        numbers: [i32; 6],
        mode: Mode,
        extra: i32,
        sized: bool,
    ) -> Result<(usize, usize, usize), Fault> {
        let rule = Rule(Rule::TRANSPOSED | if sized { Rule::SIZED } else { 0 });
        Axis::transposed(request(numbers), mode, rule, extra).map(|axis| (axis.input, axis.lo, axis.hi))
    }

    #[test]
    fn sizes_of_adjoints_in_every_mode() {
        use Mode::{Explicit, Full, Same, SameLower, Valid};
        assert_eq!(adjoint([5, 3, 2, 1, 1, 1], Explicit, 0, false), Ok((9, 1, 1)));
        assert_eq!(adjoint([5, 3, 2, 1, 1, 1], Explicit, 1, false), Ok((10, 1, 0)));
        assert_eq!(adjoint([5, 3, 2, 1, 1, 1], Explicit, 10, true), Ok((10, 1, 0)));
        assert_eq!(adjoint([5, 2, 2, 3, 0, 0], Explicit, 2, false), Ok((14, 0, 0)));
        assert_eq!(adjoint([5, 3, 1, 2, 9, 9], Valid, 0, false), Ok((9, 0, 0)));
        assert_eq!(adjoint([9, 3, 1, 2, 0, 0], Full, 0, false), Ok((5, 4, 4)));
        assert_eq!(adjoint([4, 4, 1, 1, 0, 0], Same, 0, false), Ok((4, 1, 2)));
        assert_eq!(adjoint([4, 4, 1, 1, 0, 0], SameLower, 0, false), Ok((4, 2, 1)));
        assert_eq!(adjoint([4, 1, 3, 1, 0, 0], Same, 0, false), Ok((12, 0, 0)));
        assert_eq!(adjoint([4, 5, 3, 1, 0, 0], Same, 10, true), Ok((10, 2, 2)));
        assert_eq!(adjoint([0, 3, 1, 1, 0, 0], Explicit, 0, false), Ok((2, 0, 0)));
        assert_eq!(adjoint([0, 3, 2, 1, 0, 0], Same, 0, false), Ok((0, 0, 1)));
    }

    #[test]
    fn an_adjoint_of_the_right_size_leads_back() {
        for input in 1..20 {
            for (kernel, stride, dilation) in [(1, 3, 1), (2, 1, 1), (3, 2, 2), (5, 3, 1), (4, 7, 3)] {
                for (mode, lo, hi) in [(Mode::Explicit, 2, 1), (Mode::Same, 0, 0), (Mode::SameLower, 0, 0)] {
                    let numbers = [input, kernel, stride, dilation, lo, hi];
                    let Ok((output, lo, _)) = axis(numbers, mode, 0) else { continue };
                    let back = [output as i32, kernel, stride, dilation, numbers[4], numbers[5]];
                    let found = adjoint(back, mode, input, true).unwrap();
                    assert_eq!((found.0, found.1), (input as usize, lo), "{numbers:?} {mode:?}");
                }
            }
        }
    }

    #[test]
    fn adjoints_that_there_are_not_are_refused() {
        let refused = |numbers: [i32; 6], mode: Mode, extra: i32, sized: bool| {
            let fault = adjoint(numbers, mode, extra, sized).unwrap_err();
            (fault.code, fault.values)
        };
        let plain = [5, 3, 2, 1, 1, 1];
        assert_eq!(refused(plain, Mode::Explicit, 2, false), (Code::OutputPadding, [2, 1, 0]));
        assert_eq!(refused(plain, Mode::Explicit, -1, false), (Code::OutputPadding, [-1, 1, 0]));
        assert_eq!(refused(plain, Mode::Same, 1, false), (Code::OutputPadding, [1, 0, 0]));
        assert_eq!(refused(plain, Mode::Explicit, 11, true), (Code::OutputSize, [11, 9, 10]));
        assert_eq!(refused(plain, Mode::Same, 8, true), (Code::OutputSize, [8, 9, 10]));
        assert_eq!(refused([2, 3, 1, 1, 3, 3], Mode::Explicit, 0, false), (Code::NoOutput, [-2, 0, 0]));
        assert_eq!(refused([2, 0, 1, 1, 0, 0], Mode::Explicit, 0, false), (Code::NotPositive, [0, 0, 0]));
        assert_eq!(
            refused([2, 3, 1, 1, -1, 0], Mode::Explicit, 0, false),
            (Code::NegativePadding, [-1, 0, 0])
        );
        let largest = i32::MAX;
        for mode in [Mode::Explicit, Mode::Same, Mode::Full] {
            for lo in [0, largest] {
                assert!(adjoint([largest, largest, largest, largest, lo, lo], mode, 0, false).is_err());
            }
        }
    }

    #[test]
    fn same_gives_the_ceiling_for_all_small_problems() {
        for input in 1..20 {
            for (kernel, stride, dilation) in [(1, 3, 1), (2, 1, 1), (3, 2, 2), (5, 3, 1), (4, 7, 3)] {
                for mode in [Mode::Same, Mode::SameLower] {
                    let numbers = [input, kernel, stride, dilation, 0, 0];
                    let (output, lo, hi) = axis(numbers, mode, 0).unwrap();
                    assert_eq!(output as i32, (input + stride - 1) / stride, "{numbers:?}");
                    assert!(lo.abs_diff(hi) <= 1);
                }
            }
        }
    }

    #[test]
    fn ceil_mode_keeps_a_window_only_where_it_starts_inside() {
        let ceil = Rule::CEIL;
        assert_eq!(axis([6, 2, 4, 1, 0, 0], Mode::Explicit, ceil), Ok((2, 0, 0)));
        assert_eq!(axis([5, 2, 2, 1, 0, 0], Mode::Explicit, ceil), Ok((3, 0, 0)));
        assert_eq!(axis([4, 1, 3, 1, 0, 0], Mode::Explicit, ceil), Ok((2, 0, 0)));
        assert_eq!(axis([5, 1, 6, 1, 0, 0], Mode::Explicit, ceil), Ok((1, 0, 0)));
        assert_eq!(axis([4, 2, 2, 1, 1, 1], Mode::Explicit, ceil), Ok((3, 1, 1)));
        assert_eq!(axis([2, 3, 2, 1, 0, 0], Mode::Explicit, ceil), Ok((1, 0, 0)));
        assert_eq!(refused([2, 4, 2, 1, 0, 0], Mode::Explicit, ceil).0, Code::KernelTooLarge);
    }

    #[test]
    fn each_wrong_number_has_its_fault() {
        let explicit = Mode::Explicit;
        assert_eq!(refused([5, 0, 1, 1, 0, 0], explicit, 0), (Code::NotPositive, 0, 0));
        assert_eq!(refused([5, 1, 0, 1, 0, 0], explicit, 0), (Code::NotPositive, 1, 0));
        assert_eq!(refused([5, 1, 1, -2, 0, 0], explicit, 0), (Code::NotPositive, 2, -2));
        assert_eq!(refused([5, 1, 1, 1, 0, -3], explicit, 0), (Code::NegativePadding, -3, 0));
        assert_eq!(refused([5, 3, 1, 1, 2, 0], explicit, 2), (Code::PoolPadding, 2, 3));
        assert_eq!(axis([5, 3, 1, 1, 1, 1], explicit, 2), Ok((5, 1, 1)));
        assert_eq!(refused([5, 4, 1, 3, 2, 2], explicit, 0), (Code::KernelTooLarge, 10, 9));
        assert_eq!(refused([0, 1, 1, 1, 0, 0], explicit, 0), (Code::KernelTooLarge, 1, 0));
        assert_eq!(axis([0, 3, 1, 1, 1, 2], explicit, 0), Ok((1, 1, 2)));
        let max = i32::MAX;
        assert_eq!(axis([5, 2, max, 1, 1, 0], explicit, 0), Ok((1, 1, 0)));
        assert_eq!(refused([max, 1, 1, 1, max, max], explicit, 0).0, Code::TooLarge);
        assert_eq!(refused([5, max, 1, max, 0, 0], explicit, 0), (Code::KernelTooLarge, max, 5));
        assert_eq!(refused([5, max, 1, max, 0, 0], Mode::Full, 0).0, Code::TooLarge);
        assert_eq!(refused([5, max, max, max, 0, 0], Mode::Same, 3).0, Code::PoolPadding);
    }

    #[test]
    fn ranges_of_taps_and_outputs_agree_with_the_definition() {
        for numbers in [
            [7, 3, 1, 1, 1, 1],
            [7, 3, 2, 2, 3, 0],
            [5, 5, 3, 1, 4, 4],
            [1, 3, 1, 3, 4, 4],
            [0, 2, 1, 1, 1, 1],
            [9, 2, 5, 4, 0, 2],
        ] {
            let axis = Axis::new(request(numbers), Mode::Explicit, Rule(0)).unwrap();
            let inside = |o: usize, k: usize| {
                let position = (o * axis.stride + k * axis.dilation) as i64 - axis.lo as i64;
                (0..axis.input as i64).contains(&position)
            };
            for k in 0..axis.kernel {
                let range = axis.outputs_of_tap(k);
                for o in 0..axis.output {
                    assert_eq!(range.contains(&o), inside(o, k), "{axis:?} {o} {k}");
                    assert_eq!(axis.taps_of_output(o).contains(&k), inside(o, k));
                }
            }
            for o in 0..axis.output {
                let all = (0..axis.kernel).all(|k| inside(o, k));
                assert_eq!(axis.interior().contains(&o), all, "{axis:?} {o}");
            }
        }
    }

    #[test]
    fn products_of_sizes_stop_at_two_gigabytes_and_zero_wins() {
        assert_eq!(elements(&[1 << 15, 1 << 14], 4).unwrap_err().code, Code::TooLarge);
        assert_eq!(elements(&[(1 << 29) - 1], 4), Ok((1 << 29) - 1));
        assert_eq!(elements(&[usize::MAX, usize::MAX, 0], 4), Ok(0));
    }
}
