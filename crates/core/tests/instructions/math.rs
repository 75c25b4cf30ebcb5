//! Derivatives of activations, the kinds of arithmetic that gradients need, and softmax.

use super::{plan, run, same, Dtype, Memory, BINARY, F32, I32, SOFTMAX, U8, UNARY, UNARY_GRADIENT};
use striate_core::enumeration::Enumeration;
use striate_core::instructions::activation::Act;
use striate_core::instructions::binary::Kind;

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

fn unary(act: Act, [p0, p1]: [f64; 2], x: &[f64]) -> Vec<f64> {
    let words = [act as u32, (p0 as f32).to_bits(), (p1 as f32).to_bits(), x.len() as u32];
    let (mut x, mut y) = (Memory::new(F32, x), Memory::empty(F32, x.len()));
    run(UNARY, F32, &words, &[x.address(), y.address()], 1);
    y.values()
}

fn derivative(act: Act, [p0, p1]: [f64; 2], v: &[f64], parts: usize) -> Vec<f64> {
    let words = [act as u32, (p0 as f32).to_bits(), (p1 as f32).to_bits(), v.len() as u32];
    let (mut dy, mut v) = (Memory::new(F32, &vec![2.0; v.len()]), Memory::new(F32, v));
    let mut dx = Memory::empty(F32, v.count);
    run(UNARY_GRADIENT, F32, &words, &[dy.address(), v.address(), dx.address()], parts);
    let values = dx.values();
    // Over what flows in it is the same.
    run(UNARY_GRADIENT, F32, &words, &[dy.address(), v.address(), dy.address()], parts);
    same(&dy.values(), &values, 0.0, "in place");
    values.iter().map(|value| value / 2.0).collect()
}

/// Number, parameters, whether its gradient is computed from the output, and what it is.
type Smooth = (Act, [f64; 2], bool, fn(f64) -> f64);

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The probability that a normal value is below x: the Maclaurin series of the error function.
fn normal(x: f64) -> f64 {
    let (mut sum, mut term) = (x, x);
    for k in 1..200 {
        term *= x * x / f64::from(2 * k + 1);
        sum += term;
    }
    0.5 + (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * sum
}

const SMOOTH: [Smooth; 13] = [
    (Act::Sigmoid, [0.0; 2], true, sigmoid),
    (Act::Tanh, [0.0; 2], true, f64::tanh),
    (Act::Silu, [0.0; 2], false, |x| x * sigmoid(x)),
    (Act::Elu, [0.7, 0.0], false, |x| if x > 0.0 { x } else { 0.7 * x.exp_m1() }),
    (Act::Selu, [0.0; 2], false, |x| {
        1.050_700_987_355_480_5 * if x > 0.0 { x } else { 1.673_263_242_354_377_2 * x.exp_m1() }
    }),
    (Act::Gelu, [0.0; 2], false, |x| x * normal(x)),
    (Act::Gelu, [1.0, 0.0], false, |x| x * sigmoid(1.595_769_121_605_731 * (x + 0.044_715 * x.powi(3)))),
    (Act::Mish, [0.0; 2], false, |x| x * x.exp().ln_1p().tanh()),
    (Act::Softplus, [1.0, 20.0], false, |x| x.exp().ln_1p()),
    (Act::Softplus, [-2.0, 20.0], false, |x| (-2.0 * x).exp().ln_1p() / -2.0),
    (Act::Exp, [0.0; 2], true, f64::exp),
    (Act::Log, [0.0; 2], false, f64::ln),
    (Act::Sqrt, [0.0; 2], true, f64::sqrt),
];

#[test]
fn smooth_functions_and_their_derivatives() {
    for (act, params, from_output, f) in SMOOTH {
        let positive = matches!(act, Act::Log | Act::Sqrt);
        let x: Vec<f64> = (0..203)
            .map(|i| f64::from(i) * 0.0625 + if positive { 0.1 } else { -5.03 })
            .map(|x| f64::from(x as f32))
            .collect();
        let y = unary(act, params, &x);
        let want: Vec<f64> = x.iter().map(|&x| f(x)).collect();
        same(&y, &want, 2e-6, &format!("function {act:?}"));
        let h = 1e-6;
        let slopes: Vec<f64> = x.iter().map(|&x| (f(x + h) - f(x - h)) / (2.0 * h)).collect();
        let source = if from_output { &y } else { &x };
        for parts in 1..=3 {
            let got = derivative(act, params, source, parts);
            for (i, (got, want)) in got.iter().zip(&slopes).enumerate() {
                assert!(
                    (got - want).abs() <= 2e-6 * want.abs().max(1.0),
                    "function {act:?} at {}: {got}, not {want}",
                    x[i]
                );
            }
        }
    }
}

#[test]
fn derivatives_at_kinks_are_those_of_pytorch() {
    type Case = (&'static str, Act, [f64; 2], &'static [f64], &'static [f64]);
    let cases: [Case; 12] = [
        ("relu", Act::Relu, [0.0; 2], &[0.0, -0.0, 1.0, -1.0, INF, NAN], &[0.0, 0.0, 1.0, 0.0, 1.0, 1.0]),
        ("clip", Act::Clip, [-1.0, 2.0], &[-1.0, 2.0, 0.0, -1.5, INF, NAN], &[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]),
        ("crossed clip", Act::Clip, [1.0, -1.0], &[-1.0, 0.0, 1.0], &[0.0, 0.0, 0.0]),
        ("relu6", Act::Inside, [0.0, 6.0], &[0.0, 6.0, 3.0, -1.0, 7.0, NAN], &[0.0, 0.0, 1.0, 0.0, 0.0, 1.0]),
        ("leaky relu", Act::LeakyRelu, [0.5, 0.0], &[0.0, 1.0, -1.0, NAN], &[0.5, 1.0, 0.5, 0.5]),
        ("hard sigmoid", Act::HardSigmoid, [0.25, 0.5], &[0.0, 1.0, 0.5, NAN], &[0.0, 0.0, 0.25, 0.0]),
        (
            "hard swish",
            Act::HardSwish,
            [0.0; 2],
            &[-3.0, 3.0, 0.0, -4.0, 4.0, NAN, -INF],
            &[-0.5, 1.5, 0.5, 0.0, 1.0, NAN, 0.0],
        ),
        ("elu", Act::Elu, [0.5, 0.0], &[0.0, 1.0, -INF, INF, NAN], &[0.5, 1.0, 0.0, 1.0, NAN]),
        ("abs", Act::Abs, [0.0; 2], &[0.0, -0.0, 3.0, -3.0, NAN], &[0.0, 0.0, 1.0, -1.0, 0.0]),
        ("sqrt", Act::Sqrt, [0.0; 2], &[0.0, NAN, 2.0], &[INF, NAN, 0.25]),
        ("log", Act::Log, [0.0; 2], &[0.0, -2.0, NAN], &[INF, -0.5, NAN]),
        ("softplus", Act::Softplus, [1.0, 20.0], &[21.0, INF, -INF, NAN], &[1.0, 1.0, 0.0, NAN]),
    ];
    for (name, act, params, v, want) in cases {
        same(&derivative(act, params, v, 1), want, 0.0, name);
    }
}

fn binary(kind: Kind, a: &[f64], b: &[f64]) -> Vec<f64> {
    let words = [kind as u32, 1, a.len() as u32, 1, 1];
    let (mut a, mut b) = (Memory::new(F32, a), Memory::new(F32, b));
    let mut y = Memory::empty(F32, a.count);
    run(BINARY, F32, &words, &[a.address(), b.address(), y.address()], 2);
    y.values()
}

#[test]
fn arithmetic_of_gradients() {
    same(
        &binary(Kind::Above, &[1.0, 2.0, 2.0, NAN, 1.0], &[2.0, 2.0, 1.0, 1.0, NAN]),
        &[0.0, 0.5, 1.0, 1.0, 1.0],
        0.0,
        "above",
    );
    same(
        &binary(Kind::Masked, &[3.0, INF, NAN, 2.0, 1.0], &[0.5, 0.0, -0.0, -3.0, NAN]),
        &[1.5, 0.0, 0.0, -6.0, NAN],
        0.0,
        "masked",
    );
    let (base, exponent) = ([0.0, 0.0, 0.0, 2.0, -2.0, NAN, 3.0], [0.0, 2.0, -1.0, 0.0, 2.0, 0.0, 3.0]);
    same(
        &binary(Kind::PowerSlope, &base, &exponent),
        &[0.0, 0.0, -INF, 0.0, -4.0, 0.0, 27.0],
        0.0,
        "power's slope",
    );
    let power = [1.0, 0.0, INF, 1.0, 4.0, NAN, 1.0];
    let growth = binary(Kind::PowerGrowth, &power, &[0.0, 0.0, 0.0, 2.0, -2.0, 0.0, 1.0]);
    same(&growth, &[0.0, 0.0, -INF, f64::from(2f32.ln()), NAN, NAN, 0.0], 1e-7, "power's growth");
    same(
        &binary(Kind::PreluSlope, &[1.0, 0.0, -1.0, NAN], &[0.5; 4]),
        &[1.0, 0.5, 0.5, 0.5],
        0.0,
        "prelu's slope",
    );
}

#[test]
fn softmax_along_any_axis_in_any_number_of_parts() {
    for [outer, n, inner] in [
        [1, 1, 1],
        [3, 5, 1],
        [2, 4, 1],
        [2, 700, 1],
        [1, 5, 3],
        [2, 3, 9],
        [3, 1, 4],
        [0, 3, 2],
        [2, 0, 3],
        [2, 3, 0],
    ] {
        let x: Vec<f64> =
            (0..outer * n * inner).map(|i| f64::from((i * 37 % 101) as u32) * 0.25 - 9.0).collect();
        for logarithm in [false, true] {
            let mut want = x.clone();
            for column in 0..outer * inner {
                let at = |j: usize| (column / inner * n + j) * inner + column % inner;
                let largest = (0..n).map(|j| x[at(j)]).fold(-INF, f64::max);
                let sum: f64 = (0..n).map(|j| (x[at(j)] - largest).exp()).sum();
                for j in 0..n {
                    let shifted = x[at(j)] - largest;
                    want[at(j)] = if logarithm { shifted - sum.ln() } else { shifted.exp() / sum };
                }
            }
            let words = [outer, n, inner, usize::from(logarithm)].map(|word| word as u32);
            let mut whole: Option<Vec<f64>> = None;
            for parts in 1..=3 {
                let (mut memory, mut y) = (Memory::new(F32, &x), Memory::empty(F32, x.len()));
                run(SOFTMAX, F32, &words, &[memory.address(), y.address()], parts);
                let values = y.values();
                for (got, want) in values.iter().zip(&want) {
                    let close = (got - want).abs() <= 1e-6 * want.abs().max(1.0);
                    assert!(close, "{outer} {n} {inner}: {got}, not {want}");
                }
                same(&values, whole.get_or_insert_with(|| values.clone()), 0.0, "in parts");
                run(SOFTMAX, F32, &words, &[memory.address(), memory.address()], parts);
                same(&memory.values(), &values, 0.0, "in place");
            }
        }
    }
}

#[test]
fn softmax_of_special_values() {
    let words = [2u32, 3, 1, 0];
    let mut x = Memory::new(F32, &[-INF, -INF, -INF, -INF, 0.0, 0.0]);
    run(SOFTMAX, F32, &words, &[x.address(), x.address()], 1);
    same(&x.values(), &[NAN, NAN, NAN, 0.0, 0.5, 0.5], 0.0, "softmax");
}

/// Words that say something impossible are refused, not run.
#[test]
fn hostile_words_are_refused() {
    let refused = |name: &str, dtype: Dtype, words: &[u32]| {
        assert!(plan(name, dtype, words).is_err(), "{name}: {words:?}");
    };
    for act in [Act::None as u32, Act::Prelu as u32, Act::Neg as u32, Act::Floor as u32, Act::COUNT, u32::MAX]
    {
        refused(UNARY_GRADIENT, F32, &[act, 0, 0, 1]);
    }
    refused(UNARY_GRADIENT, F32, &[Act::Relu as u32, 0, 0, u32::MAX]);
    refused(UNARY_GRADIENT, F32, &[Act::Relu as u32, 0, 0]);
    refused(UNARY_GRADIENT, I32, &[Act::Relu as u32, 0, 0, 1]);
    refused(UNARY, F32, &[Act::Inside as u32, 0, 0, 1]);
    refused(SOFTMAX, F32, &[1, 1, 1, 2]);
    refused(SOFTMAX, F32, &[u32::MAX, 0, 2, 0]);
    refused(SOFTMAX, F32, &[1 << 16, 1, 1 << 16, 0]);
    let kinds = [(Kind::COUNT, F32), (Kind::Above as u32, I32), (Kind::PreluSlope as u32, U8)];
    for (kind, dtype) in kinds.into_iter().chain([(u32::MAX, F32)]) {
        refused(BINARY, dtype, &[kind, 1, 1, 1, 1]);
    }
}
