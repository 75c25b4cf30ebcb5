//! CROSS ENTROPY: of each column of x as [outer, n, inner], with l its log softmax, or the column itself where that holds
//! logarithms of probabilities: `y[o, i] = -sum over c of q[c] l[c]`, `q[c] = w[c] ((1 - s) t[c] + s / n)`, s smoothing. t are
//! probabilities, [outer, n, inner], or 1 at one class and 0 elsewhere: int32 classes, [outer, inner].
//! CROSS ENTROPY GRADIENT: `d[c] = g (e^l[c] sum(q) - q[c])`, without the first term where x holds logarithms, or by t:
//! `d[c] = -g w[c] (1 - s) l[c]`; g is dy over a divisor.
//!
//! Params: outer, n, inner, whether x has to be normalised (log softmax), whether targets are probabilities, s, the class that
//! is ignored: its columns are 0 and weigh nothing. Of the gradient also the divisor, whether dy has an element for each
//! column (else one for all), and whether it is the derivative by t.
//! Operands: x, target, weight [n], y, share: the weight of each column's class, state [2, outer inner]: its largest element
//! and the logarithm of the sum of e^(x - largest). Of the gradient: dy, x, target, weight, state, total: one number to
//! divide by besides, d (which may be the memory of x).
//!
//! The parts share the columns. Along inner four of them lie in the lanes; where inner is 1 a column does.

use super::sample::Sample;
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::{Code, Fault};
use crate::instructions::entry::FLOAT;
use crate::math::{self, called};
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "cross entropy",
        "x, target, weight? -> y, share?, state?",
        FLOAT,
        decode,
        Sample::new(&[2, 5, 3, 1, 0, 0, 0], &[30, 6, 5, 6, 6, 12]).with(1, |i| (i % 5) as u32),
    ),
    Entry::new(
        "cross entropy gradient",
        "dy, x, target, weight?, state?, total? -> d",
        FLOAT,
        decode_gradient,
        Sample::new(&[2, 5, 3, 1, 0, 0, 0, 1, 1, 0], &[6, 30, 6, 5, 12, 0, 30]).with(2, |i| (i % 5) as u32),
    ),
];

struct Problem {
    outer: usize,
    n: usize,
    inner: usize,
    /// l is x's log softmax.
    normalise: bool,
    probabilities: bool,
    smoothing: f32,
    ignored: i32,
}

struct Gradient {
    problem: Problem,
    divisor: f32,
    each: bool,
    by_target: bool,
}

fn read(params: &mut Params) -> Problem {
    let [outer, n, inner] = params.array().map(|size| size as usize);
    params.elements(&[outer, n, inner], 4);
    params.elements(&[2, outer, inner], 4);
    let (normalise, probabilities) = (params.flag(), params.flag());
    Problem { outer, n, inner, normalise, probabilities, smoothing: params.f32(), ignored: params.i32() }
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let problem = read(params);
    params.check()?;
    Ok(Planned::new(problem))
}

fn decode_gradient(params: &mut Params) -> Result<Planned, Fault> {
    let problem = read(params);
    let (divisor, each, by_target) = (params.u32() as f32, params.flag(), params.flag());
    params.check()?;
    Ok(Planned::new(Gradient { problem, divisor, each, by_target }))
}

/// Columns that are in the lanes together.
#[derive(Clone, Copy)]
struct Group {
    /// The first column, and how many there are.
    at: usize,
    columns: usize,
    /// Where its first class is in x.
    start: usize,
}

/// Classes, or a class, of a group.
#[derive(Clone, Copy)]
struct Place {
    class: usize,
    /// From the group's first class on.
    offset: usize,
    lanes: usize,
}

/// What a column is, lane by lane, or the same in all of them.
#[derive(Clone, Copy)]
struct State {
    largest: F32x4,
    log: F32x4,
}

const ONES: [f32; LANES] = [1.0; LANES];

/// Vectors that are added in float32 before their sum is added to the others'.
const BLOCK: u32 = 64;

/// A sum of many vectors, in blocks.
struct Sum {
    part: F32x4,
    total: F32x4,
    count: u32,
}

impl Sum {
    const EMPTY: Sum = Sum { part: F32x4::constant(0.0), total: F32x4::constant(0.0), count: 0 };

    #[inline(always)]
    fn add(&mut self, value: F32x4) {
        self.part = self.part.add(value);
        self.count += 1;
        if self.count.is_multiple_of(BLOCK) {
            self.total = self.total.add(self.part);
            self.part = F32x4::ZERO;
        }
    }
}

/// Elements of what x holds, of the targets, and columns.
struct Sizes {
    all: usize,
    target: usize,
    columns: usize,
}

/// An operand of the gradient.
const STATE: usize = 4;

impl Problem {
    fn sizes(&self) -> Sizes {
        let columns = product(&[self.outer, self.inner]);
        let all = columns.saturating_mul(self.n);
        Sizes { all, target: if self.probabilities { all } else { columns }, columns }
    }

    /// Calls `f` for each group of a share.
    fn groups(&self, share: Share, mut f: impl FnMut(Group) -> Result<(), Fault>) -> Result<(), Fault> {
        let range = share.range(self.outer * self.inner);
        let mut at = range.start;
        while at < range.end {
            let (o, i) = (at / self.inner, at % self.inner);
            let columns = LANES.min(self.inner - i).min(range.end - at);
            f(Group { at, columns, start: o * self.n * self.inner + i })?;
            at += columns;
        }
        Ok(())
    }

    fn in_rows(&self) -> bool {
        self.inner == 1
    }

    #[inline(always)]
    fn places(&self, group: Group) -> impl Iterator<Item = Place> + use<> {
        let (n, inner) = (self.n, self.inner);
        let step = if self.in_rows() { LANES } else { 1 };
        (0..n).step_by(step).map(move |class| Place {
            class,
            offset: class * inner,
            lanes: if inner == 1 { LANES.min(n - class) } else { group.columns },
        })
    }

    /// What a sum's lanes are of each column.
    #[inline(always)]
    fn total(&self, sum: Sum) -> F32x4 {
        let total = sum.total.add(sum.part);
        if self.in_rows() {
            F32x4::splat(total.sum())
        } else {
            total
        }
    }

    /// The weights of a place; 0 in lanes that are none.
    ///
    /// # Safety
    /// There are n, or it is null.
    #[inline(always)]
    unsafe fn weights(&self, weight: *const f32, place: Place) -> F32x4 {
        // SAFETY: the caller's guarantee.
        unsafe {
            if weight.is_null() {
                F32x4::load_partial(ONES.as_ptr(), place.lanes)
            } else if self.in_rows() {
                F32x4::load_partial(weight.add(place.class), place.lanes)
            } else {
                F32x4::load_splat(weight.add(place.class))
            }
        }
    }

    /// q, but for the class of a column that has one: of it what smoothing says.
    ///
    /// # Safety
    /// As [`Problem::weights`]; targets of the group from `target` on where they are probabilities.
    #[inline(always)]
    unsafe fn q(&self, weight: *const f32, target: *const f32, place: Place) -> F32x4 {
        let even = F32x4::splat(self.smoothing / self.n as f32);
        // SAFETY: the caller's guarantee.
        unsafe {
            let share = if self.probabilities {
                let t = F32x4::load_partial(target.add(place.offset), place.lanes);
                t.mul(F32x4::splat(1.0 - self.smoothing)).add(even)
            } else {
                even
            };
            self.weights(weight, place).mul(share)
        }
    }

    /// Whether all of q is asked for: not only at one class.
    fn is_spread(&self) -> bool {
        self.probabilities || self.smoothing > 0.0
    }

    /// The largest element of each column, and the logarithm of the sum.
    ///
    /// # Safety
    /// x holds the group.
    unsafe fn state(&self, x: *const f32, group: Group) -> State {
        let mut largest = F32x4::splat(f32::NEG_INFINITY);
        let mut sum = Sum::EMPTY;
        // SAFETY: the caller's guarantee.
        let load = |place: Place| unsafe { load_or(x.add(place.offset), place.lanes, f32::NEG_INFINITY) };
        for place in self.places(group) {
            largest = largest.max(load(place));
        }
        if self.in_rows() {
            let [a, b, c, d] = largest.to_array().map(F32x4::splat);
            largest = a.max(b).max(c.max(d));
        }
        for place in self.places(group) {
            sum.add(math::exp(load(place).sub(largest)));
        }
        State { largest, log: called::log(self.total(sum)) }
    }

    /// The class of a column: none where it is ignored.
    ///
    /// # Errors
    /// `TargetOutside` for what is no class.
    ///
    /// # Safety
    /// There is this column.
    unsafe fn class(&self, target: *const i32, at: usize) -> Result<Option<usize>, Fault> {
        // SAFETY: the caller's guarantee.
        let class = unsafe { *target.add(at) };
        if class == self.ignored {
            return Ok(None);
        }
        match usize::try_from(class) {
            Ok(place) if place < self.n => Ok(Some(place)),
            _ => Err(Fault::new(Code::TargetOutside, [class, self.n as i32, at as i32])),
        }
    }
}

/// The weight of a class.
///
/// # Safety
/// There is one, or `weight` is null.
unsafe fn weight_of(weight: *const f32, class: usize) -> f32 {
    if weight.is_null() {
        1.0
    } else {
        // SAFETY: the caller's guarantee.
        unsafe { *weight.add(class) }
    }
}

/// Lanes from memory, and this number in the others.
///
/// # Safety
/// As [`F32x4::load_partial`].
#[inline(always)]
unsafe fn load_or(x: *const f32, lanes: usize, other: f32) -> F32x4 {
    // SAFETY: the caller's guarantee.
    unsafe {
        if lanes == LANES {
            return F32x4::load(x);
        }
        let mut all = [other; LANES];
        for (lane, value) in all.iter_mut().enumerate().take(lanes) {
            *value = *x.add(lane);
        }
        F32x4::from_array(all)
    }
}

impl Instruction for Problem {
    fn extents(&self) -> Extents {
        let Sizes { all, target, columns } = self.sizes();
        Extents::words(&[all, target, self.n, columns, columns, 2 * columns])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let [x, target, weight] = [0, 1, 2].map(|i| operands.pointer::<f32>(i).cast_const());
        let [y, shares, states] = [3, 4, 5].map(|i| operands.pointer::<f32>(i));
        let all = self.outer * self.inner;
        self.groups(share, |group| {
            let Group { at, columns, start } = group;
            // SAFETY: the operands hold what is documented; these columns are no other part's.
            unsafe {
                let x = x.add(start);
                let mut state = State { largest: F32x4::ZERO, log: F32x4::ZERO };
                if self.normalise {
                    state = self.state(x, group);
                    if !states.is_null() {
                        state.largest.store_partial(states.add(at), columns);
                        state.log.store_partial(states.add(all + at), columns);
                    }
                }
                let mut sum = Sum::EMPTY;
                if self.is_spread() {
                    for place in self.places(group) {
                        let l = F32x4::load_partial(x.add(place.offset), place.lanes);
                        let l = l.sub(state.largest).sub(state.log);
                        sum.add(self.q(weight, target.add(start), place).mul(l));
                    }
                }
                let spread = self.total(sum).neg();
                if self.probabilities {
                    spread.store_partial(y.add(at), columns);
                    return Ok(());
                }
                let [spread, largest, log] = [spread, state.largest, state.log].map(F32x4::to_array);
                for lane in 0..columns {
                    let (mut loss, mut own) = (0.0, 0.0);
                    if let Some(class) = self.class(target.cast(), at + lane)? {
                        own = weight_of(weight, class);
                        let l = *x.add(class * self.inner + lane) - largest[lane] - log[lane];
                        loss = spread[lane] - (1.0 - self.smoothing) * own * l;
                    }
                    *y.add(at + lane) = loss;
                    if !shares.is_null() {
                        *shares.add(at + lane) = own;
                    }
                }
                Ok(())
            }
        })
    }
}

impl Instruction for Gradient {
    fn extents(&self) -> Extents {
        let Sizes { all, target, columns } = self.problem.sizes();
        let dy = if self.each { columns } else { 1 };
        let extents = Extents::words(&[dy, all, target, self.problem.n, 2 * columns, 1, all]);
        if self.problem.normalise {
            extents.needing(STATE)
        } else {
            extents
        }
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let problem = &self.problem;
        let [dy, x, target, weight, states, total] =
            [0, 1, 2, 3, 4, 5].map(|i| operands.pointer::<f32>(i).cast_const());
        let d = operands.pointer::<f32>(6);
        let all = problem.outer * problem.inner;
        // SAFETY: where it is, total holds a number, and weight n.
        let (divisor, sum) = unsafe {
            let total = if total.is_null() { 1.0 } else { *total };
            let weights = (0..problem.n).map(|class| f64::from(weight_of(weight, class)));
            let spread = !problem.probabilities && problem.is_spread();
            (total * self.divisor, if spread { weights.sum::<f64>() as f32 } else { 0.0 })
        };
        problem.groups(share, |group| {
            let Group { at, columns, start } = group;
            // Beside the classes themselves.
            let mut q = F32x4::splat(sum * (problem.smoothing / problem.n as f32));
            let mut classes = [None; LANES];
            let mut g = [0.0; LANES];
            // SAFETY: the operands hold what is documented; these columns are no other part's.
            unsafe {
                let target_here = target.add(start);
                let mut own = [0.0; LANES];
                for lane in 0..columns {
                    if !problem.probabilities {
                        // What is no class was refused by the forward run.
                        classes[lane] = problem.class(target.cast(), at + lane).unwrap_or(None);
                        let Some(class) = classes[lane] else { continue };
                        own[lane] = (1.0 - problem.smoothing) * weight_of(weight, class);
                    }
                    g[lane] = *dy.add(if self.each { at + lane } else { 0 }) / divisor;
                }
                let (g, own) = if problem.in_rows() {
                    (F32x4::splat(g[0]), F32x4::splat(own[0]))
                } else {
                    (F32x4::from_array(g), F32x4::from_array(own))
                };
                q = q.add(own);
                if problem.probabilities && problem.normalise && !self.by_target {
                    let mut sum = Sum::EMPTY;
                    for place in problem.places(group) {
                        sum.add(problem.q(weight, target_here, place));
                    }
                    q = problem.total(sum);
                }
                let mut state = State { largest: F32x4::ZERO, log: F32x4::ZERO };
                if problem.normalise {
                    let read = |p: *const f32| {
                        if problem.in_rows() {
                            F32x4::load_splat(p)
                        } else {
                            F32x4::load_partial(p, columns)
                        }
                    };
                    state = State { largest: read(states.add(at)), log: read(states.add(all + at)) };
                }
                let (x, d) = (x.add(start), d.add(start));
                for place in problem.places(group) {
                    let l = F32x4::load_partial(x.add(place.offset), place.lanes);
                    let l = l.sub(state.largest).sub(state.log);
                    let made = if self.by_target {
                        let weight = problem.weights(weight, place);
                        weight.mul(l).mul(F32x4::splat(problem.smoothing - 1.0))
                    } else {
                        let own = problem.q(weight, target_here, place);
                        let all = if problem.normalise { math::exp(l).mul(q) } else { F32x4::ZERO };
                        all.sub(own)
                    };
                    made.mul(g).store_partial(d.add(place.offset), place.lanes);
                }
                if !self.by_target {
                    let (g, own) = (g.to_array(), own.to_array());
                    for lane in 0..columns {
                        if let Some(class) = classes[lane] {
                            *d.add(class * problem.inner + lane) -= g[lane] * own[lane];
                        }
                    }
                }
            }
            Ok(())
        })
    }
}
