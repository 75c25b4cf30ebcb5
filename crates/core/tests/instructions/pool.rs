//! Each line with every reduction, and what NaN, ties and infinities do.

use super::{
    count, dtype_of, indices, integers, plan, run, same, strides, Dtype, Line, Memory, F32, I32, I8, NULL, U8,
};
use crate::problems::problem_lines;
use striate_core::geometry::{Axis, AxisRequest, Mode, Rule};
use striate_core::instructions::pool::Reduction::{Average, Lp, LpAbsolute, Max, Min, Sum};
use striate_core::instructions::pool::{Placing, Reduction};
use striate_core::instructions::scatter::Writing;

const POOL: &str = "pool";

struct Problem {
    name: String,
    planes: usize,
    axes: [Axis; 3],
    ceil: bool,
    dtype: Dtype,
}

#[derive(Clone, Copy)]
struct Options {
    include_pad: bool,
    divisor: u32,
    p: f32,
}

const PLAIN: Options = Options { include_pad: true, divisor: 0, p: 2.0 };

fn pairs(text: &str, rank: usize) -> Vec<(i32, i32)> {
    let pair = |part: &str| {
        let (lo, hi) = part.split_once(':').unwrap_or((part, part));
        (lo.parse().unwrap(), hi.parse().unwrap())
    };
    let list: Vec<_> = text.split(',').map(pair).collect();
    if list.len() == 1 {
        vec![list[0]; rank]
    } else {
        list
    }
}

/// The windows of all poolings; each test says by what it reduces them.
fn pools() -> Vec<Line> {
    problem_lines(
        "pooling",
        &["x", "kernelSize", "stride", "padding", "dilation", "ceilMode", "returnIndices", "normType"],
    )
}

impl Problem {
    fn read(line: &Line) -> Problem {
        let x = line.sizes("x");
        let rank = x.len() - 2;
        let per_axis = |key: &str, default: &str| pairs(line.get(key).unwrap_or(default), rank);
        let kernel = per_axis("kernelSize", "");
        let stride = line.get("stride").map_or(kernel.clone(), |text| pairs(text, rank));
        let dilation = per_axis("dilation", "1");
        let (mode, padding) = match line.get("padding") {
            Some("same") => (Mode::Same, vec![(0, 0); rank]),
            Some("same-lower") => (Mode::SameLower, vec![(0, 0); rank]),
            text => (Mode::Explicit, pairs(text.unwrap_or("0"), rank)),
        };
        let ceil = line.get("ceilMode") == Some("1");
        let mut axes = [Axis::UNIT; 3];
        for axis in 0..rank {
            let request = AxisRequest {
                input: x[axis + 2] as i32,
                kernel: kernel[axis].0,
                stride: stride[axis].0,
                dilation: dilation[axis].0,
                lo: padding[axis].0,
                hi: padding[axis].1,
            };
            let rule = Rule(if ceil { Rule::CEIL } else { 0 });
            axes[3 - rank + axis] = Axis::new(request, mode, rule).expect(&line.name);
        }
        Problem { name: line.name.clone(), planes: x[0] * x[1], axes, ceil, dtype: dtype_of(line) }
    }

    fn inputs(&self) -> usize {
        self.planes * count(&self.axes.map(|axis| axis.input))
    }

    fn outputs(&self) -> usize {
        self.planes * count(&self.axes.map(|axis| axis.output))
    }

    fn words(&self, reduction: Reduction, options: Options) -> Vec<u32> {
        let mut words = vec![self.planes as u32];
        for a in &self.axes {
            words.extend([a.input, a.kernel, a.stride, a.dilation, a.lo, a.hi].map(|n| n as u32));
        }
        words.extend([reduction as u32, u32::from(self.ceil), u32::from(options.include_pad)]);
        words.extend([options.divisor, options.p.to_bits(), 0]);
        words
    }

    /// Values and positions.
    fn compute(
        &self,
        x: &[f64],
        reduction: Reduction,
        options: Options,
        parts: usize,
        indexed: bool,
    ) -> (Vec<f64>, Vec<f64>) {
        let (mut x, mut y) = (Memory::new(self.dtype, x), Memory::empty(self.dtype, self.outputs()));
        let mut positions = Memory::empty(I32, self.outputs());
        let operands = [x.address(), NULL, y.address(), if indexed { positions.address() } else { NULL }];
        run(POOL, self.dtype, &self.words(reduction, options), &operands, parts);
        (y.values(), positions.values())
    }

    /// For each output: the values of its window in order, their positions, and the taps inside the padded input.
    fn windows(&self, x: &[f64]) -> Vec<(Vec<f64>, Vec<usize>, usize)> {
        let plane = self.axes.map(|axis| axis.input);
        let steps = strides(&plane);
        let mut windows = Vec::new();
        for n in 0..self.planes {
            for o in indices(&self.axes.map(|axis| axis.output)) {
                let (mut values, mut positions, mut padded) = (vec![], vec![], 0);
                for k in indices(&self.axes.map(|axis| axis.kernel)) {
                    let at: Vec<usize> =
                        (0..3).map(|d| o[d] * self.axes[d].stride + k[d] * self.axes[d].dilation).collect();
                    if (0..3).any(|d| at[d] >= self.axes[d].lo + self.axes[d].input + self.axes[d].hi) {
                        continue;
                    }
                    padded += 1;
                    if (0..3).all(|d| at[d] >= self.axes[d].lo && at[d] - self.axes[d].lo < plane[d]) {
                        let place = (0..3).map(|d| (at[d] - self.axes[d].lo) * steps[d]).sum::<usize>();
                        values.push(x[n * count(&plane) + place]);
                        positions.push(place);
                    }
                }
                windows.push((values, positions, padded));
            }
        }
        windows
    }

    /// PyTorch's loop: a later value wins when it is larger or NaN.
    fn extrema(&self, x: &[f64], sign: f64) -> (Vec<f64>, Vec<f64>) {
        let one = |(values, positions, _): (Vec<f64>, Vec<usize>, usize)| {
            let (mut best, mut place) = (f64::NEG_INFINITY, positions.first().map_or(-1.0, |&p| p as f64));
            for (&value, &position) in values.iter().zip(&positions) {
                if value * sign > best || value.is_nan() {
                    (best, place) = (value * sign, position as f64);
                }
            }
            (best * sign, place)
        };
        self.windows(x).into_iter().map(one).unzip()
    }
}

fn saturated(values: Vec<f64>, dtype: Dtype) -> Vec<f64> {
    let (low, high) = match dtype {
        U8 => (0.0, 255.0),
        I8 => (-128.0, 127.0),
        F32 | I32 => return values,
    };
    values.into_iter().map(|value| value.clamp(low, high)).collect()
}

#[test]
fn maxima_and_minima_with_and_without_positions() {
    for line in pools() {
        let problem = Problem::read(&line);
        let x = integers(0, problem.inputs(), problem.dtype);
        for (reduction, sign) in [(Max, 1.0), (Min, -1.0)] {
            let (values, places) = problem.extrema(&x, sign);
            let values = saturated(values, problem.dtype);
            for parts in 1..=3 {
                let what = format!("{}, {reduction:?}, {parts} parts", problem.name);
                let (got, _) = problem.compute(&x, reduction, PLAIN, parts, false);
                same(&got, &values, 0.0, &what);
                let (got, got_places) = problem.compute(&x, reduction, PLAIN, parts, true);
                same(&got, &values, 0.0, &what);
                same(&got_places, &places, 0.0, &format!("{what}, positions"));
            }
        }
    }
}

#[test]
fn nan_wins_and_infinities_have_positions() {
    for line in pools() {
        let problem = Problem::read(&line);
        if problem.dtype != F32 {
            continue;
        }
        for period in [3, 7] {
            let mut x = integers(0, problem.inputs(), F32);
            for (i, x) in x.iter_mut().enumerate() {
                match i * i % period {
                    1 => *x = f64::NAN,
                    2 => *x = f64::NEG_INFINITY,
                    4 => *x = f64::INFINITY,
                    _ => {}
                }
            }
            for (reduction, sign) in [(Max, 1.0), (Min, -1.0)] {
                let (values, places) = problem.extrema(&x, sign);
                let (got, got_places) = problem.compute(&x, reduction, PLAIN, 2, true);
                same(&got, &values, 0.0, &problem.name);
                same(&got_places, &places, 0.0, &format!("{}, positions", problem.name));
                same(&problem.compute(&x, reduction, PLAIN, 2, false).0, &values, 0.0, &problem.name);
            }
        }
        let x = vec![f64::NEG_INFINITY; problem.inputs()];
        let (_, places) = problem.extrema(&x, 1.0);
        same(&problem.compute(&x, Max, PLAIN, 1, true).1, &places, 0.0, &problem.name);
    }
}

#[test]
fn sums_and_averages() {
    for line in pools() {
        let problem = Problem { dtype: F32, ..Problem::read(&line) };
        let x = integers(0, problem.inputs(), F32);
        let windows = problem.windows(&x);
        let sum = |values: &[f64]| values.iter().sum::<f64>();
        let quotient = |sum: f64, n: usize| if n == 0 { 0.0 } else { f64::from(sum as f32 / n as f32) };
        for parts in 1..=3 {
            let got = problem.compute(&x, Sum, PLAIN, parts, false).0;
            same(&got, &windows.iter().map(|w| sum(&w.0)).collect::<Vec<_>>(), 0.0, &problem.name);
            let got = problem.compute(&x, Average, PLAIN, parts, false).0;
            same(
                &got,
                &windows.iter().map(|w| quotient(sum(&w.0), w.2)).collect::<Vec<_>>(),
                0.0,
                &problem.name,
            );
            let inside = Options { include_pad: false, ..PLAIN };
            let got = problem.compute(&x, Average, inside, parts, false).0;
            same(
                &got,
                &windows.iter().map(|w| quotient(sum(&w.0), w.0.len())).collect::<Vec<_>>(),
                0.0,
                &problem.name,
            );
            let by_three = Options { divisor: 3, ..PLAIN };
            let got = problem.compute(&x, Average, by_three, parts, false).0;
            same(
                &got,
                &windows.iter().map(|w| quotient(sum(&w.0), 3)).collect::<Vec<_>>(),
                0.0,
                &problem.name,
            );
        }
    }
}

/// Single precision rounds each power, the sum and the root: a few units of 6e-8.
const LP_TOLERANCE: f64 = 1e-6;

#[test]
fn norms() {
    for line in pools() {
        let problem = Problem { dtype: F32, ..Problem::read(&line) };
        let x = integers(0, problem.inputs(), F32);
        let windows = problem.windows(&x);
        let taps = count(&problem.axes.map(|axis| axis.kernel)) as f64;
        for p in [1.0f32, 2.0, 3.0, 1.5] {
            let options = Options { p, ..PLAIN };
            let p = f64::from(p);
            let power = |values: &[f64], f: fn(f64) -> f64| values.iter().map(|&x| f(x).powf(p)).sum::<f64>();
            let torch = |w: &(Vec<f64>, Vec<usize>, usize)| {
                (power(&w.0, |x| x) / w.2.max(1) as f64 * taps).powf(1.0 / p)
            };
            let got = problem.compute(&x, Lp, options, 2, false).0;
            same(
                &got,
                &windows.iter().map(torch).collect::<Vec<_>>(),
                LP_TOLERANCE,
                &format!("{}, p = {p}", problem.name),
            );
            let got = problem.compute(&x, LpAbsolute, options, 2, false).0;
            let want: Vec<f64> = windows.iter().map(|w| power(&w.0, f64::abs).powf(1.0 / p)).collect();
            same(&got, &want, LP_TOLERANCE, &format!("{}, p = {p}", problem.name));
        }
    }
}

const POOL_GRADIENT: &str = "pool gradient";
const SCATTER: &str = "scatter";
const GATHER: &str = "gather";

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `<dy, pool(x)> = <gradient(dy), x>`: sums are linear, and these are exact. The parts write what the whole does.
#[test]
fn the_gradient_of_sums_is_their_adjoint() {
    for line in pools() {
        let problem = Problem { dtype: F32, ..Problem::read(&line) };
        let x = integers(0, problem.inputs(), F32);
        let dy = integers(1, problem.outputs(), F32);
        let words = problem.words(Sum, PLAIN);
        let y = problem.compute(&x, Sum, PLAIN, 1, false).0;
        let gradient = |parts: usize| {
            let (mut dy, mut dx) = (Memory::new(F32, &dy), Memory::empty(F32, problem.inputs()));
            run(POOL_GRADIENT, F32, &words, &[dy.address(), NULL, NULL, dx.address()], parts);
            dx.values()
        };
        let dx = gradient(1);
        same(&[dot(&dx, &x)], &[dot(&dy, &y)], 0.0, &problem.name);
        for parts in 2..=3 {
            same(&gradient(parts), &dx, 0.0, &problem.name);
        }
    }
}

/// What flows back from a maximum goes to where it was: scattered forward values are the maxima's, gathered ones are y.
#[test]
fn positions_scatter_and_gather() {
    for line in pools() {
        let problem = Problem { dtype: F32, ..Problem::read(&line) };
        let x = integers(0, problem.inputs(), F32);
        let dy = integers(1, problem.outputs(), F32);
        let (y, places) = problem.compute(&x, Max, PLAIN, 1, true);
        let size = count(&problem.axes.map(|axis| axis.input));
        let outputs = count(&problem.axes.map(|axis| axis.output));
        let mut want = vec![0.0; problem.inputs()];
        for (i, &place) in places.iter().enumerate().filter(|(_, &place)| place >= 0.0) {
            want[i / outputs * size + place as usize] += dy[i];
        }
        let planes = [problem.planes, outputs, size].map(|word| word as u32);
        for parts in 1..=3 {
            let mut indices = Memory::new(I32, &places);
            let (mut from, mut dx) = (Memory::new(F32, &dy), Memory::empty(F32, problem.inputs()));
            let words = [planes[0], planes[1], planes[2], Writing::Add as u32];
            run(SCATTER, F32, &words, &[from.address(), indices.address(), dx.address()], parts);
            same(&dx.values(), &want, 0.0, &problem.name);
            let (mut from, mut back) = (Memory::new(F32, &x), Memory::empty(F32, problem.outputs()));
            run(GATHER, F32, &planes, &[from.address(), indices.address(), back.address()], parts);
            let found: Vec<f64> = y.iter().map(|&y| if y == f64::NEG_INFINITY { 0.0 } else { y }).collect();
            same(&back.values(), &found, 0.0, &problem.name);
        }
    }
}

/// Words that are no pooling are refused, whatever they hold, and samples of any kind keep every window inside.
#[test]
fn irregular_windows_of_hostile_words_and_samples() {
    let decode = |words: &[u32]| plan(POOL, F32, words).is_ok();
    let [adaptive, fractional] = [Placing::Adaptive as u32, Placing::Fractional as u32];
    let words = |axis: [u32; 6], placement: u32| {
        let mut words = vec![2];
        for own in [axis, [1, 1, 1, 1, 3, 0], [1, 1, 1, 2, 3, 0]] {
            words.extend(own);
        }
        words.extend([Max as u32, 0, 1, 0, 0, placement]);
        words
    };
    let big = u32::MAX;
    for axis in [[0, 1, 1, 0, 1, 0], [5, 1, 0, 0, 1, 0], [big, 1, 1, 0, 1, 0], [5, 1, big, 0, 1, 0]] {
        assert!(!decode(&words(axis, adaptive)) && !decode(&words(axis, fractional)), "{axis:?}");
    }
    for axis in
        [[5, 0, 1, 0, 1, 0], [5, 6, 1, 0, 1, 0], [5, 2, 5, 0, 1, 0], [5, 2, 3, 1, 1, 0], [5, 2, 3, 0, 9, 0]]
    {
        assert!(!decode(&words(axis, fractional)), "{axis:?}");
    }
    assert!(!decode(&words([5, 2, 3, 0, 1, 0], 3)));
    for sample in [f64::NAN, -3.0, 0.0, 0.3, 1.0, 7.0, f64::INFINITY, f64::NEG_INFINITY] {
        let mut x = Memory::new(F32, &(0..24).map(f64::from).collect::<Vec<_>>());
        let mut samples = Memory::new(F32, &[sample; 6]);
        let (mut y, mut places) = (Memory::empty(F32, 10), Memory::empty(I32, 10));
        let words = words([12, 3, 5, 0, 3, 0], fractional);
        run(POOL, F32, &words, &[x.address(), samples.address(), y.address(), places.address()], 2);
        let starts: Vec<f64> = y.values()[..5].iter().map(|last| last - 2.0).collect();
        assert!(starts[0] == 0.0 && starts[4] == 9.0, "{sample}: {starts:?}");
        assert!(starts.windows(2).all(|pair| pair[0] <= pair[1]), "{sample}: {starts:?}");
        same(&places.values()[5..], &starts.iter().map(|s| s + 2.0).collect::<Vec<_>>(), 0.0, "positions");
    }
}
