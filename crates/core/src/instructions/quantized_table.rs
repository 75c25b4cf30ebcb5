//! QUANTIZED TABLE: `y = table[x]`, a function of bytes as its 256 results.
//!
//! Params: count. Operands: x, table, y.

use super::dtype::Dtype;
use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;

const BYTES: &[Dtype] = &[Dtype::U8];

pub const ENTRIES: &[Entry] = &[Entry::new(
    "quantized table",
    "x, table -> y",
    BYTES,
    decode,
    Sample::new(&[148], &[37, 64, 37]).of(BYTES),
)];

/// Bytes that are looked up side by side. A load for each takes less time than choosing among the table's sixteen vectors.
const AT_ONCE: usize = 8;

struct QuantizedTable {
    count: usize,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let count = params.usize();
    params.elements(&[count], 1);
    params.check()?;
    Ok(Planned::new(QuantizedTable { count }))
}

impl Instruction for QuantizedTable {
    fn extents(&self) -> Extents {
        Extents::bytes(&[self.count, 256, self.count])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let (x, table): (*const u8, *const u8) = (operands.pointer(0), operands.pointer(1));
        let y: *mut u8 = operands.pointer(2);
        let range = share.range(self.count);
        let whole = range.start + range.len() / AT_ONCE * AT_ONCE;
        // SAFETY: the caller guarantees that x and y hold `count` bytes, and the table 256.
        unsafe {
            let find = |i: usize| y.add(i).write(table.add(usize::from(x.add(i).read())).read());
            for first in (range.start..whole).step_by(AT_ONCE) {
                for i in 0..AT_ONCE {
                    find(first + i);
                }
            }
            (whole..range.end).for_each(find);
        }
        Ok(())
    }
}
