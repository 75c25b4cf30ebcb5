//! Activations, arithmetic with broadcasting, affine maps, casts and fills.

use super::{
    count, dtype_of, indices, integers, run, same, shape_of, strides, Dtype, Memory, AFFINE, BINARY, CAST,
    COMPARE, F32, FILL, I32, I8, NULL, SELECT, U8, UNARY,
};
use crate::problems::problem_lines;
use crate::Line;
use striate_core::instructions::activation::Act;
use striate_core::instructions::binary::Kind;
use striate_core::instructions::compare::Kind as Asked;

/// exp, log and their like are within two units of the last place; what is made of them within a few.
const TOLERANCE: f64 = 5e-7;

fn number(line: &Line, key: &str) -> Option<f64> {
    line.get(key).map(|text| text.parse().unwrap())
}

struct Activation {
    act: Act,
    p0: f64,
    p1: f64,
    tolerance: f64,
    f: Box<dyn Fn(f64) -> f64>,
}

/// None of what math.rs compares with its definition.
fn activation(line: &Line) -> Option<Activation> {
    let alpha = number(line, "alpha").unwrap_or(1.0);
    let slope = number(line, "negativeSlope").unwrap_or(0.01);
    let (low, high) = (number(line, "min").unwrap_or(-1e9), number(line, "max").unwrap_or(1e9));
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let elu = move |alpha: f64| move |x: f64| if x > 0.0 { x } else { alpha * x.exp_m1() };
    type Definition = Box<dyn Fn(f64) -> f64>;
    let (act, p0, p1, tolerance, f): (Act, f64, f64, f64, Definition) = match line.operator.as_str() {
        "relu" => (Act::Relu, 0.0, 0.0, 0.0, Box::new(|x| x.max(0.0))),
        "relu6" => (Act::Clip, 0.0, 6.0, 0.0, Box::new(|x| x.clamp(0.0, 6.0))),
        "clip" => (Act::Clip, low, high, 0.0, Box::new(move |x| x.max(low).min(high))),
        "leakyRelu" => {
            (Act::LeakyRelu, slope, 0.0, 0.0, Box::new(move |x| if x > 0.0 { x } else { x * slope }))
        }
        "sigmoid" => (Act::Sigmoid, 0.0, 0.0, TOLERANCE, Box::new(sigmoid)),
        "tanh" => (Act::Tanh, 0.0, 0.0, TOLERANCE, Box::new(f64::tanh)),
        "hardSigmoid" => {
            (Act::HardSigmoid, 1.0 / 6.0, 0.5, TOLERANCE, Box::new(|x| (x / 6.0 + 0.5).clamp(0.0, 1.0)))
        }
        "hardSwish" => {
            (Act::HardSwish, 0.0, 0.0, TOLERANCE, Box::new(|x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0))
        }
        "silu" => (Act::Silu, 0.0, 0.0, TOLERANCE, Box::new(move |x| x * sigmoid(x))),
        "elu" => (Act::Elu, alpha, 0.0, TOLERANCE, Box::new(elu(alpha))),
        "selu" => {
            let f = elu(1.673_263_242_354_377_2);
            (Act::Selu, 0.0, 0.0, TOLERANCE, Box::new(move |x| 1.050_700_987_355_480_5 * f(x)))
        }
        "exp" => (Act::Exp, 0.0, 0.0, TOLERANCE, Box::new(f64::exp)),
        "log" => (Act::Log, 0.0, 0.0, TOLERANCE, Box::new(f64::ln)),
        "sqrt" => (Act::Sqrt, 0.0, 0.0, TOLERANCE, Box::new(f64::sqrt)),
        "abs" => (Act::Abs, 0.0, 0.0, 0.0, Box::new(f64::abs)),
        "neg" => (Act::Neg, 0.0, 0.0, 0.0, Box::new(|x: f64| -x)),
        _ => return None,
    };
    Some(Activation { act, p0, p1, tolerance, f })
}

fn unary(act: Act, p0: f64, p1: f64, dtype: Dtype, x: &[f64], parts: usize, in_place: bool) -> Vec<f64> {
    let bits = |p: f64| if dtype == F32 { (p as f32).to_bits() } else { p as i32 as u32 };
    let words = [act as u32, bits(p0), bits(p1), x.len() as u32];
    let mut x = Memory::new(dtype, x);
    let mut y = Memory::empty(dtype, x.count);
    let to = if in_place { x.address() } else { y.address() };
    run(UNARY, dtype, &words, &[x.address(), to], parts);
    if in_place {
        x.values()
    } else {
        y.values()
    }
}

#[test]
fn activations() {
    for line in problem_lines("activation", &["x", "min", "max", "alpha", "negativeSlope"]) {
        let Some(Activation { act, p0, p1, tolerance, f }) = activation(&line) else { continue };
        let dtype = dtype_of(&line);
        let x = integers(0, count(&shape_of(&line, "x")), dtype);
        let want: Vec<f64> = x.iter().map(|&x| f(x)).collect();
        for parts in 1..=3 {
            for in_place in [false, true] {
                same(&unary(act, p0, p1, dtype, &x, parts, in_place), &want, tolerance, &line.name);
            }
        }
    }
}

#[test]
fn activations_of_special_values_are_those_of_pytorch() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let x = [nan, inf, -inf, 0.0, 1e30, -1e30];
    let far = f64::from(1e30f32);
    let cases: [(&str, Act, f64, f64, [f64; 6]); 24] = [
        ("none", Act::None, 0.0, 0.0, x),
        ("relu", Act::Relu, 0.0, 0.0, [nan, inf, 0.0, 0.0, 1e30, 0.0]),
        ("clip", Act::Clip, -1.0, 1.0, [nan, 1.0, -1.0, 0.0, 1.0, -1.0]),
        ("leaky relu", Act::LeakyRelu, 0.5, 0.0, [nan, inf, -inf, 0.0, 1e30, -5e29]),
        ("sigmoid", Act::Sigmoid, 0.0, 0.0, [nan, 1.0, 0.0, 0.5, 1.0, 0.0]),
        ("tanh", Act::Tanh, 0.0, 0.0, [nan, 1.0, -1.0, 0.0, 1.0, -1.0]),
        ("hard sigmoid", Act::HardSigmoid, 0.2, 0.5, [nan, 1.0, 0.0, 0.5, 1.0, 0.0]),
        ("hard swish", Act::HardSwish, 0.0, 0.0, [nan, inf, nan, 0.0, 1e30, 0.0]),
        ("silu", Act::Silu, 0.0, 0.0, [nan, inf, nan, 0.0, 1e30, 0.0]),
        ("elu", Act::Elu, 0.5, 0.0, [nan, inf, -0.5, 0.0, 1e30, -0.5]),
        ("exp", Act::Exp, 0.0, 0.0, [nan, inf, 0.0, 1.0, inf, 0.0]),
        ("log", Act::Log, 0.0, 0.0, [nan, inf, nan, -inf, f64::from(1e30f32.ln()), nan]),
        ("sqrt", Act::Sqrt, 0.0, 0.0, [nan, inf, nan, 0.0, 1e15, nan]),
        ("abs", Act::Abs, 0.0, 0.0, [nan, inf, inf, 0.0, 1e30, 1e30]),
        ("neg", Act::Neg, 0.0, 0.0, [nan, -inf, inf, 0.0, -1e30, 1e30]),
        ("floor", Act::Floor, 0.0, 0.0, x),
        ("ceil", Act::Ceil, 0.0, 0.0, x),
        ("round", Act::Round, 0.0, 0.0, x),
        ("sign", Act::Sign, 0.0, 0.0, [0.0, 1.0, -1.0, 0.0, 1.0, -1.0]),
        ("erf", Act::Erf, 0.0, 0.0, [nan, 1.0, -1.0, 0.0, 1.0, -1.0]),
        ("sin", Act::Sin, 0.0, 0.0, [nan, nan, nan, 0.0, far.sin(), -far.sin()]),
        ("cos", Act::Cos, 0.0, 0.0, [nan, nan, nan, 1.0, far.cos(), far.cos()]),
        ("tan", Act::Tan, 0.0, 0.0, [nan, nan, nan, 0.0, far.tan(), -far.tan()]),
        ("reciprocal", Act::Reciprocal, 0.0, 0.0, [nan, 0.0, -0.0, inf, 1e-30, -1e-30]),
    ];
    for (name, act, p0, p1, want) in cases {
        same(&unary(act, p0, p1, F32, &x, 1, false), &want, 2e-7, name);
    }
}

#[test]
fn integers_wrap_where_their_range_ends() {
    let least = [-128.0, 127.0, 0.0];
    same(&unary(Act::Abs, 0.0, 0.0, I8, &least, 1, false), &[-128.0, 127.0, 0.0], 0.0, "abs");
    same(&unary(Act::Neg, 0.0, 0.0, I8, &least, 1, false), &[-128.0, -127.0, 0.0], 0.0, "neg");
    let least = [f64::from(i32::MIN), 5.0];
    same(&unary(Act::Neg, 0.0, 0.0, I32, &least, 1, false), &[f64::from(i32::MIN), -5.0], 0.0, "neg");
    let (a, b) = ([f64::from(i32::MIN), 7.0, -7.0, 7.0], [-1.0, 0.0, 2.0, -2.0]);
    same(
        &binary(Kind::Div, I32, &a, &[4], &b, &[4], &[4], 1),
        &[f64::from(i32::MIN), 0.0, -3.0, -3.0],
        0.0,
        "div",
    );
    same(&binary(Kind::Div, I8, &[-128.0], &[1], &[-1.0], &[1], &[1], 1), &[-128.0], 0.0, "div of bytes");
}

fn broadcast(a: &[usize], b: &[usize]) -> Vec<usize> {
    let rank = a.len().max(b.len());
    let size = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    let pick = |axis| if size(a, axis) == 1 { size(b, axis) } else { size(a, axis) };
    (0..rank).map(pick).collect()
}

/// Strides of `shape` in the axes of `y`, 0 where it is broadcast.
fn broadcast_strides(shape: &[usize], y: &[usize]) -> Vec<usize> {
    let own = strides(shape);
    let skip = y.len() - shape.len();
    let stride = |axis: usize| if axis < skip || shape[axis - skip] == 1 { 0 } else { own[axis - skip] };
    (0..y.len()).map(stride).collect()
}

#[allow(clippy::too_many_arguments)]
fn binary(
    kind: Kind,
    dtype: Dtype,
    a: &[f64],
    a_shape: &[usize],
    b: &[f64],
    b_shape: &[usize],
    y: &[usize],
    parts: usize,
) -> Vec<f64> {
    let mut words = vec![kind as u32, y.len() as u32];
    let (a_strides, b_strides) = (broadcast_strides(a_shape, y), broadcast_strides(b_shape, y));
    for axis in 0..y.len() {
        words.extend([y[axis], a_strides[axis], b_strides[axis]].map(|n| n as u32));
    }
    let (mut a, mut b, mut out) =
        (Memory::new(dtype, a), Memory::new(dtype, b), Memory::empty(dtype, count(y)));
    run(BINARY, dtype, &words, &[a.address(), b.address(), out.address()], parts);
    let values = out.values();
    if a_shape == y {
        // In place gives the same.
        run(BINARY, dtype, &words, &[a.address(), b.address(), a.address()], parts);
        same(&a.values(), &values, 0.0, "in place");
    }
    values
}

fn wrap(value: f64, dtype: Dtype) -> f64 {
    match dtype {
        F32 => f64::from(value as f32),
        I32 => f64::from(value as i64 as i32),
        U8 => f64::from(value as i64 as u8),
        I8 => f64::from(value as i64 as i8),
    }
}

#[test]
fn arithmetic() {
    let lines = problem_lines("activation", &["x", "weight"]).into_iter();
    let slopes = lines.filter(|line| line.operator == "prelu");
    for line in slopes.chain(problem_lines("arithmetic", &["a", "b"])) {
        let dtype = dtype_of(&line);
        let whole = dtype != F32;
        let divide = move |a: f64, b: f64| match (whole, b == 0.0) {
            (false, _) => a / b,
            (true, true) => 0.0,
            (true, false) => (a / b).trunc(),
        };
        let power = move |a: f64, b: f64| match a.powf(b) {
            value if !whole => value,
            value if value.is_infinite() => 0.0,
            value => value.trunc(),
        };
        let (kind, f): (Kind, &dyn Fn(f64, f64) -> f64) = match line.operator.as_str() {
            "add" => (Kind::Add, &|a, b| a + b),
            "sub" => (Kind::Sub, &|a, b| a - b),
            "mul" => (Kind::Mul, &|a, b| a * b),
            "div" => (Kind::Div, &divide),
            "pow" => (Kind::Pow, &power),
            "maximum" => (Kind::Max, &f64::max),
            "minimum" => (Kind::Min, &f64::min),
            "prelu" => (Kind::Prelu, &|a, b| if a > 0.0 { a } else { a * b }),
            other => panic!("{}: {other} is no arithmetic", line.name),
        };
        let prelu = kind == Kind::Prelu;
        let a_shape = shape_of(&line, if prelu { "x" } else { "a" });
        let mut b_shape = shape_of(&line, if prelu { "weight" } else { "b" });
        if prelu {
            b_shape.resize(a_shape.len() - 1, 1);
        }
        let y = broadcast(&a_shape, &b_shape);
        let (a, b) = (integers(0, count(&a_shape), dtype), integers(1, count(&b_shape), dtype));
        let (a_strides, b_strides) = (broadcast_strides(&a_shape, &y), broadcast_strides(&b_shape, &y));
        let at =
            |index: &[usize], strides: &[usize]| index.iter().zip(strides).map(|(i, s)| i * s).sum::<usize>();
        let one = |index: Vec<usize>| wrap(f(a[at(&index, &a_strides)], b[at(&index, &b_strides)]), dtype);
        let want: Vec<f64> = indices(&y).into_iter().map(one).collect();
        for parts in 1..=3 {
            same(&binary(kind, dtype, &a, &a_shape, &b, &b_shape, &y, parts), &want, 0.0, &line.name);
        }
    }
}

#[test]
fn comparisons_of_every_type_stretch_their_operands_and_know_nan() {
    let compare = |kind: Asked, dtype: Dtype, a: &[f64], b: &[f64], parts: usize| {
        let (mut one, mut two) = (Memory::new(dtype, a), Memory::new(dtype, b));
        let mut y = Memory::empty(U8, a.len());
        // Rows of b's length.
        let words = [kind as usize, 2, a.len() / b.len(), b.len(), 0, b.len(), 1, 1].map(|n| n as u32);
        run(COMPARE, dtype, &words, &[one.address(), two.address(), y.address()], parts);
        y.values()
    };
    type Definition = fn(f64, f64) -> bool;
    let kinds: [(Asked, Definition); 8] = [
        (Asked::Equal, |a, b| a == b),
        (Asked::NotEqual, |a, b| a != b),
        (Asked::Greater, |a, b| a > b),
        (Asked::GreaterEqual, |a, b| a >= b),
        (Asked::And, |a, b| a != 0.0 && b != 0.0),
        (Asked::Or, |a, b| a != 0.0 || b != 0.0),
        (Asked::Xor, |a, b| (a != 0.0) != (b != 0.0)),
        (Asked::Nor, |a, b| a == 0.0 && b == 0.0),
    ];
    for dtype in [F32, I32, U8, I8] {
        let (mut a, mut b) = (integers(0, 3 * 70, dtype), integers(1, 70, dtype));
        if dtype == F32 {
            (a[3], a[75], b[5], b[7]) = (f64::NAN, -0.0, f64::NAN, f64::INFINITY);
        }
        for (kind, f) in kinds {
            let want: Vec<f64> =
                a.iter().enumerate().map(|(i, &a)| f64::from(u8::from(f(a, b[i % 70])))).collect();
            for parts in 1..=3 {
                same(&compare(kind, dtype, &a, &b, parts), &want, 0.0, &format!("{kind:?} of {dtype:?}"));
            }
        }
    }
}

#[test]
fn selections_take_what_is_not_zero_for_true() {
    for dtype in [F32, I32, U8, I8] {
        for condition in [F32, I32, U8, I8] {
            for steps in [[1, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0], [1, 0, 0]] {
                let count = 133;
                let sized = |i: usize| if steps[i] == 1 { count } else { 1 };
                let mut c = integers(0, sized(0), condition);
                if condition == F32 && c.len() > 4 {
                    (c[1], c[2]) = (f64::NAN, -0.0);
                }
                let (a, b) = (integers(1, sized(1), dtype), integers(2, sized(2), dtype));
                let pick = |i: usize| if c[i * steps[0]] == 0.0 { b[i * steps[2]] } else { a[i * steps[1]] };
                let want: Vec<f64> = (0..count).map(pick).collect();
                let words = [condition as usize, count, steps[0], steps[1], steps[2]].map(|n| n as u32);
                for parts in 1..=3 {
                    let (mut c, mut a) = (Memory::new(condition, &c), Memory::new(dtype, &a));
                    let (mut b, mut y) = (Memory::new(dtype, &b), Memory::empty(dtype, count));
                    let operands = [c.address(), a.address(), b.address(), y.address()];
                    run(SELECT, dtype, &words, &operands, parts);
                    same(&y.values(), &want, 0.0, &format!("{dtype:?} by {condition:?}, {steps:?}"));
                    if steps[1] == 1 {
                        run(
                            SELECT,
                            dtype,
                            &words,
                            &[c.address(), a.address(), b.address(), a.address()],
                            parts,
                        );
                        same(&a.values(), &want, 0.0, "in place");
                    }
                }
            }
        }
    }
}

#[test]
fn affine_maps_of_every_small_shape() {
    for (n, c, inner) in [(1, 1, 1), (2, 3, 5), (3, 2, 1), (1, 4, 17), (0, 3, 4), (2, 0, 4), (2, 3, 0)] {
        let (x, scale, shift) = (integers(0, n * c * inner, F32), integers(1, c, F32), integers(2, c, F32));
        let want: Vec<f64> =
            x.iter().enumerate().map(|(i, x)| x * scale[i / inner % c] + shift[i / inner % c]).collect();
        let centered: Vec<f64> =
            x.iter().enumerate().map(|(i, x)| (x - shift[i / inner % c]) * scale[i / inner % c]).collect();
        let added: Vec<f64> = want.iter().zip(&x).map(|(y, x)| (y + x).max(0.0)).collect();
        for parts in 1..=3 {
            let [mut x, mut scale, mut shift] = [&x, &scale, &shift].map(|values| Memory::new(F32, values));
            let mut y = Memory::empty(F32, x.count);
            let words = |low: f32| [n as u32, c as u32, inner as u32, low.to_bits()];
            let all = words(f32::NEG_INFINITY);
            let operands = [x.address(), NULL, scale.address(), shift.address(), NULL, y.address()];
            run(AFFINE, F32, &all, &operands, parts);
            same(&y.values(), &want, 0.0, &format!("{n} {c} {inner}"));
            // Centered at the shift and not shifted: (x - shift) * scale.
            let operands = [x.address(), shift.address(), scale.address(), NULL, NULL, y.address()];
            run(AFFINE, F32, &all, &operands, parts);
            same(&y.values(), &centered, 0.0, &format!("{n} {c} {inner}, centered"));
            // x once more, and a relu.
            let operands = [x.address(), NULL, scale.address(), shift.address(), x.address(), y.address()];
            run(AFFINE, F32, &words(0.0), &operands, parts);
            same(&y.values(), &added, 0.0, &format!("{n} {c} {inner}, added"));
        }
    }
}

#[test]
fn what_gradients_of_normalisations_are_made_of_with_a_relu_behind_and_without() {
    for (n, c, inner) in [(1, 1, 1), (2, 3, 5), (3, 2, 16), (2, 4, 23), (2, 2, 600), (0, 3, 4)] {
        let count = n * c * inner;
        let [dy, x, out] = [0, 1, 2].map(|seed| integers(seed, count, F32));
        let [center, p, q, shift] = [3, 4, 5, 6].map(|seed| integers(seed, c, F32));
        for relu in [false, true] {
            let flow: Vec<f64> =
                dy.iter().zip(&out).map(|(&dy, &out)| if relu && out <= 0.0 { 0.0 } else { dy }).collect();
            let channel = |i: usize| i / inner % c;
            let (mut sums, mut products, mut blend) = (vec![0.0; c], vec![0.0; c], vec![]);
            for i in 0..count {
                let beyond = x[i] - center[channel(i)];
                sums[channel(i)] += flow[i];
                products[channel(i)] += flow[i] * beyond;
                blend.push(flow[i] * p[channel(i)] + beyond * q[channel(i)] + shift[channel(i)]);
            }
            let words = [n, c, inner].map(|size| size as u32);
            for parts in 1..=3 {
                let [mut dy, mut x, mut out] = [&dy, &x, &out].map(|values| Memory::new(F32, values));
                let [mut center, mut p, mut q, mut shift] =
                    [&center, &p, &q, &shift].map(|values| Memory::new(F32, values));
                let out = if relu { out.address() } else { NULL };
                let (mut sum, mut product) = (Memory::empty(F32, c), Memory::empty(F32, c));
                let (sum_at, product_at) = (sum.address(), product.address());
                let operands = [dy.address(), x.address(), center.address(), out, sum_at, product_at];
                run("norm sums", F32, &words, &operands, parts);
                same(&sum.values(), &sums, 0.0, &format!("{n} {c} {inner}, sums"));
                same(&product.values(), &products, 0.0, &format!("{n} {c} {inner}, products"));
                let mut d = Memory::empty(F32, count);
                let [p, q, shift] = [p.address(), q.address(), shift.address()];
                let operands = [dy.address(), p, x.address(), center.address(), q, shift, out, d.address()];
                run("blend", F32, &words, &operands, parts);
                same(&d.values(), &blend, 0.0, &format!("{n} {c} {inner}, blend"));
            }
        }
    }
}

#[test]
fn casts_truncate_saturate_and_wrap() {
    let cast = |from: Dtype, to: Dtype, values: &[f64]| {
        let (mut x, mut y) = (Memory::new(from, values), Memory::empty(to, values.len()));
        run(CAST, from, &[to as u32, values.len() as u32], &[x.address(), y.address()], 3);
        y.values()
    };
    let floats = [1.9, -1.9, 300.0, -300.0, 1e20, -1e20, f64::NAN];
    let (low, high) = (f64::from(i32::MIN), f64::from(i32::MAX));
    assert_eq!(cast(F32, I32, &floats), [1.0, -1.0, 300.0, -300.0, high, low, 0.0]);
    assert_eq!(cast(F32, U8, &floats), [1.0, 0.0, 255.0, 0.0, 255.0, 0.0, 0.0]);
    assert_eq!(cast(F32, I8, &floats), [1.0, -1.0, 127.0, -128.0, 127.0, -128.0, 0.0]);
    assert_eq!(cast(I32, U8, &[257.0, -1.0]), [1.0, 255.0]);
    assert_eq!(cast(I32, I8, &[200.0, -129.0]), [-56.0, 127.0]);
    assert_eq!(cast(U8, I8, &[200.0]), [-56.0]);
    assert_eq!(cast(I8, I32, &[-56.0]), [-56.0]);
    assert_eq!(cast(U8, F32, &[200.0]), [200.0]);
    assert_eq!(cast(I8, F32, &[-56.0]), [-56.0]);
    let long: Vec<f64> = (0..1003).map(|i| f64::from(i % 256)).collect();
    let wrapped: Vec<f64> = long.iter().map(|&x| if x > 127.0 { x - 256.0 } else { x }).collect();
    for (from, to) in [(F32, I32), (I32, F32), (F32, U8), (U8, F32), (I32, U8), (U8, I32)] {
        assert_eq!(cast(from, to, &long), long);
    }
    for (from, to) in [(F32, I8), (I8, F32), (I32, I8), (I8, I32)] {
        assert_eq!(cast(from, to, &wrapped), wrapped);
    }
    assert_eq!(cast(U8, I8, &long), wrapped);
    assert_eq!(cast(I8, U8, &wrapped), long);
}

#[test]
fn rows_of_every_length_whose_operands_step_or_stay() {
    for len in (1..=9).chain([255, 256, 257]) {
        let y = [2, 3, len];
        let a: Vec<f64> = (0..6 * len).map(|i| (i % 11) as f64 - 5.0).collect();
        for b_shape in [[2, 3, len], [2, 3, 1], [1, 3, 1], [1, 1, len], [2, 1, 1], [2, 1, len]] {
            let b: Vec<f64> = (0..count(&b_shape)).map(|i| (i % 7) as f64 - 3.0).collect();
            let strides = broadcast_strides(&b_shape, &y);
            let at = |i: &Vec<usize>| i.iter().zip(&strides).map(|(i, s)| i * s).sum::<usize>();
            let want: Vec<f64> = indices(&y).iter().zip(&a).map(|(i, a)| a - b[at(i)]).collect();
            for (dtype, parts) in [(F32, 1), (F32, 4), (I32, 3), (I8, 2)] {
                let got = binary(Kind::Sub, dtype, &a, &y, &b, &b_shape, &y, parts);
                same(&got, &want, 0.0, &format!("{y:?} - {b_shape:?}"));
            }
        }
    }
}

#[test]
fn integers_of_every_kind_and_size() {
    let a: Vec<f64> = (0..75).map(|i| f64::from(i % 13 - 6)).collect();
    let b: Vec<f64> = (0..75).map(|i| f64::from(i % 5 - 2)).collect();
    type Plain = fn(f64, f64) -> f64;
    let kinds: [(Kind, Plain); 6] = [
        (Kind::Add, |a, b| a + b),
        (Kind::Sub, |a, b| a - b),
        (Kind::Mul, |a, b| a * b),
        (Kind::Div, |a, b| if b == 0.0 { 0.0 } else { (a / b).trunc() }),
        (Kind::Max, f64::max),
        (Kind::Min, f64::min),
    ];
    for (kind, op) in kinds {
        for dtype in [I32, I8] {
            let want: Vec<f64> = a.iter().zip(&b).map(|(&a, &b)| op(a, b) + 0.0).collect();
            same(&binary(kind, dtype, &a, &[75], &b, &[75], &[75], 3), &want, 0.0, "both step");
            let want: Vec<f64> = a.iter().map(|&a| op(a, 2.0) + 0.0).collect();
            same(&binary(kind, dtype, &a, &[75], &[2.0], &[1], &[75], 2), &want, 0.0, "one stays");
        }
    }
}

#[test]
fn fills() {
    for (dtype, bits, want) in [(F32, 2.5f32.to_bits(), 2.5), (U8, 200, 200.0), (I8, -3i32 as u32, -3.0)] {
        for count in [0, 1, 5, 70] {
            let mut y = Memory::empty(dtype, count);
            run(FILL, dtype, &[count as u32, bits], &[y.address()], 3);
            assert_eq!(y.values(), vec![want; count]);
        }
    }
}
