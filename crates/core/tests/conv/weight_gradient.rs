//! The weight gradient against its definition, on the problem lines of the convolution and some of its own.

use super::{address, all_problems, assert_equal, sizes, Problem};
use crate::planning::plan;
use crate::problems::integers;
use striate_core::fault::Code;
use striate_core::geometry::Axis;
use striate_core::instructions::activation::Act;
use striate_core::instructions::dtype::Dtype;
use striate_core::instructions::{Operands, Planned, Share};

fn instruction(problem: &Problem, exact: bool) -> Planned {
    plan("conv weight gradient", Dtype::F32, &words(problem, exact)).unwrap()
}

fn words(problem: &Problem, exact: bool) -> Vec<u32> {
    let mut words = problem.words(0, Act::None, 0.0, 0.0);
    words.truncate(22);
    words.push(u32::from(exact));
    words
}

fn gradient(problem: &Problem, dy: &[f32], parts: usize) -> Vec<f32> {
    computed(&instruction(problem, true), problem, dy, parts)
}

fn computed(instruction: &Planned, problem: &Problem, dy: &[f32], parts: usize) -> Vec<f32> {
    let mut dw = vec![f32::NAN; problem.w.len()];
    let scratch = vec![f32::NAN; instruction.scratch() / 4 * parts];
    let dw_address: *mut u8 = dw.as_mut_ptr().cast();
    let addresses = [address(Some(dy)), address(Some(&problem.x)), dw_address, address(Some(&scratch))];
    for part in 0..parts {
        // SAFETY: every operand has the size that the problem says, each part its own scratch memory.
        unsafe { instruction.run(&Operands::new(&addresses), Share { part, parts }).unwrap() };
    }
    dw
}

/// The sum by its definition, output by output.
fn reference(problem: &Problem, dy: &[f32]) -> Vec<f64> {
    let [depth, height, width] = &problem.axes;
    let taps = sizes(|axis| axis.kernel, &problem.axes);
    let channels = problem.groups * problem.co;
    let mut dw = vec![0.0; problem.w.len()];
    let read = |axis: &Axis, o: usize, k: usize| {
        (o * axis.stride + k * axis.dilation).checked_sub(axis.lo).filter(|&i| i < axis.input)
    };
    for (index, &gradient) in dy.iter().enumerate() {
        let (ow, rest) = (index % width.output, index / width.output);
        let (oh, rest) = (rest % height.output, rest / height.output);
        let (od, rest) = (rest % depth.output, rest / depth.output);
        let (o, n) = (rest % channels, rest / channels);
        for c in 0..problem.ci {
            for tap in 0..taps {
                let (kw, rest) = (tap % width.kernel, tap / width.kernel);
                let (kh, kd) = (rest % height.kernel, rest / height.kernel);
                let at = (read(depth, od, kd), read(height, oh, kh), read(width, ow, kw));
                if let (Some(d), Some(h), Some(w)) = at {
                    let plane = (n * problem.groups + o / problem.co) * problem.ci + c;
                    let x = problem.x[((plane * depth.input + d) * height.input + h) * width.input + w];
                    dw[(o * problem.ci + c) * taps + tap] += f64::from(gradient) * f64::from(x);
                }
            }
        }
    }
    dw
}

/// `batch, groups, ci, co` and per axis `input, kernel, stride, dilation, lo, hi`.
fn problem([batch, groups, ci, co]: [usize; 4], axes: [[usize; 6]; 3]) -> Problem {
    let axes = axes.map(|[input, kernel, stride, dilation, lo, hi]| Axis {
        output: (input + lo + hi - dilation * (kernel - 1) - 1) / stride + 1,
        ..Axis { input, kernel, stride, dilation, lo, hi, output: 0 }
    });
    Problem {
        name: format!("{batch} {groups} {ci} {co} {axes:?}"),
        batch,
        groups,
        ci,
        co,
        axes,
        flip: false,
        x: integers(0, batch * groups * ci * sizes(|axis| axis.input, &axes)),
        w: vec![0.0; groups * co * ci * sizes(|axis| axis.kernel, &axes)],
        bias: None,
    }
}

const UNIT: [usize; 6] = [1, 1, 1, 1, 0, 0];

fn problems() -> Vec<Problem> {
    let mut problems = all_problems();
    problems.extend([
        // Several blocks of pixels, some of them in two images; a panel and a row tile that are not full.
        problem([3, 1, 3, 6], [UNIT, [13, 3, 1, 1, 1, 1], [17, 3, 1, 1, 1, 1]]),
        problem([2, 2, 5, 4], [[5, 2, 2, 1, 0, 1], [9, 3, 2, 1, 1, 1], [18, 3, 2, 1, 1, 1]]),
        problem([2, 1, 9, 5], [UNIT, UNIT, [403, 1, 1, 1, 0, 0]]),
        problem([300, 1, 9, 5], [UNIT, UNIT, UNIT]),
        // More panels and row tiles than are packed at once.
        problem([1, 1, 66, 5], [UNIT, [4, 3, 1, 1, 1, 1], [5, 3, 1, 1, 1, 1]]),
        problem([1, 1, 2, 261], [UNIT, UNIT, [9, 1, 1, 1, 0, 0]]),
        // Rows in pieces, with padding at both ends and strides that need one line, several, or one per tap.
        problem([1, 1, 1, 1], [UNIT, UNIT, [9001, 3, 1, 1, 1, 1]]),
        problem([1, 2, 1, 2], [UNIT, UNIT, [9001, 9, 2, 3, 12, 12]]),
        problem([1, 1, 2, 3], [UNIT, UNIT, [9001, 3, 4, 2, 2, 5]]),
        problem([2, 3, 2, 1], [[3, 2, 1, 2, 1, 1], [6, 5, 3, 1, 2, 2], [19, 7, 3, 2, 6, 6]]),
    ]);
    problems
}

fn output_gradient(problem: &Problem) -> Vec<f32> {
    integers(5, problem.outputs())
}

#[test]
fn every_problem_in_any_number_of_parts() {
    for problem in problems() {
        let dy = output_gradient(&problem);
        let expected = reference(&problem, &dy);
        for parts in 1..=3 {
            let name = format!("weight gradient, {}, {parts} parts", problem.name);
            assert_equal(&name, 0.0, &gradient(&problem, &dy, parts), &expected);
        }
    }
}

#[test]
fn parts_change_no_bit_of_inexact_sums() {
    for mut problem in problems() {
        let mut dy = output_gradient(&problem);
        for value in problem.x.iter_mut().chain(dy.iter_mut()) {
            *value = (*value * 1.3).sin();
        }
        let bits = |parts| gradient(&problem, &dy, parts).into_iter().map(f32::to_bits);
        let whole: Vec<u32> = bits(1).collect();
        for parts in [2, 3, 7] {
            assert!(bits(parts).eq(whole.iter().copied()), "{}, {parts} parts", problem.name);
        }
    }
}

#[test]
fn kernels_of_three_by_three_by_transforms() {
    let plane =
        |height, width, [lo, hi]: [usize; 2]| [UNIT, [height, 3, 1, 1, lo, hi], [width, 3, 1, 1, hi, lo]];
    let problems = [
        problem([2, 1, 16, 16], plane(16, 16, [1, 1])),
        // Patches that are cut, channels that fill no vector, several groups, uneven padding.
        problem([3, 2, 17, 18], plane(14, 17, [1, 1])),
        problem([2, 1, 19, 21], plane(23, 18, [0, 2])),
        problem([2, 1, 16, 22], plane(20, 27, [0, 0])),
        problem([40, 1, 16, 16], plane(4, 4, [1, 1])),
        problem([2, 1, 16, 16], plane(16, 16, [3, 3])),
        // More patches than a block has.
        problem([5, 1, 16, 16], plane(32, 32, [1, 1])),
    ];
    for problem in problems {
        let dy = output_gradient(&problem);
        let (fast, exact) = (instruction(&problem, false), instruction(&problem, true));
        assert!(fast.scratch() != exact.scratch(), "{}", problem.name);
        let expected = reference(&problem, &dy);
        let whole = computed(&fast, &problem, &dy, 1);
        let largest = expected.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        assert_equal(&problem.name, 2e-5 * largest, &whole, &expected);
        for parts in 2..=4 {
            assert_eq!(computed(&fast, &problem, &dy, parts), whole, "{}, {parts} parts", problem.name);
        }
    }
}

#[test]
fn what_no_output_reads_does_not_reach_the_gradient() {
    // Stride 2 on 8 of 9 columns: the last column of x is not read, nor is any behind the end of a row of dy.
    for [groups, ci, co] in [[1, 2, 4], [2, 1, 1]] {
        let axis = [9, 2, 2, 1, 0, 0];
        let mut problem = problem([2, groups, ci, co], [UNIT, axis, axis]);
        let dy = output_gradient(&problem);
        let expected = reference(&problem, &dy);
        for (index, value) in problem.x.iter_mut().enumerate() {
            if index % 9 == 8 || index / 9 % 9 == 8 {
                *value = f32::NAN;
            }
        }
        assert_equal(&problem.name, 0.0, &gradient(&problem, &dy, 1), &expected);
    }
}

#[test]
fn scratch_memory_is_bounded() {
    let wide = |channels, size| problem([1, 1, channels, channels], [UNIT, [size; 6].map(|_| 1), UNIT]);
    assert!(instruction(&wide(2048, 1), true).scratch() < 1 << 20);
    let row = [1 << 20, 9, 1, 1, 4, 4];
    assert!(instruction(&problem([1, 1, 1, 1], [UNIT, UNIT, row]), true).scratch() < 1 << 16);
}

#[test]
fn wrong_parameters_are_faults() {
    let words = words(&problem([1, 1, 2, 4], [UNIT, UNIT, [9, 3, 1, 1, 1, 1]]), true);
    let fault = |words: &[u32]| plan("conv weight gradient", Dtype::F32, words).err().unwrap().code;
    for length in 0..23 {
        assert_eq!(fault(&words[..length]), Code::BadInstruction);
    }
    let with = |place: usize, value: i32| {
        let mut words = words.clone();
        words[place] = value as u32;
        fault(&words)
    };
    assert_eq!(with(1, 0), Code::BadInstruction);
    assert_eq!(with(0, i32::MAX), Code::TooLarge);
    assert_eq!(with(17, 99), Code::KernelTooLarge);
    assert_eq!(with(18, 0), Code::NotPositive);
    assert_eq!(with(22, 2), Code::BadInstruction);
}
