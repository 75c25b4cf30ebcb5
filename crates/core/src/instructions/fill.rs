//! FILL: `y[i] = value`.
//!
//! Params: count, value bits. Operands: y.

use super::sample::{Sample, ONE};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::ANY;

pub const ENTRIES: &[Entry] =
    &[Entry::new("fill", "-> y", ANY, decode, Sample::new(&[37, ONE], &[37]).of(ANY))];

struct Fill {
    bytes: usize,
    count: usize,
    value: u32,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let bytes = params.dtype.bytes();
    let count = params.usize();
    params.elements(&[count], bytes);
    let value = params.u32();
    params.check()?;
    Ok(Planned::new(Fill { bytes, count, value }))
}

impl Instruction for Fill {
    fn extents(&self) -> Extents {
        Extents::bytes(&[self.count * self.bytes])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(self.count);
        let y = operands.pointer::<u8>(0);
        // SAFETY: y holds `count` elements, and this part's range is written by no other part.
        unsafe {
            if self.bytes == 1 {
                core::slice::from_raw_parts_mut(y.add(range.start), range.len()).fill(self.value as u8);
            } else {
                let y = y.cast::<u32>().add(range.start);
                core::slice::from_raw_parts_mut(y, range.len()).fill(self.value);
            }
        }
        Ok(())
    }
}
