//! Convolutions of bytes against plain integer loops, `==`: extreme values, all ways to multiply, whole and in parts.

mod planning;

use planning::plan;
use striate_core::instructions::dtype::Dtype;
use striate_core::instructions::{Operands, Share};

/// Numbers that look random.
struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    fn below(&mut self, end: u32) -> usize {
        (self.next() % end) as usize
    }

    /// Often one of the ends.
    fn byte(&mut self) -> u8 {
        match self.below(4) {
            0 => 0,
            1 => 255,
            _ => self.next() as u8,
        }
    }
}

struct Problem {
    batch: usize,
    groups: usize,
    ci: usize,
    co: usize,
    /// Input, kernel, stride, dilation.
    axes: [[usize; 4]; 3],
}

impl Problem {
    fn random(random: &mut Random) -> Problem {
        // What is transformed where there is no dot product.
        if random.below(4) == 0 {
            let sizes = [(); 2].map(|()| [6 + random.below(20), 3, 1, 1]);
            let groups = 1 + random.below(2);
            let (ci, co) = if groups == 1 {
                (8 + random.below(9), 8 + random.below(16))
            } else {
                (8 + 4 * random.below(3), 8 + 4 * random.below(3))
            };
            return Problem {
                batch: 1 + random.below(2),
                groups,
                ci,
                co,
                axes: [[1; 4], sizes[0], sizes[1]],
            };
        }
        let depthwise = random.below(3) == 0;
        let groups = if depthwise { 2 + random.below(9) } else { 1 + random.below(2) };
        let (ci, co) = match (depthwise, groups) {
            (true, _) => (1, 1),
            (_, 1) => (1 + random.below(13), 1 + random.below(21)),
            _ => (4 * (1 + random.below(3)), 4 * (1 + random.below(4))),
        };
        let axes = core::array::from_fn(|axis| {
            if axis == 0 && random.below(3) > 0 {
                return [1, 1, 1, 1];
            }
            let (kernel, stride, dilation) =
                ([1, 3, 3, 5, 2, 7][random.below(6)], 1 + random.below(3), 1 + random.below(4) / 3);
            [(kernel - 1) * dilation + 1 + random.below(16), kernel, stride, dilation]
        });
        Problem { batch: 1 + random.below(2), groups, ci, co, axes }
    }

    fn outputs(&self) -> [usize; 3] {
        self.axes.map(|[input, kernel, stride, dilation]| (input - (kernel - 1) * dilation - 1) / stride + 1)
    }

    fn sum(&self, x: &[u8], w: &[i8], zero: i32, [n, o, d, h, wi]: [usize; 5]) -> i32 {
        let mut sum = 0;
        let (group, [id, ih, iw]) = (o / self.co, self.axes.map(|axis| axis[0]));
        for c in 0..self.ci {
            let channel = group * self.ci + c;
            for kd in 0..self.axes[0][1] {
                for kh in 0..self.axes[1][1] {
                    for kw in 0..self.axes[2][1] {
                        let at = |axis: usize, output: usize, tap: usize| {
                            output * self.axes[axis][2] + tap * self.axes[axis][3]
                        };
                        let place = (at(0, d, kd) * ih + at(1, h, kh)) * iw + at(2, wi, kw);
                        let value = x[(n * self.groups * self.ci + channel) * id * ih * iw + place];
                        let taps = self.axes.iter().map(|axis| axis[1]).product::<usize>();
                        let tap = (kd * self.axes[1][1] + kh) * self.axes[2][1] + kw;
                        sum += (i32::from(value) - zero) * i32::from(w[(o * self.ci + c) * taps + tap]);
                    }
                }
            }
        }
        sum
    }
}

/// Planes of bytes as fours of channels.
fn fours(x: &[u8], channels: usize, plane: usize) -> Vec<u8> {
    let images = x.len() / (channels * plane);
    let quads = channels.div_ceil(4);
    // What lies behind is read, and means nothing.
    let mut all = vec![77; images * quads * plane * 4 + 128];
    for (i, &value) in x.iter().enumerate() {
        let (image, channel, place) = (i / plane / channels, i / plane % channels, i % plane);
        all[((image * quads + channel / 4) * plane + place) * 4 + channel % 4] = value;
    }
    all
}

/// The output's number, and where in it element `i` lies.
fn place_of(i: usize, outputs: usize, &[depth, height, width]: &[usize; 3]) -> (usize, [usize; 5]) {
    let plane = depth * height * width;
    let (n, o, place) = (i / plane / outputs, i / plane % outputs, i % plane);
    (o, [n, o, place / (height * width), place / width % height, place % width])
}

#[test]
fn convolutions_equal_plain_loops() {
    let mut random = Random(2_463_534_242);
    for round in 0..400 {
        let problem = Problem::random(&mut random);
        let Problem { batch, groups, ci, co, axes } = problem;
        let plane: usize = axes.iter().map(|axis| axis[0]).product();
        let taps: usize = axes.iter().map(|axis| axis[1]).product();
        let x: Vec<u8> = (0..batch * groups * ci * plane).map(|_| random.byte()).collect();
        // Small ones may be multiplied by pairs.
        let shift = 2 * random.below(2);
        let w: Vec<u8> = (0..groups * co * ci * taps).map(|_| (random.byte() as i8 >> shift) as u8).collect();
        let signed: Vec<i8> = w.iter().map(|&byte| byte as i8).collect();
        let bias: Vec<i32> = (0..groups * co).map(|_| random.next() as i32 >> 12).collect();
        let steps: Vec<f32> = (0..groups * co).map(|_| 0.001 + random.below(100) as f32 * 1e-4).collect();
        let (x_zero, y_zero) = (random.byte(), random.byte());
        let (x_step, y_step) = (0.03f32, 0.9f32);
        let (low, high) = if random.below(2) == 0 { (0u8, 255u8) } else { (y_zero, 255) };
        let (other_zero, other_step) = (random.byte(), random.below(200) as f32 / 64.0);
        let sizes = [groups, ci, co].map(|size| size as u32);
        let kernel = axes.map(|axis| axis[1] as u32);

        let mut words = [sizes, kernel].concat();
        words.extend([u32::from(x_zero), x_step.to_bits(), y_step.to_bits(), 1]);
        let pack = plan("quantized pack", Dtype::I8, &words).unwrap();
        let depthwise = groups > 1 && ci == 1 && co == 1;
        let rows = if depthwise { groups.next_multiple_of(4) } else { groups * co.next_multiple_of(8) };
        let mut packed = vec![1u8; pack.packed()];
        let (mut sums, mut scale) = (vec![1i32; rows], vec![1f32; rows]);
        let operands = Operands::new(&[
            w.as_ptr().cast_mut(),
            steps.as_ptr().cast_mut().cast(),
            bias.as_ptr().cast_mut().cast(),
            packed.as_mut_ptr(),
            sums.as_mut_ptr().cast(),
            scale.as_mut_ptr().cast(),
        ]);
        for part in (0..2).rev() {
            // SAFETY: the operands have the sizes of the problem.
            unsafe { pack.run(&operands, Share { part, parts: 2 }).unwrap() };
        }

        let outputs = problem.outputs();
        let y_plane: usize = outputs.iter().product();
        let input = fours(&x, groups * ci, plane);
        let mut want = vec![0; batch * groups * co * y_plane];
        let others: Option<Vec<u8>> =
            (random.below(2) == 0).then(|| (0..want.len()).map(|_| random.byte()).collect());
        let mut added = others.as_ref().map(|others| fours(others, groups * co, y_plane));
        for (i, value) in want.iter_mut().enumerate() {
            let (o, at) = place_of(i, groups * co, &outputs);
            let sum = problem.sum(&x, &signed, i32::from(x_zero), at) + bias[o];
            let mut steps_of_y = sum as f32 * (x_step * steps[o] / y_step);
            if let Some(others) = &others {
                steps_of_y += (i32::from(others[i]) - i32::from(other_zero)) as f32 * other_step;
            }
            let rounded = steps_of_y.round_ties_even();
            let level = (rounded + f32::from(y_zero)).clamp(f32::from(low), f32::from(high));
            *value = level as u8;
        }
        // Of floats nothing is added.
        let floats: Vec<f32> = (0..want.len())
            .map(|i| {
                let (o, at) = place_of(i, groups * co, &outputs);
                let sum = problem.sum(&x, &signed, i32::from(x_zero), at) + bias[o];
                sum as f32 * (x_step * steps[o] / y_step)
            })
            .collect();
        for kind in 0..8 {
            let (way, is_float) = (kind % 4, kind / 4);
            let mut words = vec![batch as u32, sizes[0], sizes[1], sizes[2]];
            for axis in axes {
                words.extend([axis[0] as u32, axis[1] as u32, axis[2] as u32, axis[3] as u32, 0, 0]);
            }
            words.extend([x_zero, y_zero, low, high].map(u32::from));
            words.extend([other_zero.into(), other_step.to_bits(), is_float, way]);
            let conv = plan("quantized conv", Dtype::U8, &words).unwrap();
            let quads = (groups * co).div_ceil(4);
            let mut y = vec![9u8; if is_float > 0 { 4 * want.len() } else { batch * quads * y_plane * 4 }];
            let parts = 1 + round % 3;
            let mut scratch = vec![5u8; conv.scratch() * parts];
            let operands = Operands::new(&[
                input.as_ptr().cast_mut(),
                packed.as_mut_ptr(),
                sums.as_mut_ptr().cast(),
                scale.as_mut_ptr().cast(),
                added.as_mut().map_or(core::ptr::null_mut(), |added| added.as_mut_ptr()),
                y.as_mut_ptr(),
                scratch.as_mut_ptr(),
            ]);
            for part in (0..parts).rev() {
                // SAFETY: the operands have the sizes of the problem.
                unsafe { conv.run(&operands, Share { part, parts }).unwrap() };
            }
            if is_float > 0 {
                let got = y.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
                assert!(got.eq(floats.iter().copied()), "round {round}, way {way}: floats");
                continue;
            }
            for (i, &value) in want.iter().enumerate() {
                let (image, channel, place) =
                    (i / y_plane / (groups * co), i / y_plane % (groups * co), i % y_plane);
                let got = y[((image * quads + channel / 4) * y_plane + place) * 4 + channel % 4];
                assert_eq!(
                    got, value,
                    "round {round}, way {way}, groups {groups}, {ci} -> {co}, {axes:?}: {i}"
                );
            }
        }
    }
}

#[test]
fn zero_points_and_scales_of_a_run_equal_plain_loops() {
    let mut random = Random(88_172_645);
    for round in 0..300 {
        let problem = Problem::random(&mut random);
        let Problem { batch, groups, ci, co, axes } = problem;
        if groups > 1 && ci == 1 {
            continue;
        }
        let plane: usize = axes.iter().map(|axis| axis[0]).product();
        let taps: usize = axes.iter().map(|axis| axis[1]).product();
        let outputs = groups * co;
        let x: Vec<u8> = (0..batch * groups * ci * plane).map(|_| random.byte()).collect();
        let w: Vec<u8> = (0..outputs * ci * taps).map(|_| random.byte()).collect();
        let w_zeros: Vec<i32> = (0..outputs).map(|_| random.byte().into()).collect();
        let shifts: Vec<f32> = w_zeros.iter().map(|&zero| (128 - zero) as f32).collect();
        let x_zero = random.byte();
        let scales: Vec<f32> = (0..outputs).map(|_| 0.001 + random.below(100) as f32 * 1e-4).collect();
        let bias: Vec<f32> = (0..outputs).map(|_| random.below(2000) as f32 / 7.0 - 100.0).collect();
        let sizes = [groups, ci, co].map(|size| size as u32);

        let words = [sizes, axes.map(|axis| axis[1] as u32)].concat();
        let words = [words, vec![1, 1f32.to_bits(), 1f32.to_bits(), 1]].concat();
        let pack = plan("quantized pack", Dtype::U8, &words).unwrap();
        let rows = groups * co.next_multiple_of(8);
        let mut packed = vec![1u8; pack.packed()];
        let (mut sums, mut packed_shifts) = (vec![1i32; rows], vec![1f32; rows]);
        let absent = core::ptr::null_mut();
        let operands = Operands::new(&[
            w.as_ptr().cast_mut(),
            shifts.as_ptr().cast_mut().cast(),
            absent,
            packed.as_mut_ptr(),
            sums.as_mut_ptr().cast(),
            packed_shifts.as_mut_ptr().cast(),
        ]);
        // SAFETY: the operands have the sizes of the problem.
        unsafe { pack.run(&operands, Share { part: 0, parts: 1 }).unwrap() };

        let dtype = [Dtype::U8, Dtype::I8][round % 2];
        let zero = if dtype == Dtype::I8 { x_zero ^ 0x80 } else { x_zero };
        let ends = plan("dynamic ends", dtype, &[sizes[0], sizes[1], sizes[2], 1]).unwrap();
        let (mut of_run, mut numbers, mut zeros) = (vec![3i32; rows], vec![3f32; 3 * rows], 0u32);
        let operands = Operands::new(&[
            sums.as_mut_ptr().cast(),
            packed_shifts.as_mut_ptr().cast(),
            (&raw const zero).cast_mut(),
            scales.as_ptr().cast_mut().cast(),
            bias.as_ptr().cast_mut().cast(),
            of_run.as_mut_ptr().cast(),
            numbers.as_mut_ptr().cast(),
            (&raw mut zeros).cast(),
        ]);
        for part in 0..2 {
            // SAFETY: the operands have the sizes of the problem.
            unsafe { ends.run(&operands, Share { part, parts: 2 }).unwrap() };
        }
        assert_eq!(zeros, u32::from(x_zero) * 0x0101_0101);

        let spatial = problem.outputs();
        let y_plane: usize = spatial.iter().product();
        let input = fours(&x, groups * ci, plane);
        let mut of_axes = vec![];
        for axis in axes {
            of_axes.extend([axis[0] as u32, axis[1] as u32, axis[2] as u32, axis[3] as u32, 0, 0]);
        }
        let words = [vec![batch as u32, sizes[0], sizes[1]], of_axes.clone()].concat();
        let window = plan("dynamic window", Dtype::U8, &words).unwrap();
        let mut windows = vec![9i32; batch * groups * y_plane];
        let operands =
            Operands::new(&[input.as_ptr().cast_mut(), (&raw mut zeros).cast(), windows.as_mut_ptr().cast()]);
        for part in 0..3 {
            // SAFETY: the operands have the sizes of the problem.
            unsafe { window.run(&operands, Share { part, parts: 3 }).unwrap() };
        }

        let want: Vec<i32> = (0..batch * outputs * y_plane)
            .map(|i| {
                let (o, at) = place_of(i, outputs, &spatial);
                let ones = vec![1i8; w.len()];
                let signed: Vec<i8> = w.iter().map(|&byte| (byte ^ 0x80) as i8).collect();
                let shift = (128 - w_zeros[o]) * problem.sum(&x, &ones, x_zero.into(), at);
                problem.sum(&x, &signed, x_zero.into(), at) + shift
            })
            .collect();
        for kind in 0..12 {
            let (way, result) = (kind % 4, 2 + kind / 4);
            let words = [vec![batch as u32, sizes[0], sizes[1], sizes[2]], of_axes.clone()].concat();
            let words = [words, vec![0, 0, 0, 255, 0, 0, result, way]].concat();
            let conv = plan("quantized conv", Dtype::U8, &words).unwrap();
            let mut y = vec![9i32; want.len()];
            let parts = 1 + round % 3;
            let mut scratch = vec![5u8; conv.scratch() * parts];
            let operands = Operands::new(&[
                input.as_ptr().cast_mut(),
                packed.as_mut_ptr(),
                of_run.as_mut_ptr().cast(),
                numbers.as_mut_ptr().cast(),
                windows.as_mut_ptr().cast(),
                y.as_mut_ptr().cast(),
                scratch.as_mut_ptr(),
            ]);
            for part in (0..parts).rev() {
                // SAFETY: the operands have the sizes of the problem.
                unsafe { conv.run(&operands, Share { part, parts }).unwrap() };
            }
            for (i, &got) in y.iter().enumerate() {
                let (o, _) = place_of(i, outputs, &spatial);
                let float = want[i] as f32 * scales[o] + bias[o];
                let float = if result == 3 { float.max(0.0) } else { float };
                let wanted = if result == 4 { want[i] } else { float.to_bits() as i32 };
                assert_eq!(
                    (got, result == 4),
                    (wanted, result == 4),
                    "round {round}, way {way}, result {result}, groups {groups}, {ci} -> {co}, {axes:?}: {i}"
                );
            }
        }
    }
}
