//! Convolution against the plain loop in float64, problem by problem: every algorithm that accepts, every number of
//! parts, and every epilogue. Inputs are small integers, so that sums are exact and compared with `==`.

mod planning;
mod problems;
#[path = "conv/weight_gradient.rs"]
mod weight_gradient;

use problems::{integers, problem_lines, Line};
use striate_core::enumeration::Enumeration;
use striate_core::fault::{Code, Fault};
use striate_core::geometry::{Axis, AxisRequest, Mode, Rule};
use striate_core::instructions::activation::{Act, Activation};
use striate_core::instructions::conv::Algorithm;
use striate_core::instructions::conv::{Conv, ConvPack};
use striate_core::instructions::{Instruction, Operands, Params, Share};

/// Of the largest output: Winograd's transforms multiply by 1/6 and 1/24, and by up to 100 before they add.
const WINOGRAD_TOLERANCE: f64 = 5e-5;

#[derive(Clone)]
struct Problem {
    name: String,
    batch: usize,
    groups: usize,
    ci: usize,
    co: usize,
    axes: [Axis; 3],
    flip: bool,
    x: Vec<f32>,
    w: Vec<f32>,
    bias: Option<Vec<f32>>,
}

fn sizes(axis: impl Fn(&Axis) -> usize, axes: &[Axis; 3]) -> usize {
    axes.iter().map(axis).product()
}

/// One number, or `lo:hi`, per axis; a single one serves all axes.
fn per_axis(line: &Line, key: &str, rank: usize) -> Vec<(i32, i32)> {
    let text = line.get(key).unwrap_or(if key == "padding" { "0" } else { "1" });
    let list: Vec<(i32, i32)> = text
        .split(',')
        .map(|part| {
            let (lo, hi) = part.split_once(':').unwrap_or((part, part));
            (lo.parse().unwrap(), hi.parse().unwrap())
        })
        .collect();
    if list.len() == 1 {
        vec![list[0]; rank]
    } else {
        list
    }
}

impl Problem {
    fn read(line: &Line) -> Problem {
        let (x, w) = (line.sizes("x"), line.sizes("w"));
        let rank = x.len() - 2;
        let groups = line.get("groups").map_or(1, |text| text.parse().unwrap());
        let mode = match line.get("padding") {
            Some("same") => Mode::Same,
            Some("same-lower") => Mode::SameLower,
            Some("valid") => Mode::Valid,
            Some("full") => Mode::Full,
            _ => Mode::Explicit,
        };
        let padding =
            if mode == Mode::Explicit { per_axis(line, "padding", rank) } else { vec![(0, 0); rank] };
        let (stride, dilation) = (per_axis(line, "stride", rank), per_axis(line, "dilation", rank));
        let mut axes = [Axis::UNIT; 3];
        for axis in 0..rank {
            let request = AxisRequest {
                input: x[axis + 2] as i32,
                kernel: w[axis + 2] as i32,
                stride: stride[axis].0,
                dilation: dilation[axis].0,
                lo: padding[axis].0,
                hi: padding[axis].1,
            };
            axes[3 - rank + axis] = Axis::new(request, mode, Rule(0)).expect(&line.name);
        }
        Problem {
            name: line.name.clone(),
            batch: x[0],
            groups,
            ci: w[1],
            co: w[0] / groups,
            axes,
            flip: line.get("flipKernel").is_some(),
            x: integers(0, x.iter().product()),
            w: integers(1, w.iter().product()),
            bias: line.get("bias").map(|_| integers(2, w[0])),
        }
    }

    fn outputs(&self) -> usize {
        self.batch * self.groups * self.co * sizes(|axis| axis.output, &self.axes)
    }

    /// The convolution by its definition.
    fn reference(&self) -> Vec<f64> {
        let [depth, height, width] = &self.axes;
        let read = |n: usize, c: usize, at: [Option<usize>; 3]| -> Option<f64> {
            let [d, h, w] = [at[0]?, at[1]?, at[2]?];
            let plane = n * self.groups * self.ci + c;
            let index = ((plane * depth.input + d) * height.input + h) * width.input + w;
            Some(f64::from(self.x[index]))
        };
        let position = |axis: &Axis, o: usize, k: usize| {
            let tap = if self.flip { axis.kernel - 1 - k } else { k };
            (o * axis.stride + tap * axis.dilation).checked_sub(axis.lo).filter(|&i| i < axis.input)
        };
        let mut y = Vec::with_capacity(self.outputs());
        for n in 0..self.batch {
            for o in 0..self.groups * self.co {
                for od in 0..depth.output {
                    for oh in 0..height.output {
                        for ow in 0..width.output {
                            let mut sum = 0.0;
                            let mut w = o * self.ci * sizes(|axis| axis.kernel, &self.axes);
                            for c in 0..self.ci {
                                for kd in 0..depth.kernel {
                                    for kh in 0..height.kernel {
                                        for kw in 0..width.kernel {
                                            let at = [
                                                position(depth, od, kd),
                                                position(height, oh, kh),
                                                position(width, ow, kw),
                                            ];
                                            if let Some(x) = read(n, o / self.co * self.ci + c, at) {
                                                sum += x * f64::from(self.w[w]);
                                            }
                                            w += 1;
                                        }
                                    }
                                }
                            }
                            y.push(sum + self.bias.as_ref().map_or(0.0, |bias| f64::from(bias[o])));
                        }
                    }
                }
            }
        }
        y
    }

    fn words(&self, algorithm: u32, act: Act, p0: f32, p1: f32) -> Vec<u32> {
        let mut words: Vec<u32> = [self.batch, self.groups, self.ci, self.co].map(|n| n as u32).to_vec();
        for a in &self.axes {
            words.extend([a.input, a.kernel, a.stride, a.dilation, a.lo, a.hi].map(|n| n as u32));
        }
        words.extend([algorithm, 0, act as u32, p0.to_bits(), p1.to_bits()]);
        words
    }

    /// The parameters of CONV_PACK for weights that lie one behind the other, the taps reversed where that is asked.
    fn pack_words(&self, algorithm: Algorithm) -> Vec<u32> {
        let [kd, kh, kw] = self.axes.map(|axis| axis.kernel as i32);
        let (ci, co) = (self.ci as i32, self.co as i32);
        let taps = kd * kh * kw;
        let sign = if self.flip { -1 } else { 1 };
        let offset = if self.flip { taps - 1 } else { 0 };
        let strides = [co * ci * taps, ci * taps, taps, sign * kh * kw, sign * kw, sign];
        [&[self.groups as i32, ci, co, kd, kh, kw, algorithm as i32][..], &strides, &[offset]]
            .concat()
            .into_iter()
            .map(|word| word as u32)
            .collect()
    }
}

/// What surrounds the convolution.
#[derive(Clone)]
struct Epilogue {
    act: Act,
    p0: f32,
    p1: f32,
    residual: Option<Vec<f32>>,
    slope: Option<Vec<f32>>,
    /// The residual's memory is the output's.
    in_place: bool,
}

const NOTHING: Epilogue =
    Epilogue { act: Act::None, p0: 0.0, p1: 0.0, residual: None, slope: None, in_place: false };

fn address<T>(slice: Option<&[T]>) -> *mut u8 {
    slice.map_or(core::ptr::null_mut(), |slice| slice.as_ptr().cast_mut().cast())
}

/// Packs and convolves; scratch memory and outputs start as NaN, so that nothing may be left of either.
fn convolve(problem: &Problem, algorithm: u32, parts: usize, epilogue: &Epilogue) -> Vec<f32> {
    let words = problem.words(algorithm, epilogue.act, epilogue.p0, epilogue.p1);
    let conv = Conv::new(&mut Params::new(&words)).unwrap();
    let pack = ConvPack::new(&mut Params::new(&problem.pack_words(conv.plan.algorithm))).unwrap();
    assert_eq!(pack.packed(), conv.plan.packed, "{}", problem.name);
    let packed = vec![f32::NAN; conv.plan.packed];
    let scratch = vec![f32::NAN; conv.scratch() / 4 * parts];
    let mut y = vec![f32::NAN; problem.outputs()];
    let residual = if epilogue.in_place {
        y.copy_from_slice(epilogue.residual.as_ref().unwrap());
        address(Some(&y))
    } else {
        address(epilogue.residual.as_deref())
    };
    for part in 0..parts {
        let addresses = [address(Some(&problem.w)), address(Some(&packed))];
        // SAFETY: both operands have the sizes that the plan says.
        unsafe { pack.run(&Operands::new(&addresses), Share { part, parts }).unwrap() };
    }
    assert!(packed.iter().all(|value| !value.is_nan()), "{}: packed weights", problem.name);
    let y_address: *mut u8 = y.as_mut_ptr().cast();
    let addresses = [
        address(Some(&problem.x)),
        address(Some(&packed)),
        address(problem.bias.as_deref()),
        residual,
        address(epilogue.slope.as_deref()),
        y_address,
        address(Some(&scratch)),
    ];
    for part in 0..parts {
        // SAFETY: every operand has the size that the problem says, each part its own scratch memory.
        unsafe { conv.run(&Operands::new(&addresses), Share { part, parts }).unwrap() };
    }
    y
}

/// The algorithm that a number stands for.
fn chosen(problem: &Problem, number: u32) -> Algorithm {
    Conv::new(&mut Params::new(&problem.words(number, Act::None, 0.0, 0.0))).unwrap().plan.algorithm
}

fn algorithms(problem: &Problem) -> Vec<u32> {
    let planned = |number: u32| chosen(problem, number);
    let forced = 1..=Algorithm::COUNT;
    core::iter::once(0).chain(forced.filter(|&number| planned(number) as u32 == number)).collect()
}

fn all_problems() -> Vec<Problem> {
    let keys = ["x", "w", "bias", "stride", "padding", "dilation", "groups", "flipKernel"];
    problem_lines("convolution", &keys).iter().map(Problem::read).collect()
}

/// What an algorithm may be off by, where these are the sums before anything is added to them.
fn tolerance(algorithm: Algorithm, sums: &[f64]) -> f64 {
    let largest = sums.iter().fold(1.0, |largest: f64, value| largest.max(value.abs()));
    if algorithm == Algorithm::Winograd {
        WINOGRAD_TOLERANCE * largest
    } else {
        0.0
    }
}

/// `==` where the tolerance is 0.
fn assert_equal(name: &str, tolerance: f64, actual: &[f32], expected: &[f64]) {
    assert_eq!(actual.len(), expected.len(), "{name}");
    for (index, (&a, &e)) in actual.iter().zip(expected).enumerate() {
        let near = (f64::from(a) - e).abs() <= tolerance;
        assert!(
            near || f64::from(a) == e || (a.is_nan() && e.is_nan()),
            "{name}: element {index} is {a}, must be {e}"
        );
    }
}

#[test]
fn every_problem_by_every_algorithm_and_number_of_parts() {
    let mut used = [0; 1 + Algorithm::COUNT as usize];
    for problem in all_problems() {
        let expected = problem.reference();
        for algorithm in algorithms(&problem) {
            used[algorithm as usize] += 1;
            for parts in 1..=3 {
                let y = convolve(&problem, algorithm, parts, &NOTHING);
                let name = format!("{}, algorithm {algorithm}, {parts} parts", problem.name);
                assert_equal(&name, tolerance(chosen(&problem, algorithm), &expected), &y, &expected);
            }
        }
    }
    assert!(used.iter().all(|&count| count > 5), "each algorithm has problems: {used:?}");
}

#[test]
fn parts_change_no_bit_of_inexact_sums() {
    for mut problem in all_problems() {
        let scale =
            |values: &mut Vec<f32>, by: f32| values.iter_mut().for_each(|value| *value = (*value * by).sin());
        scale(&mut problem.x, 1.3);
        scale(&mut problem.w, 0.7);
        for algorithm in algorithms(&problem) {
            let bits = |parts| convolve(&problem, algorithm, parts, &NOTHING).into_iter().map(f32::to_bits);
            let whole: Vec<u32> = bits(1).collect();
            for parts in [2, 3, 7] {
                assert!(bits(parts).eq(whole.iter().copied()), "{}, {parts} parts", problem.name);
            }
        }
    }
}

#[test]
fn nan_and_infinity_reach_the_outputs_that_read_them_and_no_others() {
    for mut problem in all_problems() {
        let len = problem.x.len();
        if len == 0 {
            continue;
        }
        for (place, value) in [(0, f32::NAN), (len / 2, f32::INFINITY), (len - 1, f32::NAN)] {
            problem.x[place] = value;
        }
        let expected = problem.reference();
        for algorithm in algorithms(&problem) {
            let y = convolve(&problem, algorithm, 1, &NOTHING);
            let algorithm = chosen(&problem, algorithm);
            if algorithm != Algorithm::Winograd {
                assert_equal(&format!("{} with NaN, {algorithm:?}", problem.name), 0.0, &y, &expected);
                continue;
            }
            // A patch spreads what is no number over its sixteen outputs, and never loses it.
            for (index, (a, e)) in y.iter().zip(&expected).enumerate() {
                assert!(
                    e.is_finite() || !a.is_finite(),
                    "{}: element {index} is {a}, must be {e}",
                    problem.name
                );
            }
        }
    }
}

#[test]
fn every_epilogue_on_every_problem() {
    for problem in all_problems() {
        let plain = problem.reference();
        let channels = problem.groups * problem.co;
        let volume = sizes(|axis| axis.output, &problem.axes);
        let residual = integers(3, plain.len());
        let slope = integers(4, channels);
        for algorithm in algorithms(&problem) {
            for (act, p0, p1) in [
                (Act::None, 0.0, 0.0),
                (Act::Relu, 0.0, 0.0),
                (Act::Clip, -2.0, 6.0),
                (Act::Clip, f32::NEG_INFINITY, 3.0),
                (Act::LeakyRelu, 0.25, 0.0),
                (Act::Prelu, 0.0, 0.0),
                (Act::Sigmoid, 0.0, 0.0),
                (Act::HardSigmoid, 0.25, 0.5),
                (Act::HardSwish, 0.0, 0.0),
            ] {
                let add = matches!(act, Act::None | Act::Clip | Act::Prelu | Act::HardSwish);
                let epilogue = Epilogue {
                    act,
                    p0,
                    p1,
                    residual: add.then(|| residual.clone()),
                    slope: (act == Act::Prelu).then(|| slope.clone()),
                    in_place: add && act != Act::Clip,
                };
                let activation = Activation::new(act, p0, p1).unwrap();
                let expected: Vec<f64> = (0..plain.len())
                    .map(|index| {
                        let sum = plain[index] as f32 + if add { residual[index] } else { 0.0 };
                        let channel = index / volume % channels;
                        let row = if act == Act::Prelu {
                            activation.with_slope(slope[channel])
                        } else {
                            activation
                        };
                        let mut y = sum;
                        // SAFETY: one element.
                        unsafe { row.map(&raw const sum, &raw mut y, 1) };
                        f64::from(y)
                    })
                    .collect();
                let y = convolve(&problem, algorithm, 2, &epilogue);
                let name = format!("{}, algorithm {algorithm}, {act:?}", problem.name);
                // The slopes go up to 5.
                let steep = if act == Act::Prelu { 5.0 } else { 1.0 };
                let tolerance = steep * tolerance(chosen(&problem, algorithm), &plain);
                assert_equal(&name, tolerance, &y, &expected);
            }
        }
    }
}

#[test]
fn wrong_parameters_are_faults() {
    let problem = &all_problems()[0];
    let words = problem.words(0, Act::None, 0.0, 0.0);
    let fault = |words: &[u32]| -> Fault { Conv::new(&mut Params::new(words)).err().unwrap() };
    for length in 0..words.len() {
        assert_eq!(fault(&words[..length]).code, Code::BadInstruction);
    }
    let with = |place: usize, value: i32| {
        let mut words = words.clone();
        words[place] = value as u32;
        fault(&words).code
    };
    assert_eq!(with(1, 0), Code::BadInstruction);
    assert_eq!(with(0, i32::MAX), Code::TooLarge);
    assert_eq!(with(3, -1), Code::TooLarge);
    assert_eq!(with(17, 99), Code::KernelTooLarge);
    assert_eq!(with(18, 0), Code::NotPositive);
    assert_eq!(with(20, -1), Code::NegativePadding);
    assert_eq!(with(20, i32::MAX), Code::TooLarge);
    assert_eq!(with(24, 99), Code::BadInstruction);
}

/// Packs weights 0, 1, 2, ... by these words.
fn packed(words: &[i32], weights: usize, parts: usize) -> Vec<f32> {
    let words: Vec<u32> = words.iter().map(|&word| word as u32).collect();
    let pack = ConvPack::new(&mut Params::new(&words)).unwrap();
    let w: Vec<f32> = (0..weights).map(|index| index as f32).collect();
    let packed = vec![f32::NAN; pack.packed()];
    let addresses = [address(Some(&w)), address(Some(&packed))];
    for part in 0..parts {
        // SAFETY: the strides stay inside the weights, the packed ones have the size that the plan says.
        unsafe { pack.run(&Operands::new(&addresses), Share { part, parts }).unwrap() };
    }
    packed
}

#[test]
fn weights_are_packed_from_wherever_their_strides_say() {
    // Two groups of w [4 inputs, 5 outputs, 1, 1, 3] whose roles are swapped and whose taps are reversed.
    let strides = [30, 3, 15, 0, 0, -1, 2];
    let gemm = [&[2, 2, 5, 1, 1, 3, Algorithm::Gemm as i32][..], &strides].concat();
    let element = |group: usize, output: usize, input: usize, tap: usize| {
        if output < 5 {
            (group * 30 + input * 15 + output * 3 + 2 - tap) as f32
        } else {
            0.0
        }
    };
    let mut expected = Vec::new();
    for (group, tile) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        for (tap, input) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)] {
            expected.extend((0..4).map(|row| element(group, tile * 4 + row, input, tap)));
        }
    }
    for parts in 1..=3 {
        assert_eq!(packed(&gemm, 60, parts), expected);
    }
    // Nine taps side by side, as they are and in reverse, and columns before rows: channel by channel.
    for (height, width, offset) in [(3, 1, 0), (-3, -1, 8), (1, 3, 0)] {
        let sizes = [1, 2, 5, 1, 3, 3, Algorithm::Winograd as i32];
        let winograd = [&sizes[..], &[0, 18, 9, 0, height, width, offset]].concat();
        let mut expected = Vec::new();
        for (tile, input, tap) in (0..36).map(|at| (at / 18, at / 9 % 2, at % 9)) {
            expected.extend([0, 1, 2, 3].map(|row| tile * 4 + row).map(|output| match output {
                0..5 => (output * 18 + input * 9 + offset + tap / 3 * height + tap % 3 * width) as f32,
                _ => 0.0,
            }));
        }
        for parts in 1..=2 {
            assert_eq!(packed(&winograd, 90, parts), expected);
        }
    }
    // Every second tap of a depthwise kernel of 5, from the second on.
    let depthwise = [3, 1, 1, 1, 1, 2, Algorithm::Depthwise as i32, 5, 5, 5, 5, 5, 2, 1];
    assert_eq!(packed(&depthwise, 15, 2), [1.0, 3.0, 6.0, 8.0, 11.0, 13.0]);
}

#[test]
fn wrong_packing_is_a_fault() {
    let right = [2, 2, 5, 1, 1, 3, Algorithm::Gemm as i32, 30, 3, 15, 0, 0, -1, 2];
    let fault = |words: &[i32]| -> Code {
        let words: Vec<u32> = words.iter().map(|&word| word as u32).collect();
        ConvPack::new(&mut Params::new(&words)).err().unwrap().code
    };
    for length in 0..right.len() {
        assert_eq!(fault(&right[..length]), Code::BadInstruction);
    }
    let with = |place: usize, value: i32| {
        let mut words = right;
        words[place] = value;
        fault(&words)
    };
    assert_eq!(with(6, 0), Code::BadInstruction);
    assert_eq!(with(6, 99), Code::BadInstruction);
    assert_eq!(with(6, Algorithm::Depthwise as i32), Code::BadInstruction, "several input channels");
    assert_eq!(
        with(6, Algorithm::Winograd as i32),
        Code::BadInstruction,
        "a kernel that Winograd does not take"
    );
    for (place, value) in [(0, -1), (2, i32::MAX), (7, i32::MAX), (7, i32::MIN), (8, -30), (13, 1), (13, -1)]
    {
        assert_eq!(with(place, value), Code::TooLarge, "word {place} is {value}");
    }
}
