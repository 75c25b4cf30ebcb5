//! CUMULATE: `y[o, k, i] = sum over j <= k of x[o, j, i]`; exclusive: over j < k; reverse: from the end, j >= k or j > k.
//!
//! Params: outer, size, inner, exclusive, reverse. Operands: x, y. Floats are added up in f64, as PyTorch does on a
//! processor; integers wrap. Columns `(o, i)` are divided among the parts.

use super::dtype::Dtype;
use super::sample::Sample;
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;

pub const ENTRIES: &[Entry] =
    &[Entry::new("cumulate", "x -> y", TYPES, decode, Sample::new(&[3, 5, 7, 0, 1], &[105, 105]).of(TYPES))];

const TYPES: &[Dtype] = &[Dtype::F32, Dtype::I32];

/// Columns that are summed side by side.
const COLUMNS: usize = 32;

struct Cumulate {
    dtype: Dtype,
    outer: usize,
    size: usize,
    inner: usize,
    exclusive: bool,
    reverse: bool,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let [outer, size, inner] = params.array().map(|size| size as usize);
    params.elements(&[outer, size, inner], 4);
    let made = Cumulate {
        dtype: params.dtype,
        outer,
        size,
        inner,
        exclusive: params.flag(),
        reverse: params.flag(),
    };
    params.check()?;
    Ok(Planned::new(made))
}

impl Instruction for Cumulate {
    fn extents(&self) -> Extents {
        Extents::words(&[product(&[self.outer, self.size, self.inner]); 2])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        // SAFETY: the caller's guarantee.
        unsafe {
            if self.dtype == Dtype::F32 {
                self.sums(operands, share, 0.0, |sum: f64, x: f32| sum + f64::from(x), |sum| sum as f32);
            } else {
                self.sums(operands, share, 0, i32::wrapping_add, |sum| sum);
            }
        }
        Ok(())
    }
}

impl Cumulate {
    /// # Safety
    /// As [`Instruction::run`], for elements of type T.
    unsafe fn sums<T: Copy, S: Copy>(
        &self,
        operands: &Operands,
        share: Share,
        zero: S,
        add: impl Fn(S, T) -> S,
        rounded: impl Fn(S) -> T,
    ) {
        let (x, y) = (operands.pointer::<T>(0), operands.pointer::<T>(1));
        let range = share.range(self.outer * self.inner);
        let mut at = range.start;
        while at < range.end {
            let (o, i) = (at / self.inner, at % self.inner);
            let columns = COLUMNS.min(self.inner - i).min(range.end - at);
            let mut sums = [zero; COLUMNS];
            for step in 0..self.size {
                let k = if self.reverse { self.size - 1 - step } else { step };
                let row = (o * self.size + k) * self.inner + i;
                for (c, sum) in sums[..columns].iter_mut().enumerate() {
                    // SAFETY: `o`, `k` and `i + c` are within their sizes.
                    unsafe {
                        let next = add(*sum, *x.add(row + c));
                        *y.add(row + c) = rounded(if self.exclusive { *sum } else { next });
                        *sum = next;
                    }
                }
            }
            at += columns;
        }
    }
}
