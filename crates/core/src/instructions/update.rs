//! UPDATE: one step of an optimiser, in place: parameter p and up to three arrays of its state, of as many elements, by the
//! gradient g. Every product and sum is rounded on its own, in the order of PyTorch's optimisers.
//!
//! Params: rule ([`Rule`]), count. Operands: rates [8], gradient, scale? [1] (a factor of the gradient), guard? [1] (where it is
//! infinite or NaN, nothing is written), parameter, first?, second?, third? (what they are says the rule).

use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] = &[Entry::new(
    "update",
    "rates, gradient, scale?, guard? -> parameter, first?, second?, third?",
    FLOAT,
    decode,
    Sample::new(&[0, 37], &[8, 37, 0, 0, 37, 0, 0, 0]).with(4, |_| 0),
)];

enumeration! {
    /// What an optimiser computes; r0, r1 ... are its rates in the order in which they are named.
    pub enum Rule {
        /// rates: -lr, decay, keep, take, -. With `first`, the momentum: m = keep m + take d, which stands for d from then on.
        /// d = g + decay p, p = p - lr d.
        Sgd,
        /// rates: as Sgd, then the momentum. As Sgd, with d = d + momentum m.
        Nesterov,
        /// rates: -lr, decay, beta1, 1 - beta1, beta2, 1 - beta2, root, eps. `first` is the mean m of gradients, `second` the mean v
        /// of their squares, `third`, where there is one, the largest v so far, which stands for v from then on.
        /// d = g + decay p, m = beta1 m + (1 - beta1) d, v = beta2 v + (1 - beta2) d d, p = p - lr m / (sqrt(v) / root + eps).
        Adam,
        /// As Adam, but with d = g, and p = p decay before.
        AdamW,
        /// rates: -lr, decay, alpha, 1 - alpha, eps, momentum. `first` is the mean v of squares; `second`, where there is one, the
        /// mean a of gradients, and v - a a stands for v; `third`, where there is one, the momentum: m = momentum m + r,
        /// which stands for r. d = g + decay p, v = alpha v + (1 - alpha) d d, r = d / (sqrt(v) + eps), p = p - lr r.
        RmsProp,
    }
}

const RATES: usize = 8;
/// The parameter and its state.
const ARRAYS: usize = 4;

struct Update {
    rule: Rule,
    count: usize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let (rule, count) = (params.kind(), params.usize());
    params.elements(&[count], 4);
    params.check()?;
    Ok(Planned::new(Update { rule, count }))
}

impl Instruction for Update {
    fn extents(&self) -> Extents {
        let count = self.count;
        Extents::words(&[RATES, count, 1, 1, count, count, count, count])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let guard = operands.pointer::<f32>(3).cast_const();
        // SAFETY: rates are eight, scale and guard, where they are there, one element.
        let r: [F32x4; RATES] = unsafe {
            if !guard.is_null() && !(*guard).is_finite() {
                return Ok(());
            }
            let rates = operands.pointer::<f32>(0).cast_const();
            core::array::from_fn(|i| F32x4::load_splat(rates.add(i)))
        };
        let has = [1, 2, 3].map(|i| !operands.pointer::<f32>(4 + i).is_null());
        let work = Work::new(operands, share, self.count);
        // SAFETY: the caller's guarantee.
        unsafe {
            match self.rule {
                Rule::Sgd => work.each(|g, all| sgd(&r, g, all, has[0], |_, m| m)),
                Rule::Nesterov => work.each(|g, all| sgd(&r, g, all, has[0], |d, m| d.add(m.mul(r[4])))),
                Rule::Adam => work.each(|g, all| adam(&r, g.add(all[0].mul(r[1])), all, has[2])),
                Rule::AdamW => work.each(|g, all| {
                    all[0] = all[0].mul(r[1]);
                    adam(&r, g, all, has[2]);
                }),
                Rule::RmsProp => work.each(|g, all| rms_prop(&r, g, all, has[1], has[2])),
            }
        }
        Ok(())
    }
}

#[inline(always)]
fn sgd(
    r: &[F32x4; RATES],
    g: F32x4,
    [p, first, ..]: &mut [F32x4; ARRAYS],
    has_momentum: bool,
    look: impl Fn(F32x4, F32x4) -> F32x4,
) {
    let mut d = g.add(p.mul(r[1]));
    if has_momentum {
        *first = first.mul(r[2]).add(d.mul(r[3]));
        d = look(d, *first);
    }
    *p = p.add(d.mul(r[0]));
}

#[inline(always)]
fn adam(r: &[F32x4; RATES], d: F32x4, [p, m, v, most]: &mut [F32x4; ARRAYS], has_most: bool) {
    *m = m.mul(r[2]).add(d.mul(r[3]));
    *v = v.mul(r[4]).add(d.mul(r[5]).mul(d));
    *most = most.max(*v);
    let square = if has_most { *most } else { *v };
    let width = square.sqrt().div(r[6]).add(r[7]);
    *p = p.add(m.mul(r[0]).div(width));
}

#[inline(always)]
fn rms_prop(
    r: &[F32x4; RATES],
    g: F32x4,
    [p, v, mean, momentum]: &mut [F32x4; ARRAYS],
    is_centered: bool,
    has_momentum: bool,
) {
    let d = g.add(p.mul(r[1]));
    *v = v.mul(r[2]).add(d.mul(r[3]).mul(d));
    let mut square = *v;
    if is_centered {
        *mean = mean.mul(r[2]).add(d.mul(r[3]));
        square = square.sub(mean.mul(*mean));
    }
    let width = square.sqrt().add(r[4]);
    if has_momentum {
        *momentum = momentum.mul(r[5]).add(d.div(width));
        *p = p.add(momentum.mul(r[0]));
    } else {
        *p = p.add(d.mul(r[0]).div(width));
    }
}

/// A part's elements.
struct Work {
    gradient: *const f32,
    scale: *const f32,
    arrays: [*mut f32; ARRAYS],
    start: usize,
    end: usize,
}

impl Work {
    fn new(operands: &Operands, share: Share, count: usize) -> Work {
        let range = share.range(count);
        Work {
            gradient: operands.pointer(1),
            scale: operands.pointer(2),
            arrays: core::array::from_fn(|i| operands.pointer(4 + i)),
            start: range.start,
            end: range.end,
        }
    }

    /// Has `step` compute the arrays' elements by the gradient's; an array that is absent is zeros, and not written.
    ///
    /// # Safety
    /// The arrays and the gradient hold the elements up to the end, which no other part writes.
    #[inline(always)]
    unsafe fn each(&self, step: impl Fn(F32x4, &mut [F32x4; ARRAYS])) {
        // SAFETY: the caller's guarantee; the scale, where it is there, is one element.
        unsafe {
            let scale = (!self.scale.is_null()).then(|| F32x4::load_splat(self.scale));
            let scaled = |g: F32x4| scale.map_or(g, |scale| g.mul(scale));
            let mut i = self.start;
            while i + LANES <= self.end {
                let mut all =
                    self.arrays.map(|at| if at.is_null() { F32x4::ZERO } else { F32x4::load(at.add(i)) });
                step(scaled(F32x4::load(self.gradient.add(i))), &mut all);
                for (at, value) in self.arrays.into_iter().zip(all) {
                    if !at.is_null() {
                        value.store(at.add(i));
                    }
                }
                i += LANES;
            }
            if i < self.end {
                let rest = self.end - i;
                let partial = |at: *const f32| F32x4::load_partial(at.add(i), rest);
                let mut all =
                    self.arrays.map(|at| if at.is_null() { F32x4::ZERO } else { partial(at.cast_const()) });
                step(scaled(partial(self.gradient)), &mut all);
                for (at, value) in self.arrays.into_iter().zip(all) {
                    if !at.is_null() {
                        value.store_partial(at.add(i), rest);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::share::tests::run_in_two;
    use alloc::vec;
    use alloc::vec::Vec;

    const COUNT: usize = 11;

    /// Parameter and state after one step from 1, 0.5, 0.25 and 0.125, the same in each element.
    fn after(
        rule: Rule,
        rates: [f32; RATES],
        has: [bool; 3],
        scale: Option<f32>,
        guard: f32,
    ) -> [f32; ARRAYS] {
        let (mut rates, mut gradient, mut guard) = (rates, [2f32; COUNT], guard);
        let mut scale = scale;
        let mut arrays = [1f32, 0.5, 0.25, 0.125].map(|value| [value; COUNT]);
        let mut addresses: Vec<*mut u8> = vec![
            rates.as_mut_ptr().cast(),
            gradient.as_mut_ptr().cast(),
            scale.as_mut().map_or(core::ptr::null_mut(), |scale| (&raw mut *scale).cast()),
            (&raw mut guard).cast(),
        ];
        for (i, array) in arrays.iter_mut().enumerate() {
            let present = i == 0 || has[i - 1];
            addresses.push(if present { array.as_mut_ptr().cast() } else { core::ptr::null_mut() });
        }
        run_in_two(&Update { rule, count: COUNT }, &addresses).unwrap();
        arrays.map(|array| {
            assert!(array.iter().all(|&value| value.to_bits() == array[0].to_bits()));
            array[0]
        })
    }

    const ALL: [bool; 3] = [true; 3];

    #[test]
    fn sgd_with_decay_and_momentum() {
        let rates = [-0.5, 0.25, 0.5, 2.0, 4.0, 0.0, 0.0, 0.0];
        // d = 2 + 0.25
        assert_eq!(after(Rule::Sgd, rates, [false; 3], None, 0.0), [-0.125, 0.5, 0.25, 0.125]);
        // m = 0.25 + 4.5
        assert_eq!(after(Rule::Sgd, rates, [true, false, false], None, 0.0)[..2], [-1.375, 4.75]);
        // d = 2.25 + 4 m
        assert_eq!(after(Rule::Nesterov, rates, [true, false, false], None, 0.0)[..2], [-9.625, 4.75]);
        // d = 0.5 + 0.25
        assert_eq!(after(Rule::Sgd, rates, [false; 3], Some(0.25), 0.0)[0], 0.625);
    }

    #[test]
    fn adam_with_decay_of_either_kind_and_the_largest_square() {
        let rates = [-0.5, 0.5, 0.5, 0.25, 0.75, 0.25, 2.0, 0.5];
        let wide = |square: f32| square.sqrt() / 2.0 + 0.5;
        let two = [true, true, false];
        // d = 2.5: m = 0.25 + 0.625, v = 0.1875 + 1.5625
        let p = 1.0 + -0.5 * 0.875 / wide(1.75);
        assert_eq!(after(Rule::Adam, rates, two, None, 0.0), [p, 0.875, 1.75, 0.125]);
        assert_eq!(after(Rule::Adam, rates, ALL, None, 0.0), [p, 0.875, 1.75, 1.75]);
        // d = 2: m = 0.25 + 0.5, v = 0.1875 + 1
        let p = 0.5 + -0.5 * 0.75 / wide(1.1875);
        assert_eq!(after(Rule::AdamW, rates, two, None, 0.0), [p, 0.75, 1.1875, 0.125]);
    }

    #[test]
    fn rms_prop_centered_and_with_momentum() {
        let rates = [-0.5, 0.5, 0.5, 0.25, 0.5, 2.0, 0.0, 0.0];
        // d = 2.5: v = 0.25 + 1.5625
        let (v, r) = (1.8125f32, |square: f32| 2.5 / (square.sqrt() + 0.5));
        let p = 1.0 + -0.5 * 2.5 / (v.sqrt() + 0.5);
        assert_eq!(after(Rule::RmsProp, rates, [true, false, false], None, 0.0), [p, v, 0.25, 0.125]);
        // m = 2 * 0.125 + r
        let m = 0.25 + r(v);
        assert_eq!(after(Rule::RmsProp, rates, [true, false, true], None, 0.0), [1.0 - 0.5 * m, v, 0.25, m]);
        // a = 0.125 + 0.625
        let m = 0.25 + r(v - 0.5625);
        assert_eq!(after(Rule::RmsProp, rates, ALL, None, 0.0), [1.0 - 0.5 * m, v, 0.75, m]);
    }

    #[test]
    fn nothing_is_written_where_the_guard_is_no_finite_number() {
        for guard in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(after(Rule::Adam, [1.0; RATES], ALL, None, guard), [1.0, 0.5, 0.25, 0.125]);
        }
    }
}
