//! Copies as permute, pad, concat and slice make them.

use super::{count, dtype_of, indices, integers, run, same, shape_of, strides, Dtype, Memory, COPY, FILL};
use crate::problems::problem_lines;
use crate::Line;

/// Strides, and the element from which they count.
#[derive(Clone)]
struct Walk {
    strides: Vec<i64>,
    offset: i64,
}

impl Walk {
    fn whole(shape: &[usize]) -> Walk {
        Walk { strides: strides(shape).iter().map(|&s| s as i64).collect(), offset: 0 }
    }
}

fn copy(x: &mut Memory, y: &mut Memory, shape: &[usize], from: &Walk, to: &Walk, parts: usize) {
    let mut words = vec![shape.len() as u32];
    for (&size, (&from, &to)) in shape.iter().zip(from.strides.iter().zip(&to.strides)) {
        words.extend([size as u32, from as u32, to as u32]);
    }
    words.extend([from.offset as u32, to.offset as u32]);
    run(COPY, x.dtype, &words, &[x.address(), y.address()], parts);
}

fn signed(line: &Line, key: &str) -> Vec<i64> {
    line.get(key).map_or(vec![], |text| text.split(',').map(|number| number.parse().unwrap()).collect())
}

fn at(shape: &[usize], index: &[usize]) -> usize {
    index.iter().zip(strides(shape)).map(|(i, stride)| i * stride).sum()
}

/// Whether no axis, start or padding needs the public function's reading: from the end, for all axes, left out.
fn plain(line: &Line) -> bool {
    let forward = |key: &str| signed(line, key).iter().all(|&value| value >= 0);
    match line.operator.as_str() {
        "concat" => line.get("dim").is_some() && forward("dim"),
        "permute" => forward("axes"),
        "slice" => {
            let rank = shape_of(line, "x").len();
            forward("starts") && signed(line, "starts").len() == rank && signed(line, "ends").len() == rank
        }
        _ => line.get("padding").is_none_or(|text| text.contains(':')),
    }
}

/// The output, and what it must be.
fn solve(line: &Line, parts: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    match line.operator.as_str() {
        "permute" => Some(permute(line, parts)),
        "pad1d" | "pad2d" | "pad3d" => Some(pad(line, parts)),
        "concat" => Some(concat(line, parts)),
        "slice" => Some(slice(line, parts)),
        "cast" | "clone" | "flatten" | "reshape" | "split" | "squeeze" | "stack" | "unsqueeze" => None,
        other => panic!("{}: {other} is neither copied here nor left out", line.name),
    }
}

fn permute(line: &Line, parts: usize) -> (Vec<f64>, Vec<f64>) {
    let (dtype, shape, axes) = (dtype_of(line), shape_of(line, "x"), line.sizes("axes"));
    let x = integers(0, count(&shape), dtype);
    let out: Vec<usize> = axes.iter().map(|&axis| shape[axis]).collect();
    let own = Walk::whole(&shape);
    let from = Walk { strides: axes.iter().map(|&axis| own.strides[axis]).collect(), offset: 0 };
    let mut y = Memory::empty(dtype, x.len());
    copy(&mut Memory::new(dtype, &x), &mut y, &out, &from, &Walk::whole(&out), parts);
    let value = |index: Vec<usize>| {
        let mut source = vec![0; shape.len()];
        for (&axis, i) in axes.iter().zip(index) {
            source[axis] = i;
        }
        x[at(&shape, &source)]
    };
    (y.values(), indices(&out).into_iter().map(value).collect())
}

fn pad(line: &Line, parts: usize) -> (Vec<f64>, Vec<f64>) {
    let (dtype, shape) = (dtype_of(line), shape_of(line, "x"));
    let x = integers(0, count(&shape), dtype);
    let fill = line.get("value").map_or(0.0, |text| text.parse().unwrap());
    let mut padding = vec![(0i64, 0i64); 2];
    for pair in line.get("padding").unwrap().split(',') {
        let (before, after) = pair.split_once(':').unwrap();
        padding.push((before.parse().unwrap(), after.parse().unwrap()));
    }
    let sizes = shape.iter().zip(&padding);
    let out: Vec<usize> =
        sizes.map(|(&size, (before, after))| (size as i64 + before + after) as usize).collect();
    let mut y = Memory::empty(dtype, count(&out));
    let bits = if dtype == Dtype::F32 { (fill as f32).to_bits() } else { fill as i32 as u32 };
    run(FILL, dtype, &[count(&out) as u32, bits], &[y.address()], parts);
    let (mut from, mut to, mut inner) = (Walk::whole(&shape), Walk::whole(&out), vec![]);
    for (axis, &(before, after)) in padding.iter().enumerate() {
        inner.push((shape[axis] as i64 + before.min(0) + after.min(0)) as usize);
        from.offset += -before.min(0) * from.strides[axis];
        to.offset += before.max(0) * to.strides[axis];
    }
    copy(&mut Memory::new(dtype, &x), &mut y, &inner, &from, &to, parts);
    let value = |index: Vec<usize>| {
        let source: Vec<i64> =
            index.iter().zip(&padding).map(|(&i, (before, _))| i as i64 - before).collect();
        if source.iter().zip(&shape).any(|(&i, &size)| i < 0 || i >= size as i64) {
            return fill;
        }
        x[at(&shape, &source.iter().map(|&i| i as usize).collect::<Vec<_>>())]
    };
    (y.values(), indices(&out).into_iter().map(value).collect())
}

fn concat(line: &Line, parts: usize) -> (Vec<f64>, Vec<f64>) {
    let (dtype, dim) = (dtype_of(line), line.sizes("dim")[0]);
    let list = |text: &str| text.split(',').map(|size| size.parse().unwrap()).collect();
    let shapes: Vec<Vec<usize>> = line.get("xs").unwrap().split('/').map(list).collect();
    let mut out = shapes[0].clone();
    out[dim] = shapes.iter().map(|shape| shape[dim]).sum();
    let mut y = Memory::empty(dtype, count(&out));
    let mut want = vec![0.0; count(&out)];
    let mut start = 0;
    for (t, shape) in shapes.iter().enumerate() {
        let x = integers(t, count(shape), dtype);
        let mut to = Walk::whole(&out);
        to.offset = start as i64 * to.strides[dim];
        copy(&mut Memory::new(dtype, &x), &mut y, shape, &Walk::whole(shape), &to, parts);
        for (mut index, value) in indices(shape).into_iter().zip(x) {
            index[dim] += start;
            want[at(&out, &index)] = value;
        }
        start += shape[dim];
    }
    (y.values(), want)
}

fn slice(line: &Line, parts: usize) -> (Vec<f64>, Vec<f64>) {
    let (dtype, shape) = (dtype_of(line), shape_of(line, "x"));
    let (starts, ends, mut steps) = (signed(line, "starts"), signed(line, "ends"), signed(line, "steps"));
    steps.resize(shape.len(), 1);
    let x = integers(0, count(&shape), dtype);
    let mut from = Walk::whole(&shape);
    let mut picked = vec![];
    for axis in 0..shape.len() {
        let size = shape[axis] as i64;
        // As Python: a negative end counts from the back, and before the front when the step is negative.
        let end = if ends[axis] < 0 { (ends[axis] + size).max(-1) } else { ends[axis].min(size) };
        let mut along = vec![];
        let mut i = starts[axis];
        while if steps[axis] > 0 { i < end } else { i > end } {
            along.push(i as usize);
            i += steps[axis];
        }
        from.offset += starts[axis] * from.strides[axis];
        from.strides[axis] *= steps[axis];
        picked.push(along);
    }
    let out: Vec<usize> = picked.iter().map(Vec::len).collect();
    let mut y = Memory::empty(dtype, count(&out));
    copy(&mut Memory::new(dtype, &x), &mut y, &out, &from, &Walk::whole(&out), parts);
    let value = |index: Vec<usize>| {
        let source: Vec<usize> = index.iter().zip(&picked).map(|(&i, along)| along[i]).collect();
        x[at(&shape, &source)]
    };
    (y.values(), indices(&out).into_iter().map(value).collect())
}

#[test]
fn what_only_moves_values() {
    let mut solved = 0;
    let moved = problem_lines("move", &["x", "axes", "xs", "dim", "starts", "ends", "steps"]).into_iter();
    let lines = moved.chain(problem_lines("padding", &["x", "padding", "value"]));
    for line in lines.filter(plain) {
        for parts in [1, 2, 3, 7] {
            let Some((got, want)) = solve(&line, parts) else { continue };
            same(&got, &want, 0.0, &format!("{}, {parts} parts", line.name));
            solved += 1;
        }
    }
    assert!(solved > 100);
}
