//! LOSS: `y[i] = w[i] f(x[i], t[i])`, or sums of these over blocks of neighbours, over a divisor.
//! LOSS GRADIENT: `d[i] = dy w[i] f'(x[i], t[i])` over a divisor, f' being the derivative by x or by t.
//!
//! Params of LOSS: f ([`Kind`]), p0, p1, count, divisor, elements per block (0: nothing is summed). Operands: x, target,
//! weight, positive (p of [`Kind::BinaryCrossEntropyWithLogits`]), y: `count` elements, or one for each block, of which
//! there is one at least.
//! Params of LOSS GRADIENT: f, p0, p1, count, divisor, whether dy has an element for each (else one for all), whether it is
//! the derivative by t. Operands: dy, x, target, weight, positive, d (which may be the memory of x).
//!
//! A block is summed in float32 over at most 64 elements a lane and divided in float64; blocks do not depend on the parts.

use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::{Code, Fault};
use crate::instructions::entry::FLOAT;
use crate::math::{self, called};
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "loss",
        "x, target, weight?, positive? -> y",
        FLOAT,
        decode,
        Sample::new(&[0, 0, 0, 37, 1, 0], &[37, 37, 37, 0, 37]),
    ),
    Entry::new(
        "loss gradient",
        "dy, x, target, weight?, positive? -> d",
        FLOAT,
        decode_gradient,
        Sample::new(&[0, 0, 0, 37, 1, 1, 0], &[37, 37, 37, 37, 0, 37]),
    ),
];

enumeration! {
    /// f of x and t, and d = x - t.
    pub enum Kind {
        /// `d^2`
        Mse,
        /// `|d|`
        L1,
        /// `p1 m (|d| - m / 2)`, `m = min(|d|, p0)`: a parabola near 0, straight beyond p0.
        Huber,
        /// `-t log x - (1 - t) log(1 - x)`, logarithms being -100 at least; an x outside 0..1 is a fault.
        BinaryCrossEntropy,
        /// `(1 - t) x + (1 + (p - 1) t) log(1 + e^-x)`: the same of the logistic function of x, p being t's weight.
        BinaryCrossEntropyWithLogits,
        /// `t (log t - x)`, 0 log 0 being 0.
        KlDiv,
        /// `e^t (t - x)`
        KlDivOfLogarithm,
    }
}

/// Elements that go together, so that what is made of them is in the cache.
const RUN: usize = 256;

struct Loss {
    kind: Kind,
    p0: f32,
    p1: f32,
    count: usize,
    divisor: f64,
}

struct Forward {
    loss: Loss,
    block: usize,
}

struct Gradient {
    loss: Loss,
    each: bool,
    by_target: bool,
}

fn read(params: &mut Params) -> Loss {
    let (kind, p0, p1) = (params.kind(), params.f32(), params.f32());
    let (count, divisor) = (params.usize(), params.u32());
    params.elements(&[count], 4);
    Loss { kind, p0, p1, count, divisor: f64::from(divisor) }
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (loss, block) = (read(params), params.usize());
    params.check()?;
    Ok(Planned::new(Forward { loss, block }))
}

fn decode_gradient(params: &mut Params) -> Result<Planned, Fault> {
    let (loss, each, by_target) = (read(params), params.flag(), params.flag());
    params.check()?;
    Ok(Planned::new(Gradient { loss, each, by_target }))
}

/// Where the elements from one on lie; null where there are none.
#[derive(Clone, Copy)]
struct Inputs {
    x: *const f32,
    target: *const f32,
    weight: *const f32,
    positive: *const f32,
}

impl Inputs {
    /// The operands from this one on.
    fn new(operands: &Operands, first: usize) -> Inputs {
        let [x, target, weight, positive] =
            [0, 1, 2, 3].map(|i| operands.pointer::<f32>(first + i).cast_const());
        Inputs { x, target, weight, positive }
    }

    /// # Safety
    /// There is an element `at`.
    unsafe fn from(self, at: usize) -> Inputs {
        let from = |p: *const f32| {
            if p.is_null() {
                p
            } else {
                // SAFETY: the caller's guarantee.
                unsafe { p.add(at) }
            }
        };
        Inputs {
            x: from(self.x),
            target: from(self.target),
            weight: from(self.weight),
            positive: from(self.positive),
        }
    }
}

/// `to[i] = f(x[i], t[i], p[i])`, p being 1 where there is none.
///
/// # Safety
/// `len` elements from each; `to` may be the memory of one of them.
#[inline(always)]
unsafe fn each(inputs: Inputs, to: *mut f32, len: usize, f: impl Fn(F32x4, F32x4, F32x4) -> F32x4) {
    for i in (0..len).step_by(LANES) {
        let lanes = LANES.min(len - i);
        // SAFETY: the caller's guarantee.
        unsafe {
            let load = |p: *const f32| F32x4::load_partial(p.add(i), lanes);
            let p = if inputs.positive.is_null() { ONE } else { load(inputs.positive) };
            f(load(inputs.x), load(inputs.target), p).store_partial(to.add(i), lanes);
        }
    }
}

/// `to[i] *= by[i]`
///
/// # Safety
/// `len` elements at both.
unsafe fn scale(to: *mut f32, by: *const f32, len: usize) {
    for i in (0..len).step_by(LANES) {
        let lanes = LANES.min(len - i);
        // SAFETY: the caller's guarantee.
        unsafe {
            let product = F32x4::load_partial(to.add(i), lanes).mul(F32x4::load_partial(by.add(i), lanes));
            product.store_partial(to.add(i), lanes);
        }
    }
}

const ONE: F32x4 = F32x4::constant(1.0);
const HALF: F32x4 = F32x4::constant(0.5);
const ZERO: F32x4 = F32x4::constant(0.0);
/// What a logarithm of binary cross entropy is at least, as PyTorch has it.
const LEAST: F32x4 = F32x4::constant(-100.0);

/// `log(1 - p)` for `0 <= p <= 1`, with the small results' full precision.
#[inline(always)]
fn log_of_rest(p: F32x4) -> F32x4 {
    let rest = ONE.sub(p);
    // What the rounding of 1 - p lost, to first order; nothing from 1/2 on.
    let lost = ONE.sub(rest).sub(p).div(rest);
    rest.eq(ZERO).select(F32x4::splat(f32::NEG_INFINITY), called::log(rest).add(lost))
}

/// `log(1 + e^-x)`
#[inline(always)]
fn softplus_of_negative(x: F32x4) -> F32x4 {
    math::log1p(math::exp(x.abs().neg())).add(x.neg().max(ZERO))
}

impl Loss {
    /// The weighted losses of `len` elements.
    ///
    /// # Safety
    /// As [`each`].
    unsafe fn values(&self, inputs: Inputs, to: *mut f32, len: usize) {
        let (p0, p1) = (F32x4::splat(self.p0), F32x4::splat(self.p1));
        // SAFETY: the caller's guarantee.
        unsafe {
            match self.kind {
                Kind::Mse => each(inputs, to, len, |x, t, _| {
                    let d = x.sub(t);
                    d.mul(d)
                }),
                Kind::L1 => each(inputs, to, len, |x, t, _| x.sub(t).abs()),
                Kind::Huber => each(inputs, to, len, |x, t, _| {
                    let d = x.sub(t).abs();
                    let m = d.min(p0);
                    m.mul(d.sub(m.mul(HALF))).mul(p1)
                }),
                Kind::BinaryCrossEntropy => each(inputs, to, len, |x, t, _| {
                    let (of_x, of_rest) = (called::log(x).max(LEAST), log_of_rest(x).max(LEAST));
                    t.sub(ONE).mul(of_rest).sub(t.mul(of_x))
                }),
                Kind::BinaryCrossEntropyWithLogits => each(inputs, to, len, |x, t, p| {
                    let weight = p.sub(ONE).mul(t).add(ONE);
                    ONE.sub(t).mul(x).add(weight.mul(softplus_of_negative(x)))
                }),
                Kind::KlDiv => each(inputs, to, len, |x, t, _| {
                    let entropy = t.eq(ZERO).select(ZERO, t.mul(called::log(t)));
                    entropy.sub(t.mul(x))
                }),
                Kind::KlDivOfLogarithm => each(inputs, to, len, |x, t, _| math::exp(t).mul(t.sub(x))),
            }
            self.weigh(inputs, to, len);
        }
    }

    /// The weighted derivatives by x of `len` elements.
    ///
    /// # Safety
    /// As [`each`].
    unsafe fn slopes(&self, inputs: Inputs, to: *mut f32, len: usize) {
        let (p0, p1) = (F32x4::splat(self.p0), F32x4::splat(self.p1));
        // SAFETY: the caller's guarantee.
        unsafe {
            match self.kind {
                Kind::Mse => each(inputs, to, len, |x, t, _| {
                    let d = x.sub(t);
                    d.add(d)
                }),
                Kind::L1 => each(inputs, to, len, |x, t, _| {
                    let sign = |of: F32x4, other: F32x4| of.gt(other).keep(ONE);
                    sign(x, t).sub(sign(t, x))
                }),
                Kind::Huber => each(inputs, to, len, |x, t, _| x.sub(t).min(p0).max(p0.neg()).mul(p1)),
                Kind::BinaryCrossEntropy => {
                    each(inputs, to, len, |x, t, _| x.sub(t).div(ONE.sub(x).mul(x).max(F32x4::splat(1e-12))))
                }
                Kind::BinaryCrossEntropyWithLogits => each(inputs, to, len, |x, t, p| {
                    let weight = p.sub(ONE).mul(t).add(ONE);
                    math::logistic(weight, x).sub(p.mul(t))
                }),
                Kind::KlDiv => each(inputs, to, len, |_, t, _| t.neg()),
                Kind::KlDivOfLogarithm => each(inputs, to, len, |_, t, _| math::exp(t).neg()),
            }
            self.weigh(inputs, to, len);
        }
    }

    /// The weighted derivatives by the target of `len` elements.
    ///
    /// # Safety
    /// As [`each`].
    unsafe fn slopes_by_target(&self, inputs: Inputs, to: *mut f32, len: usize) {
        // SAFETY: the caller's guarantee.
        unsafe {
            match self.kind {
                Kind::Mse | Kind::L1 | Kind::Huber => {
                    // They are functions of x - t, and odd.
                    let swapped = Inputs { x: inputs.target, target: inputs.x, ..inputs };
                    return self.slopes(swapped, to, len);
                }
                Kind::BinaryCrossEntropy => {
                    each(inputs, to, len, |x, _, _| log_of_rest(x).sub(called::log(x)));
                }
                Kind::BinaryCrossEntropyWithLogits => {
                    each(inputs, to, len, |x, _, p| p.sub(ONE).mul(softplus_of_negative(x)).sub(x))
                }
                Kind::KlDiv => each(inputs, to, len, |x, t, _| called::log(t).add(ONE).sub(x)),
                Kind::KlDivOfLogarithm => {
                    each(inputs, to, len, |x, t, _| math::exp(t).mul(t.sub(x).add(ONE)));
                }
            }
            self.weigh(inputs, to, len);
        }
    }

    /// # Safety
    /// `len` elements of the weight, where there is one, and at `to`.
    unsafe fn weigh(&self, inputs: Inputs, to: *mut f32, len: usize) {
        if !inputs.weight.is_null() {
            // SAFETY: the caller's guarantee.
            unsafe { scale(to, inputs.weight, len) };
        }
    }

    /// # Errors
    /// `ProbabilityOutside` for the first of `len` elements, the first of which has the place `at`, that is none.
    ///
    /// # Safety
    /// x holds them.
    unsafe fn check(&self, x: *const f32, at: usize, len: usize) -> Result<(), Fault> {
        if self.kind != Kind::BinaryCrossEntropy {
            return Ok(());
        }
        for i in 0..len {
            // SAFETY: the caller's guarantee.
            let x = unsafe { *x.add(i) };
            if !(0.0..=1.0).contains(&x) {
                let values = [x.to_bits() as i32, (at + i) as i32, 0];
                return Err(Fault::new(Code::ProbabilityOutside, values));
            }
        }
        Ok(())
    }
}

impl Instruction for Forward {
    fn extents(&self) -> Extents {
        let count = self.loss.count;
        let y = if self.block > 0 { count.div_ceil(self.block).max(1) } else { count };
        Extents::words(&[count, count, count, count, y])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Forward { loss, block } = self;
        let (inputs, y) = (Inputs::new(operands, 0), operands.pointer::<f32>(4));
        if *block > 0 {
            for index in share.range(loss.count.div_ceil(*block).max(1)) {
                let (first, end) = (index * block, loss.count.min((index + 1) * block));
                // SAFETY: the operands hold `count` elements, and y one for each block, this part's own.
                unsafe { *y.add(index) = self.sum(inputs, first, end)? };
            }
            return Ok(());
        }
        let range = share.range(loss.count);
        for at in range.clone().step_by(RUN) {
            let len = RUN.min(range.end - at);
            // SAFETY: the operands hold `count` elements, of y this part's own; each is read before it is written.
            unsafe {
                let inputs = inputs.from(at);
                loss.check(inputs.x, at, len)?;
                loss.values(inputs, y.add(at), len);
            }
        }
        Ok(())
    }
}

impl Forward {
    /// The sum of the losses from `first` up to `end`, over the divisor.
    ///
    /// # Errors
    /// As [`Loss::check`].
    ///
    /// # Safety
    /// There are these elements.
    unsafe fn sum(&self, inputs: Inputs, first: usize, end: usize) -> Result<f32, Fault> {
        let mut lanes = [ZERO; 4];
        for at in (first..end).step_by(RUN) {
            let len = RUN.min(end - at);
            let mut values = [0.0; RUN];
            // SAFETY: the caller's guarantee.
            unsafe {
                let inputs = inputs.from(at);
                self.loss.check(inputs.x, at, len)?;
                self.loss.values(inputs, values.as_mut_ptr(), len);
            }
            for (i, four) in values.chunks_exact(LANES).enumerate() {
                let lane = &mut lanes[i % 4];
                // SAFETY: a chunk has four elements.
                *lane = lane.add(unsafe { F32x4::load(four.as_ptr()) });
            }
        }
        let [a, b, c, d] = lanes;
        Ok((f64::from(a.add(b).add(c.add(d)).sum()) / self.loss.divisor) as f32)
    }
}

impl Instruction for Gradient {
    fn extents(&self) -> Extents {
        let count = self.loss.count;
        Extents::words(&[if self.each { count } else { 1 }, count, count, count, count, count])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let loss = &self.loss;
        let (dy, inputs) = (operands.pointer::<f32>(0).cast_const(), Inputs::new(operands, 1));
        let d = operands.pointer::<f32>(5);
        let range = share.range(loss.count);
        for at in range.clone().step_by(RUN) {
            let len = RUN.min(range.end - at);
            // SAFETY: the operands hold `count` elements, dy one at least; of d this part's own.
            unsafe {
                let (inputs, d) = (inputs.from(at), d.add(at));
                if self.by_target {
                    loss.slopes_by_target(inputs, d, len);
                } else {
                    loss.slopes(inputs, d, len);
                }
                if self.each {
                    scale(d, dy.add(at), len);
                } else {
                    let all = [(f64::from(*dy) / loss.divisor) as f32; RUN];
                    scale(d, all.as_ptr(), len);
                }
            }
        }
        Ok(())
    }
}
