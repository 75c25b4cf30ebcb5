//! QUANTIZED TABLE: `y = table[x]`, a function of bytes as its 256 results.
//!
//! Params: count. Operands: x, table, y.

use super::dtype::Dtype;
use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::simd::U8x16;

const BYTES: &[Dtype] = &[Dtype::U8];

pub const ENTRIES: &[Entry] = &[Entry::new(
    "quantized table",
    "x, table -> y",
    BYTES,
    decode,
    Sample::new(&[148], &[37, 64, 37]).of(BYTES),
)];

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
        let whole = range.start + range.len() / 16 * 16;
        // SAFETY: the caller guarantees that x and y hold `count` bytes, and the table 256.
        unsafe {
            for i in (range.start..whole).step_by(16) {
                let x = U8x16::load(x.add(i));
                let mut found = U8x16::splat(0);
                for row in 0..16u8 {
                    // Only what has this upper half becomes a place below 16.
                    let part = U8x16::load(table.add(16 * usize::from(row)));
                    found = found.or(part.swizzle(x.xor(U8x16::splat(row << 4))));
                }
                found.store(y.add(i));
            }
            for i in whole..range.end {
                y.add(i).write(table.add(usize::from(x.add(i).read())).read());
            }
        }
        Ok(())
    }
}
