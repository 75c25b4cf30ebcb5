//! RESAMPLE, GRID_SAMPLE and ROI_ALIGN against plain loops in float64, whole and in parts; their gradients by the adjoint
//! identity; and what positions far outside, infinite or no numbers do.

use super::{entry, integers, plan, same, Dtype, F32, NULL, U8};
use striate_core::fault::{Code, Fault};
use striate_core::instructions::{Operands, Share};

const RESAMPLE: &str = "resample";
const ANTIALIAS: &str = "antialias";
const GRID_SAMPLE: &str = "grid sample";
const GRID_SAMPLE_GRADIENT: &str = "grid sample gradient";
const ROI_ALIGN: &str = "roi align";
const ROI_ALIGN_GRADIENT: &str = "roi align gradient";
const PARTS: [usize; 4] = [1, 2, 3, 7];

/// Runs an instruction in so many parts, with scratch memory as its last operand where it needs any.
fn run(name: &str, words: &[u32], operands: &[*mut u8], parts: usize) -> Result<(), Fault> {
    run_of(name, F32, words, operands, parts)
}

/// The same for elements of another type.
fn run_of(name: &str, dtype: Dtype, words: &[u32], operands: &[*mut u8], parts: usize) -> Result<(), Fault> {
    let instruction = plan(name, dtype, words)?;
    let mut scratch = vec![f32::NAN; instruction.scratch() * parts / 4];
    let mut operands = operands.to_vec();
    if instruction.scratch() > 0 {
        operands.push(scratch.as_mut_ptr().cast());
    }
    assert_eq!(entry(name).operands, operands.len(), "{name}");
    let mut result = Ok(());
    for part in (0..parts).rev() {
        // SAFETY: the tests give each operand the memory that its instruction documents.
        let done = unsafe { instruction.run(&Operands::new(&operands), Share { part, parts }) };
        result = result.and(done);
    }
    result
}

/// What an instruction writes to an operand of `count` elements, the same in any number of parts.
fn output(name: &str, words: &[u32], inputs: &[&[f32]], count: usize) -> Vec<f32> {
    let mut made: Vec<Vec<f32>> = PARTS
        .iter()
        .map(|&parts| {
            let mut y = vec![f32::NAN; count];
            let mut operands: Vec<*mut u8> =
                inputs.iter().map(|input| input.as_ptr().cast_mut().cast()).collect();
            operands.push(y.as_mut_ptr().cast());
            run(name, words, &operands, parts).unwrap();
            y
        })
        .collect();
    let bits = |y: &[f32]| y.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    for (y, parts) in made.iter().zip(PARTS) {
        assert_eq!(bits(y), bits(&made[0]), "{parts} parts");
    }
    made.swap_remove(0)
}

fn reals(t: usize, count: usize) -> Vec<f32> {
    (0..count).map(|i| (((i * 7919 + t * 104_729) % 2003) as f32 - 1001.0) / 1001.0).collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// Absolutely, for values around 1; positions along an axis of `size` elements are less exact than the values.
fn close(got: &[f32], want: &[f64], size: usize, what: &str) {
    let tolerance = 2e-5 + 4e-7 * size as f64;
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
        assert!((f64::from(got) - want).abs() < tolerance, "{what}, element {i}: {got}, not {want}");
    }
}

fn keys(a: f64, d: f64) -> f64 {
    let d = d.abs();
    if d <= 1.0 {
        ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
    } else if d < 2.0 {
        ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a
    } else {
        0.0
    }
}

/// (element, weight) of a position along an axis, elements beyond the ends being those at the ends.
fn spread(kernel: u32, position: f64, size: usize) -> Vec<(usize, f64)> {
    let inside = |i: f64| i.clamp(0.0, size as f64 - 1.0) as usize;
    let whole = position.floor();
    match kernel {
        0 => vec![(inside(whole), 1.0)],
        1 => (0..2).map(|k| whole + f64::from(k)).map(|i| (inside(i), 1.0 - (position - i).abs())).collect(),
        _ => (-1..3).map(|k| whole + f64::from(k)).map(|i| (inside(i), keys(-0.75, position - i))).collect(),
    }
}

/// Source positions of outputs that are `scale` apart, from the elements' edges or their middles.
fn positions(scale: f32, edges: bool) -> Vec<u32> {
    let [first, shift] = if edges { [0.5, -0.5] } else { [0.0f32; 2] };
    [first, scale, 1.0, shift].map(f32::to_bits).to_vec()
}

#[test]
fn one_axis_against_plain_loops() {
    // outer, input, output, inner: less than a vector, columns of several items, more outputs than a block.
    let shapes = [
        [2, 5, 10, 1],
        [3, 7, 4, 1],
        [1, 1, 6, 5],
        [2, 6, 1, 3],
        [1, 3, 5, 2050],
        [2, 300, 1100, 1],
        [1, 4, 4, 9],
        [0, 3, 6, 2],
        [2, 3, 6, 0],
    ];
    for [outer, input, output_size, inner] in shapes {
        for kernel in 0..3 {
            for middles in 0..2 {
                let scale = input as f32 / output_size as f32;
                let words = |adjoint: u32| {
                    let sizes = [outer, input, output_size, inner].map(|size| size as u32);
                    let rest = [0, (-0.75f32).to_bits(), adjoint];
                    [sizes.to_vec(), vec![kernel], positions(scale, middles == 0), rest.to_vec()].concat()
                };
                let what = format!("{outer} {input} {output_size} {inner} kernel {kernel} middles {middles}");
                let x = reals(0, outer * input * inner);
                let y = output(RESAMPLE, &words(0), &[&x], outer * output_size * inner);
                let half = if middles == 0 { 0.5 } else { 0.0 };
                let mut want = vec![0.0; y.len()];
                for (at, sum) in want.iter_mut().enumerate() {
                    let (row, o, column) = (at / inner / output_size, at / inner % output_size, at % inner);
                    let mut position = f64::from(scale) * (o as f64 + half) - half;
                    if kernel == 0 {
                        position = f64::from(position as f32);
                    }
                    for (i, weight) in spread(kernel, position, input) {
                        *sum += weight * f64::from(x[(row * input + i) * inner + column]);
                    }
                }
                close(&y, &want, input, &what);
                let dy = reals(1, y.len());
                let dx = output(RESAMPLE, &words(1), &[&dy], x.len());
                assert!((dot(&dy, &y) - dot(&dx, &x)).abs() < 1e-3, "{what}");
            }
        }
    }
}

#[test]
fn stretched_kernels_against_plain_loops() {
    // outer, input, output, inner: larger and smaller, a stretch beyond the weights' table, columns of several items.
    for [outer, input, output_size, inner] in [
        [2, 9, 4, 1],
        [1, 5, 9, 3],
        [2, 700, 2, 1],
        [1, 6, 2, 2050],
        [1, 1, 3, 2],
        [3, 7, 1, 5],
        [0, 4, 2, 1],
    ] {
        for (kernel, exclude) in [(1, 0), (1, 1), (2, 0), (2, 1)] {
            let scale = input as f32 / output_size as f32;
            let stretch = scale.max(1.0);
            let words = |adjoint: u32| {
                let sizes = [outer, input, output_size, inner].map(|size| size as u32);
                let rest = [(-0.5f32).to_bits(), stretch.to_bits(), exclude, adjoint];
                [sizes.to_vec(), vec![kernel], positions(scale, true), rest.to_vec()].concat()
            };
            let what = format!("{outer} {input} {output_size} {inner} kernel {kernel} exclude {exclude}");
            let x = reals(0, outer * input * inner);
            let y = output(ANTIALIAS, &words(0), &[&x], outer * output_size * inner);
            let mut want = vec![0.0; y.len()];
            for (at, sum) in want.iter_mut().enumerate() {
                let (row, o, column) = (at / inner / output_size, at / inner % output_size, at % inner);
                let position = f64::from(scale) * (o as f64 + 0.5) - 0.5;
                let reach = (3.0 * stretch) as i64;
                let (mut products, mut weights) = (0.0, 0.0);
                for k in position as i64 - reach..=position as i64 + reach {
                    let distance = (k as f64 - position) / f64::from(stretch);
                    let own =
                        if kernel == 1 { (1.0 - distance.abs()).max(0.0) } else { keys(-0.5, distance) };
                    let inside = k.clamp(0, input as i64 - 1);
                    let weight = if exclude == 1 && inside != k { 0.0 } else { own };
                    products += weight * f64::from(x[(row * input + inside as usize) * inner + column]);
                    weights += weight;
                }
                *sum = products / weights;
            }
            close(&y, &want, input, &what);
            let dy = reals(1, y.len());
            let dx = output(ANTIALIAS, &words(1), &[&dy], x.len());
            assert!((dot(&dy, &y) - dot(&dx, &x)).abs() < 1e-3, "{what}");
        }
    }
}

#[test]
fn bytes_are_moved() {
    let x: Vec<u8> = (0..2 * 3 * 5).collect();
    let mut y = vec![0u8; 2 * 7 * 5];
    let operands = [x.as_ptr().cast_mut(), y.as_mut_ptr()];
    let words = [vec![2, 3, 7, 5, 0], positions(3.0 / 7.0, false), vec![0, 0, 0]].concat();
    run_of(RESAMPLE, U8, &words, &operands, 3).unwrap();
    for (at, &value) in y.iter().enumerate() {
        let (row, o, column) = (at / 35, at / 5 % 7, at % 5);
        assert_eq!(value as usize, (row * 3 + o * 3 / 7) * 5 + column);
    }
}

#[test]
fn roundings_of_nearest_positions() {
    let x = [0.0, 1.0, 2.0, 3.0];
    // Positions 0, 0.5, 1, 1.5, ..: halves are what differs.
    let expected = [
        [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0],
        [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 3.0],
        [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0],
        [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 3.0],
    ];
    for (rounding, want) in expected.iter().enumerate() {
        let words = [vec![1, 4, 8, 1, 0], positions(0.5, false), vec![rounding as u32, 0, 0]].concat();
        assert_eq!(output(RESAMPLE, &words, &[&x], 8), want, "rounding {rounding}");
    }
}

#[test]
fn words_that_say_nothing_are_refused() {
    let resample = [2, 3, 6, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    assert!(plan(RESAMPLE, F32, &resample).is_ok() && plan(RESAMPLE, U8, &resample).is_err());
    for (word, value) in [(1, 0), (4, 3), (9, 4), (11, 2), (0, 1 << 30)] {
        let mut words = resample;
        words[word] = value;
        assert!(plan(RESAMPLE, F32, &words).is_err(), "word {word}");
    }
    let antialias = [2, 3, 6, 1, 1, 0, 0, 0, 0, 0, 1f32.to_bits(), 0, 0];
    assert!(plan(ANTIALIAS, F32, &antialias).is_ok());
    let (below, above) = (0.9f32.to_bits(), 3.1f32.to_bits());
    for (word, value) in
        [(1, 0), (4, 0), (4, 3), (10, below), (10, above), (10, f32::NAN.to_bits()), (11, 2), (12, 2)]
    {
        let mut words = antialias;
        words[word] = value;
        assert!(plan(ANTIALIAS, F32, &words).is_err(), "word {word}");
    }
    let grid = [1, 2, 2, 1, 3, 4, 6, 0, 0, 0];
    for (word, value) in [(2, 1), (2, 4), (3, 2), (4, 0), (7, 3), (8, 3), (9, 2), (6, 1 << 31)] {
        let mut words = grid;
        words[word] = value;
        assert!(plan(GRID_SAMPLE, F32, &words).is_err(), "word {word}");
    }
    let boxes = [1, 2, 3, 4, 1, 2, 2, 0, 0, 0];
    for (word, value) in [(2, 0), (3, 0), (5, 0), (6, 0), (9, 2), (4, 1 << 31), (5, 1 << 28)] {
        let mut words = boxes;
        words[word] = value;
        assert!(plan(ROI_ALIGN, F32, &words).is_err(), "word {word}");
    }
}

struct Grid {
    n: usize,
    channels: usize,
    size: Vec<usize>,
    positions: usize,
}

impl Grid {
    fn words(&self, mode: u32, padding: u32, align: u32) -> Vec<u32> {
        let mut words = vec![self.n, self.channels, self.size.len()];
        words.extend(std::iter::repeat_n(1, 3 - self.size.len()));
        words.extend(&self.size);
        words.push(self.positions);
        let mut words: Vec<u32> = words.into_iter().map(|word| word as u32).collect();
        words.extend([mode, padding, align]);
        words
    }

    fn plane(&self) -> usize {
        self.size.iter().product()
    }

    /// y of a plain loop: along each axis the weights of the elements, those outside the plane as padding has them.
    fn plain(&self, x: &[f64], grid: &[f64], mode: u32, padding: u32, align: bool) -> Vec<f64> {
        let axes = self.size.len();
        let mut y = Vec::new();
        for item in 0..self.n * self.channels {
            for p in 0..self.positions {
                let start = (item / self.channels * self.positions + p) * axes;
                let mut terms = vec![(0, 1.0)];
                for (axis, &size) in self.size.iter().enumerate() {
                    let own = axis_terms(grid[start + axes - 1 - axis], size, mode, padding, align);
                    let grown = terms.iter().flat_map(|&(at, weight)| {
                        own.iter().map(move |&(i, more)| (at * size + i, weight * more))
                    });
                    terms = grown.collect();
                }
                y.push(terms.iter().map(|&(i, weight)| weight * x[item * self.plane() + i]).sum());
            }
        }
        y
    }
}

fn axis_terms(u: f64, size: usize, mode: u32, padding: u32, align: bool) -> Vec<(usize, f64)> {
    let extent = size as f64;
    let position = if align { (u + 1.0) / 2.0 * (extent - 1.0) } else { ((u + 1.0) * extent - 1.0) / 2.0 };
    let moved = |p: f64| match padding {
        0 => p,
        1 => p.clamp(0.0, extent - 1.0),
        _ => {
            let (low, span) = if align { (0.0, extent - 1.0) } else { (-0.5, extent) };
            if span == 0.0 {
                return 0.0;
            }
            let folded = (p - low).rem_euclid(2.0 * span);
            (low + folded.min(2.0 * span - folded)).clamp(0.0, extent - 1.0)
        }
    };
    let whole = position.floor();
    let found: Vec<(f64, f64)> = match mode {
        0 => {
            let p = moved(position);
            vec![(p.floor(), 1.0 - p + p.floor()), (p.floor() + 1.0, p - p.floor())]
        }
        1 => vec![(moved(position).round_ties_even(), 1.0)],
        _ => (-1..3).map(|k| whole + f64::from(k)).map(|i| (moved(i), keys(-0.75, position - i))).collect(),
    };
    let inside = found.into_iter().filter(|&(i, _)| i >= 0.0 && i < extent);
    inside.map(|(i, weight)| (i as usize, weight)).collect()
}

#[test]
fn grids_against_plain_loops() {
    let problems = [
        Grid { n: 2, channels: 3, size: vec![5, 4], positions: 13 },
        Grid { n: 1, channels: 1, size: vec![1, 3], positions: 300 },
        Grid { n: 1, channels: 2, size: vec![7, 1], positions: 5 },
        Grid { n: 2, channels: 2, size: vec![3, 4, 5], positions: 141 },
        Grid { n: 1, channels: 0, size: vec![2, 2], positions: 4 },
        Grid { n: 2, channels: 2, size: vec![2, 2], positions: 0 },
    ];
    for grid in &problems {
        let axes = grid.size.len();
        let x = reals(0, grid.n * grid.channels * grid.plane());
        let at: Vec<f32> = reals(1, grid.n * grid.positions * axes).iter().map(|v| v * 2.3).collect();
        for mode in 0..if axes == 2 { 3 } else { 2 } {
            for (padding, align) in (0..3).flat_map(|padding| [(padding, 0), (padding, 1)]) {
                let words = grid.words(mode, padding, align);
                let what = format!("{:?} mode {mode} padding {padding} align {align}", grid.size);
                let y = output(GRID_SAMPLE, &words, &[&x, &at], grid.n * grid.channels * grid.positions);
                let plain = |at: &[f64]| grid.plain(&wide(&x), at, mode, padding, align == 1);
                close(&y, &plain(&wide(&at)), 0, &what);
                let dy = reals(2, y.len());
                let (dx, dat) = gradients(&words, &x, &at, &dy);
                assert!((dot(&dy, &y) - dot(&dx, &x)).abs() < 1e-3, "{what}");
                differences(&dat, &at, |moved| {
                    plain(moved).iter().zip(&dy).map(|(y, &dy)| y * f64::from(dy)).sum()
                });
            }
        }
    }
}

/// dx and dgrid: both at once and each alone.
fn gradients(words: &[u32], x: &[f32], at: &[f32], dy: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let address = |values: &[f32]| values.as_ptr().cast_mut().cast::<u8>();
    let (mut dx, mut dat) = (vec![f32::NAN; x.len()], vec![f32::NAN; at.len()]);
    let inputs = [address(x), address(at), address(dy)];
    let both = [dx.as_mut_ptr().cast(), dat.as_mut_ptr().cast()];
    run(GRID_SAMPLE_GRADIENT, words, &[&inputs[..], &both].concat(), 1).unwrap();
    for parts in PARTS {
        let (mut alone, mut other) = (vec![f32::NAN; x.len()], vec![f32::NAN; at.len()]);
        let first = [alone.as_mut_ptr().cast(), NULL];
        run(GRID_SAMPLE_GRADIENT, words, &[&inputs[..], &first].concat(), parts).unwrap();
        let second = [NULL, other.as_mut_ptr().cast()];
        run(GRID_SAMPLE_GRADIENT, words, &[&inputs[..], &second].concat(), parts).unwrap();
        assert_eq!((&alone, &other), (&dx, &dat), "{parts} parts");
    }
    (dx, dat)
}

/// A gradient against differences to both sides, where these agree: not at a kink.
fn differences(gradient: &[f32], at: &[f32], value: impl Fn(&[f64]) -> f64) {
    const STEP: f64 = 1e-5;
    let at = wide(at);
    let middle = value(&at);
    for i in (0..at.len()).step_by(at.len().div_ceil(12).max(1)) {
        let moved = |by: f64| {
            let mut copy = at.clone();
            copy[i] += by;
            value(&copy)
        };
        let (after, before) = ((moved(STEP) - middle) / STEP, (middle - moved(-STEP)) / STEP);
        if (after - before).abs() < 1e-2 {
            let apart = (f64::from(gradient[i]) - (after + before) / 2.0).abs();
            assert!(apart < 2e-2, "element {i}: {} not {after} or {before}", gradient[i]);
        }
    }
}

#[test]
fn positions_that_are_nowhere_read_nothing() {
    let hostile = [f32::NAN, f32::INFINITY, -f32::INFINITY, 3e38, -3e38, 2147483648.0, 1e10, -1e10, 0.1];
    for axes in [2usize, 3] {
        let size = vec![3; axes];
        let positions = hostile.len().pow(axes as u32);
        let grid = Grid { n: 1, channels: 1, size, positions };
        let at: Vec<f32> = (0..positions * axes)
            .map(|i| hostile[i / axes / hostile.len().pow((i % axes) as u32) % hostile.len()])
            .collect();
        // The plane lies between what must not be read.
        let around = [vec![1e30; 50], vec![1.0; grid.plane()], vec![1e30; 50]].concat();
        let x = &around[50..50 + grid.plane()];
        for mode in 0..if axes == 2 { 3 } else { 2 } {
            for (padding, align) in (0..3).flat_map(|padding| [(padding, 0), (padding, 1)]) {
                let words = grid.words(mode, padding, align);
                let y = output(GRID_SAMPLE, &words, &[x, &at], positions);
                for value in y.into_iter().filter(|value| !value.is_nan()) {
                    assert!(value.abs() < 2.0, "{axes} axes, mode {mode}, padding {padding}: {value}");
                    assert!(padding == 0 || (value - 1.0).abs() < 1e-5);
                }
                let dy = vec![1.0; positions];
                let mut dx = vec![0.0f32; around.len()];
                let mut dat = vec![0.0f32; at.len()];
                let operands = [
                    x.as_ptr().cast_mut().cast(),
                    at.as_ptr().cast_mut().cast(),
                    dy.as_ptr().cast_mut().cast(),
                    dx[50..].as_mut_ptr().cast(),
                    dat.as_mut_ptr().cast(),
                ];
                run(GRID_SAMPLE_GRADIENT, &words, &operands, 2).unwrap();
                assert!(dx[..50].iter().chain(&dx[50 + grid.plane()..]).all(|&v| v == 0.0));
            }
        }
    }
}

struct Roi {
    n: usize,
    channels: usize,
    size: [usize; 2],
    bins: [usize; 2],
    scale: f32,
    samples: u32,
    aligned: bool,
}

impl Roi {
    fn words(&self, boxes: usize) -> Vec<u32> {
        let sizes = [self.n, self.channels, self.size[0], self.size[1], boxes, self.bins[0], self.bins[1]];
        let mut words: Vec<u32> = sizes.iter().map(|&size| size as u32).collect();
        words.extend([self.scale.to_bits(), self.samples, u32::from(self.aligned)]);
        words
    }

    fn outputs(&self, boxes: usize) -> usize {
        boxes * self.channels * self.bins[0] * self.bins[1]
    }

    /// Sample by sample, as the paper says it.
    fn plain(&self, x: &[f32], boxes: &[[f32; 5]]) -> Vec<f64> {
        let mut y = Vec::new();
        for (at, channel) in boxes.iter().flat_map(|at| (0..self.channels).map(move |c| (at, c))) {
            let [image, x1, y1, x2, y2] = at.map(f64::from);
            let plane = (image as usize * self.channels + channel) * self.size[0] * self.size[1];
            let shift = if self.aligned { 0.5 } else { 0.0 };
            let axis = |low: f64, high: f64, bins: usize| {
                let start = low * f64::from(self.scale) - shift;
                let length = high * f64::from(self.scale) - shift - start;
                let length = if self.aligned { length } else { length.max(1.0) };
                let bin = length / bins as f64;
                let samples = if self.samples > 0 { f64::from(self.samples) } else { bin.ceil().max(0.0) };
                (start, bin, samples)
            };
            let (down, across) = (axis(y1, y2, self.bins[0]), axis(x1, x2, self.bins[1]));
            for bin in 0..self.bins[0] * self.bins[1] {
                let mut sum = 0.0;
                let position = |(start, size, samples): (f64, f64, f64), bin: usize, s: u32| {
                    start + bin as f64 * size + (f64::from(s) + 0.5) * size / samples
                };
                for (i, j) in (0..down.2 as u32).flat_map(|i| (0..across.2 as u32).map(move |j| (i, j))) {
                    let rows = between(position(down, bin / self.bins[1], i), self.size[0]);
                    let columns = between(position(across, bin % self.bins[1], j), self.size[1]);
                    for (row, a) in &rows {
                        for (column, b) in &columns {
                            sum += a * b * f64::from(x[plane + row * self.size[1] + column]);
                        }
                    }
                }
                y.push(sum / (down.2 * across.2).max(1.0));
            }
        }
        y
    }
}

/// The two elements around a position, or none where it is more than one element outside.
fn between(position: f64, size: usize) -> Vec<(usize, f64)> {
    if !(position >= -1.0 && position <= size as f64) {
        return vec![];
    }
    let position = position.clamp(0.0, size as f64 - 1.0);
    let low = position as usize;
    vec![(low, 1.0 - position.fract()), ((low + 1).min(size - 1), position.fract())]
}

#[test]
fn boxes_against_plain_loops() {
    let boxes = [
        [0.0, 1.3, 2.1, 9.7, 8.2],
        [1.0, -3.0, -2.0, 4.5, 3.25],
        [1.0, 5.0, 5.0, 5.0, 5.0],
        [0.0, 6.0, 7.0, 2.0, 3.0],
        [1.0, -40.0, -30.0, 90.0, 70.0],
        [0.0, 30.0, 30.0, 40.0, 40.0],
    ];
    for (size, bins) in [([9, 11], [3, 2]), ([1, 14], [2, 7]), ([20, 3], [1, 5])] {
        for (samples, aligned) in [(0, false), (0, true), (2, false), (3, true)] {
            let roi = Roi { n: 2, channels: 3, size, bins, scale: 0.75, samples, aligned };
            let x = reals(0, 2 * 3 * size[0] * size[1]);
            let what = format!("{size:?} {bins:?} samples {samples} aligned {aligned}");
            let y = output(ROI_ALIGN, &roi.words(6), &[&x, boxes.as_flattened()], roi.outputs(boxes.len()));
            close(&y, &roi.plain(&x, &boxes), 0, &what);
            let dy = reals(1, y.len());
            let dx = output(ROI_ALIGN_GRADIENT, &roi.words(6), &[boxes.as_flattened(), &dy], x.len());
            assert!((dot(&dy, &y) - dot(&dx, &x)).abs() < 1e-3, "{what}");
        }
    }
}

#[test]
fn hostile_boxes_cost_little_and_read_nothing_outside() {
    let hostile = [f32::NAN, f32::INFINITY, -f32::INFINITY, 3e38, -3e38, 1e9, -1e9, 16_777_216.0, 0.0, 3.0];
    for (samples, aligned) in [(0, false), (0, true), (2, false), (1, true)] {
        let roi = Roi { n: 1, channels: 1, size: [4, 5], bins: [2, 3], scale: 1.0, samples, aligned };
        let mut boxes = Vec::new();
        for i in 0..10_000 {
            boxes.push([
                0.0,
                hostile[i % 10],
                hostile[i / 10 % 10],
                hostile[i / 100 % 10],
                hostile[i / 1000],
            ]);
        }
        let around = [vec![1e30; 50], vec![1.0; 20], vec![1e30; 50]].concat();
        let inputs = [&around[50..70], boxes.as_flattened()];
        let y = output(ROI_ALIGN, &roi.words(10_000), &inputs, roi.outputs(10_000));
        assert!(y.iter().all(|&value| (0.0..=1.00001).contains(&value)));
        let dy = vec![1.0; y.len()];
        let dx = output(ROI_ALIGN_GRADIENT, &roi.words(10_000), &[boxes.as_flattened(), &dy], 20);
        assert!(dx.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn a_box_of_no_image_is_a_fault_and_the_others_are_computed() {
    let roi = Roi { n: 2, channels: 1, size: [2, 2], bins: [1, 1], scale: 1.0, samples: 1, aligned: false };
    let x = integers(0, 8, F32).into_iter().map(|v| v as f32).collect::<Vec<_>>();
    for (image, index) in
        [(2.0, 2), (-1.0, -1), (3e9, i32::MAX), (-3e9, i32::MIN), (f32::NAN, i32::MIN), (0.5, 0)]
    {
        let boxes = [[image, 0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0, 0.0]];
        let mut y = [7.0f32; 2];
        let operands: [*mut u8; 3] =
            [x.as_ptr().cast_mut().cast(), boxes.as_ptr().cast_mut().cast(), y.as_mut_ptr().cast()];
        let fault = run(ROI_ALIGN, &roi.words(2), &operands, 1);
        let mut dx = [0.0f32; 8];
        let mut operands = [operands[1], operands[2], dx.as_mut_ptr().cast()];
        let backward = run(ROI_ALIGN_GRADIENT, &roi.words(2), &operands, 1);
        operands.reverse();
        let want = Err(Fault::new(Code::BatchOutside, [index, 2, 0]));
        if image == 0.5 {
            assert_eq!((fault, backward), (Ok(()), Ok(())));
        } else {
            assert_eq!((fault, backward), (want, want));
            assert_eq!(y[0], 7.0);
        }
        same(&wide(&y[1..]), &roi.plain(&x, &boxes[1..]), 1e-6, "the box after it");
    }
}
