//! DEFORM and DEFORM_GRADIENT against plain loops in float64, whole and in parts, whose results must have the same bits.

mod planning;

use planning::{entry, plan};
use striate_core::fault::Code;
use striate_core::geometry::{Axis, AxisRequest, Mode, Rule};
use striate_core::instructions::conv::Algorithm;
use striate_core::instructions::deform::{Deform, DeformGradient};
use striate_core::instructions::dtype::Dtype;
use striate_core::instructions::{Operands, Params, Share};

const DEFORM: &str = "deform";
const DEFORM_GRADIENT: &str = "deform gradient";
const NULL: *mut u8 = core::ptr::null_mut();

/// How the offsets of a case lie.
#[derive(Clone, Copy)]
enum Offsets {
    Zero,
    Whole,
    Any,
    Far,
}
use Offsets::{Any, Far, Whole, Zero};

/// Batch, groups, input and output channels of a group, offset groups.
struct Case {
    counts: [usize; 5],
    /// `input, kernel, stride, dilation, lo, hi` of height and width.
    axes: [[i32; 6]; 2],
    offsets: Offsets,
    mask: bool,
}

const CASES: [Case; 12] = [
    Case { counts: [1, 1, 3, 5, 1], axes: [[7, 3, 1, 1, 1, 1]; 2], offsets: Zero, mask: false },
    Case {
        counts: [2, 1, 4, 4, 2],
        axes: [[6, 3, 1, 1, 1, 1], [9, 3, 1, 1, 1, 1]],
        offsets: Any,
        mask: true,
    },
    Case {
        counts: [3, 2, 3, 2, 3],
        axes: [[5, 2, 1, 2, 0, 1], [4, 3, 2, 1, 2, 0]],
        offsets: Any,
        mask: true,
    },
    Case { counts: [1, 6, 1, 1, 1], axes: [[8, 3, 2, 1, 1, 1]; 2], offsets: Any, mask: false },
    Case {
        counts: [2, 1, 20, 9, 20],
        axes: [[4, 1, 1, 1, 1, 1], [5, 2, 1, 1, 1, 1]],
        offsets: Whole,
        mask: true,
    },
    Case {
        counts: [1, 1, 2, 3, 1],
        axes: [[6, 3, 1, 1, 1, 1], [1, 2, 1, 1, 1, 1]],
        offsets: Any,
        mask: true,
    },
    Case {
        counts: [1, 1, 2, 3, 1],
        axes: [[1, 1, 1, 1, 0, 0], [13, 5, 1, 1, 2, 2]],
        offsets: Whole,
        mask: false,
    },
    Case { counts: [1, 1, 35, 6, 5], axes: [[6, 3, 1, 1, 1, 1]; 2], offsets: Far, mask: true },
    Case {
        counts: [1, 1, 1, 17, 1],
        axes: [[20, 3, 1, 1, 1, 1], [11, 3, 1, 1, 1, 1]],
        offsets: Any,
        mask: false,
    },
    Case {
        counts: [1, 1, 2, 2, 1],
        axes: [[3, 17, 1, 1, 9, 9], [3, 17, 1, 1, 9, 9]],
        offsets: Any,
        mask: true,
    },
    Case { counts: [0, 1, 2, 2, 1], axes: [[3, 3, 1, 1, 1, 1]; 2], offsets: Any, mask: true },
    Case {
        counts: [1, 1, 2, 2, 1],
        axes: [[0, 1, 1, 1, 1, 1], [3, 1, 1, 1, 0, 0]],
        offsets: Any,
        mask: false,
    },
];

struct Problem {
    counts: [usize; 5],
    axes: [Axis; 2],
    words: Vec<u32>,
    x: Vec<f32>,
    offset: Vec<f32>,
    mask: Option<Vec<f32>>,
    w: Vec<f32>,
    bias: Vec<f32>,
    dy: Vec<f32>,
}

/// Numbers in [-1, 1) from a congruence.
fn reals(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

impl Case {
    fn problem(&self) -> Problem {
        let [batch, groups, ci, co, offset_groups] = self.counts;
        let axes = self.axes.map(|[input, kernel, stride, dilation, lo, hi]| {
            let request = AxisRequest { input, kernel, stride, dilation, lo, hi };
            Axis::new(request, Mode::Explicit, Rule(0)).unwrap()
        });
        let [height, width] = &axes;
        let (plane, volume) = (height.input * width.input, height.output * width.output);
        let taps = height.kernel * width.kernel;
        let unit = [1, 1, 1, 1, 0, 0];
        let mut words = vec![batch as u32, groups as u32, ci as u32, co as u32];
        words.extend([unit, self.axes[0], self.axes[1]].concat().into_iter().map(|word| word as u32));
        words.extend([Algorithm::Gemm as u32, 0, 0, 0, 0, offset_groups as u32]);
        let samples = batch * offset_groups * taps * volume;
        let offset = reals(2, 2 * samples).into_iter().map(|value| match self.offsets {
            Zero => 0.0,
            Whole => (value * 3.0).round(),
            Any => value * 3.0,
            Far => value * 3e4,
        });
        Problem {
            counts: self.counts,
            axes,
            words,
            x: reals(1, batch * groups * ci * plane),
            offset: offset.collect(),
            mask: self.mask.then(|| reals(3, samples)),
            w: reals(4, groups * co * ci * taps),
            bias: reals(5, groups * co),
            dy: reals(6, batch * groups * co * volume),
        }
    }
}

/// What the plain loops give.
struct Expected {
    y: Vec<f64>,
    dx: Vec<f64>,
    doffset: Vec<f64>,
    dmask: Vec<f64>,
    dw: Vec<f64>,
}

impl Problem {
    fn sizes(&self) -> (usize, usize, usize) {
        let [height, width] = &self.axes;
        let taps = height.kernel * width.kernel;
        (height.input * width.input, height.output * width.output, taps)
    }

    /// The convolution and its gradients, one sample after another.
    fn expected(&self) -> Expected {
        let [batch, groups, ci, co, offset_groups] = self.counts;
        let [height, width] = &self.axes;
        let (plane, volume, taps) = self.sizes();
        let channels = groups * ci;
        let mut expected = Expected {
            y: vec![0.0; self.dy.len()],
            dx: vec![0.0; self.x.len()],
            doffset: vec![0.0; self.offset.len()],
            dmask: vec![0.0; self.offset.len() / 2],
            dw: vec![0.0; self.w.len()],
        };
        for (i, y) in expected.y.iter_mut().enumerate() {
            *y = f64::from(self.bias[i / volume % (groups * co)]);
        }
        let all = (0..batch * channels * taps * volume).map(|i| {
            let (rest, p) = (i / volume, i % volume);
            (rest / taps / channels, rest / taps % channels, rest % taps, p)
        });
        for (n, c, tap, p) in all {
            let sample = (n * offset_groups + c / (channels / offset_groups)) * taps + tap;
            let places = [2 * sample * volume + p, (2 * sample + 1) * volume + p, sample * volume + p];
            let start = |axis: &Axis, o: usize, k: usize| {
                (o * axis.stride + k * axis.dilation) as f32 - axis.lo as f32
            };
            let y = start(height, p / width.output, tap / width.kernel) + self.offset[places[0]];
            let x = start(width, p % width.output, tap % width.kernel) + self.offset[places[1]];
            let modulation = self.mask.as_ref().map_or(1.0, |mask| f64::from(mask[places[2]]));
            let (y, x) = (f64::from(y), f64::from(x));
            // The four neighbours: place in the plane, weight, and the weight's derivatives.
            let mut neighbours = Vec::new();
            for (row, wy, dy) in
                [(y.floor(), 1.0 - y + y.floor(), -1.0), (y.floor() + 1.0, y - y.floor(), 1.0)]
            {
                for (column, wx, dx) in
                    [(x.floor(), 1.0 - x + x.floor(), -1.0), (x.floor() + 1.0, x - x.floor(), 1.0)]
                {
                    let inside = (0.0..height.input as f64).contains(&row)
                        && (0.0..width.input as f64).contains(&column);
                    if inside {
                        let place = (n * channels + c) * plane + row as usize * width.input + column as usize;
                        neighbours.push((place, wy * wx, dy * wx, wy * dx));
                    }
                }
            }
            let value: f64 = neighbours.iter().map(|&(at, w, ..)| w * f64::from(self.x[at])).sum();
            let (group, inner) = (c / ci, c % ci);
            let mut column = 0.0;
            for o in group * co..(group + 1) * co {
                let (weight, out) = ((o * ci + inner) * taps + tap, (n * groups * co + o) * volume + p);
                expected.y[out] += f64::from(self.w[weight]) * modulation * value;
                expected.dw[weight] += f64::from(self.dy[out]) * modulation * value;
                column += f64::from(self.w[weight]) * f64::from(self.dy[out]);
            }
            expected.dmask[places[2]] += column * value;
            for (at, weight, dy, dx) in neighbours {
                let value = f64::from(self.x[at]);
                expected.dx[at] += column * modulation * weight;
                expected.doffset[places[0]] += column * modulation * dy * value;
                expected.doffset[places[1]] += column * modulation * dx * value;
            }
        }
        expected
    }

    fn operands(&self) -> [*mut u8; 3] {
        let address = |values: &[f32]| values.as_ptr().cast_mut().cast();
        [address(&self.x), address(&self.offset), self.mask.as_ref().map_or(NULL, |mask| address(mask))]
    }

    /// The weights in row tiles; `transposed` those of a 1x1 convolution from the outputs to (c, tap).
    fn packed(&self, transposed: bool) -> Vec<f32> {
        let [_, groups, ci, co, _] = self.counts.map(|count| count as u32);
        let kernel = self.axes.map(|axis| axis.kernel as u32);
        let (taps, gemm) = (kernel[0] * kernel[1], Algorithm::Gemm as u32);
        let words = if transposed {
            vec![groups, co, ci * taps, 1, 1, 1, gemm, co * ci * taps, 1, ci * taps, 0, 0, 0, 0]
        } else {
            let strides = [co * ci * taps, ci * taps, taps, taps, kernel[1], 1];
            [&[groups, ci, co, 1, kernel[0], kernel[1], gemm], &strides[..], &[0]].concat()
        };
        let instruction = plan("conv pack", Dtype::F32, &words).unwrap();
        let mut packed = vec![f32::NAN; instruction.packed()];
        let addresses = [self.w.as_ptr().cast_mut().cast(), packed.as_mut_ptr().cast()];
        // SAFETY: the weights are those of the problem, and `packed` is as large as asked for.
        unsafe { instruction.run(&Operands::new(&addresses), Share::WHOLE).unwrap() };
        packed
    }

    /// Runs an instruction in so many parts, the last first.
    fn run(&self, name: &str, of: Option<u32>, weights: &[f32], made: &mut [Vec<f32>; 2], parts: usize) {
        let mut words = self.words.clone();
        words.extend(of);
        let instruction = plan(name, Dtype::F32, &words).unwrap();
        let mut scratch = vec![f32::NAN; instruction.scratch() * parts / 4];
        let [x, offset, mask] = self.operands();
        let weights = weights.as_ptr().cast_mut().cast();
        let address = |values: &mut Vec<f32>| -> *mut u8 {
            if values.is_empty() {
                NULL
            } else {
                values.as_mut_ptr().cast()
            }
        };
        let [first, second] = made.each_mut().map(address);
        let scratch = scratch.as_mut_ptr().cast();
        let addresses = match of {
            None => vec![x, offset, mask, weights, self.bias.as_ptr().cast_mut().cast(), first, scratch],
            Some(_) => {
                let dy = self.dy.as_ptr().cast_mut().cast();
                vec![x, offset, mask, dy, weights, first, second, scratch]
            }
        };
        assert_eq!(entry(name).operands, addresses.len());
        for part in (0..parts).rev() {
            // SAFETY: each operand has the memory that its instruction documents.
            unsafe { instruction.run(&Operands::new(&addresses), Share { part, parts }).unwrap() };
        }
    }
}

fn close(got: &[f32], want: &[f64], what: &str) {
    let largest = want.iter().fold(1e-3, |most: f64, value| most.max(value.abs()));
    for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
        assert!((f64::from(got) - want).abs() <= 3e-6 * largest, "{what}, element {i}: {got}, not {want}");
    }
    assert_eq!(got.len(), want.len(), "{what}");
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn every_result_is_that_of_the_plain_loops_in_any_number_of_parts() {
    for (index, case) in CASES.iter().enumerate() {
        let problem = case.problem();
        let expected = problem.expected();
        let (weights, transposed) = (problem.packed(false), problem.packed(true));
        let [_, groups, ci, co, _] = problem.counts;
        let (.., taps) = problem.sizes();
        // [o, tap, c] to [o, c, tap].
        let ordered = |dw: &[f32]| -> Vec<f32> {
            (0..dw.len())
                .map(|i| (i / taps % ci, i % taps, i / taps / ci))
                .map(|(c, tap, o)| dw[(o * taps + tap) * ci + c])
                .collect()
        };
        let nothing = problem.dy.is_empty() || problem.x.is_empty();
        let mut first: Vec<Vec<u32>> = Vec::new();
        for parts in [1, 2, 5] {
            let what = |of: &str| format!("case {index}, {of}, {parts} parts");
            let fresh = |count: usize| vec![f32::NAN; count];
            let mut y = [fresh(expected.y.len()), vec![]];
            problem.run(DEFORM, None, &weights, &mut y, parts);
            close(&y[0], &expected.y, &what("y"));
            let mut results = vec![bits(&y[0])];
            if !nothing {
                let mut dw = [fresh(groups * co * ci * taps), vec![]];
                problem.run(DEFORM_GRADIENT, Some(0), &[], &mut dw, parts);
                close(&ordered(&dw[0]), &expected.dw, &what("dw"));
                let mut dx = [fresh(expected.dx.len()), vec![]];
                problem.run(DEFORM_GRADIENT, Some(1), &transposed, &mut dx, parts);
                close(&dx[0], &expected.dx, &what("dx"));
                let mut both = [fresh(expected.doffset.len()), fresh(expected.dmask.len())];
                problem.run(DEFORM_GRADIENT, Some(2), &transposed, &mut both, parts);
                close(&both[0], &expected.doffset, &what("doffset"));
                close(&both[1], &expected.dmask, &what("dmask"));
                let mut mask = [vec![], fresh(expected.dmask.len())];
                problem.run(DEFORM_GRADIENT, Some(2), &transposed, &mut mask, parts);
                assert_eq!(bits(&mask[1]), bits(&both[1]), "{}", what("dmask alone"));
                results.extend([&dw[0], &dx[0], &both[0], &both[1]].map(|values| bits(values)));
            }
            if first.is_empty() {
                first = results;
            } else {
                assert!(first == results, "{}", what("other bits"));
            }
        }
    }
}

#[test]
fn offsets_that_are_no_places_read_nothing() {
    let case = Case { counts: [1, 1, 2, 3, 1], axes: [[5, 3, 1, 1, 1, 1]; 2], offsets: Any, mask: true };
    let mut problem = case.problem();
    let wild = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 2e9, -2e9, 1e-40];
    for (offset, wild) in problem.offset.iter_mut().zip(wild.into_iter().cycle()) {
        *offset = wild;
    }
    let (weights, transposed) = (problem.packed(false), problem.packed(true));
    let mut y = [vec![0.0; problem.dy.len()], vec![]];
    problem.run(DEFORM, None, &weights, &mut y, 1);
    let mut dw = [vec![0.0; problem.w.len()], vec![]];
    problem.run(DEFORM_GRADIENT, Some(0), &[], &mut dw, 1);
    let mut dx = [vec![0.0; problem.x.len()], vec![]];
    problem.run(DEFORM_GRADIENT, Some(1), &transposed, &mut dx, 1);
    assert!(dx[0].iter().all(|value| value.is_finite()));
    let mut both = [vec![0.0; problem.offset.len()], vec![0.0; problem.offset.len() / 2]];
    problem.run(DEFORM_GRADIENT, Some(2), &transposed, &mut both, 1);

    // NaN stays NaN, what lies beyond the input is zero, whatever the input holds.
    problem.offset.fill(f32::INFINITY);
    problem.x.fill(f32::INFINITY);
    problem.run(DEFORM, None, &weights, &mut y, 1);
    for (i, value) in y[0].iter().enumerate() {
        assert_eq!(*value, problem.bias[i / 25]);
    }
    problem.offset.fill(f32::NAN);
    problem.run(DEFORM, None, &weights, &mut y, 1);
    assert!(y[0].iter().all(|value| value.is_nan()));
}

#[test]
fn an_input_outside_of_the_samples_does_not_count() {
    // At y = -1 exactly the row below has no weight; what it holds must not show, as in a convolution with padding.
    let case = Case { counts: [1, 1, 1, 1, 1], axes: [[4, 1, 1, 1, 1, 1]; 2], offsets: Zero, mask: false };
    let mut problem = case.problem();
    problem.x.fill(f32::INFINITY);
    let weights = problem.packed(false);
    let mut y = [vec![0.0; problem.dy.len()], vec![]];
    problem.run(DEFORM, None, &weights, &mut y, 1);
    for column in 0..6 {
        assert_eq!(y[0][column], problem.bias[0]);
        assert_eq!(y[0][30 + column], problem.bias[0]);
    }
}

#[test]
fn wrong_parameters_are_faults() {
    let words = CASES[1].problem().words;
    let fault = |words: &[u32]| Deform::new(&mut Params::new(words)).err().map(|fault| fault.code);
    assert_eq!(fault(&words), None);
    for length in 0..words.len() {
        assert_eq!(fault(&words[..length]), Some(Code::BadInstruction));
    }
    let with = |place: usize, value: u32| {
        let mut words = words.clone();
        words[place] = value;
        fault(&words)
    };
    // Offset groups that do not divide the channels, a third axis, an activation that is no clamp.
    let last = words.len() - 1;
    for (place, value) in [(last, 0), (last, 3), (last, u32::MAX), (4, 2), (24, 4), (24, 7)] {
        assert_eq!(with(place, value), Some(Code::BadInstruction), "{place} {value}");
    }
    // Another algorithm, of a convolution that it would accept.
    let mut depthwise = CASES[3].problem().words;
    depthwise[22] = Algorithm::Depthwise as u32;
    assert_eq!(fault(&depthwise), Some(Code::BadInstruction));
    assert_eq!(with(0, i32::MAX as u32), Some(Code::TooLarge));
    assert_eq!(with(3, 1 << 26), Some(Code::TooLarge));
    let gradient = |of: u32| {
        let words = [&words[..], &[of]].concat();
        DeformGradient::new(&mut Params::new(&words)).err().map(|fault| fault.code)
    };
    assert_eq!([0, 1, 2, 3].map(gradient), [None, None, None, Some(Code::BadInstruction)]);
}
