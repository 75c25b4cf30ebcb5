//! FILL: `y[i] = value`.
//!
//! Params: element bytes (1, 4), count, value bits. Operands: y.

use super::{Entry, Operands, Operator, Params, Share};
use crate::fault::Fault;
use alloc::boxed::Box;

pub const ENTRY: Entry = Entry { opcode: 5, name: "fill", operands: 1, optional: 0, decode };

struct Fill {
    bytes: usize,
    count: usize,
    value: u32,
}

fn decode(params: &mut Params) -> Result<Box<dyn Operator>, Fault> {
    let bytes = element_bytes(params);
    let count = params.usize();
    params.elements(&[count], bytes);
    let value = params.u32();
    params.check()?;
    Ok(Box::new(Fill { bytes, count, value }))
}

/// The size of an element that is only moved: 1 or 4 bytes.
pub(super) fn element_bytes(params: &mut Params) -> usize {
    match params.u32() {
        1 => 1,
        4 => 4,
        other => {
            params.refuse(other);
            4
        }
    }
}

impl Operator for Fill {
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
