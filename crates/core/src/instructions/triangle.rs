//! TRIANGLE: `y[p, r, c] = x[p, r, c]` where `c - r >= diagonal` (upper) or `c - r <= diagonal` (lower), 0 elsewhere.
//!
//! Params: planes, rows, columns, diagonal, whether it is the upper one. Operands: x, y. Rows are divided among the parts.

use super::sample::Sample;
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::ANY;

pub const ENTRIES: &[Entry] =
    &[Entry::new("triangle", "x -> y", ANY, decode, Sample::new(&[3, 5, 7, 1, 1], &[105, 105]).of(ANY))];

struct Triangle {
    bytes: usize,
    planes: usize,
    rows: usize,
    columns: usize,
    diagonal: i64,
    upper: bool,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let bytes = params.dtype.bytes();
    let [planes, rows, columns] = params.array().map(|size| size as usize);
    params.elements(&[planes, rows, columns], bytes);
    let (diagonal, upper) = (i64::from(params.i32()), params.flag());
    params.check()?;
    Ok(Planned::new(Triangle { bytes, planes, rows, columns, diagonal, upper }))
}

impl Instruction for Triangle {
    fn extents(&self) -> Extents {
        Extents::bytes(&[product(&[self.planes, self.rows, self.columns, self.bytes]); 2])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Triangle { bytes, planes, rows, columns, diagonal, upper } = *self;
        for row in share.range(planes * rows) {
            // Where the upper triangle begins, or the lower one ends.
            let edge = (row % rows) as i64 + diagonal + i64::from(!upper);
            let cut = edge.clamp(0, columns as i64) as usize;
            let (kept, zeros) = if upper { (cut..columns, 0..cut) } else { (0..cut, cut..columns) };
            let start = row * columns;
            // SAFETY: both hold the row, which this part alone writes; all bits 0 are the number 0.
            unsafe {
                let (x, y) = (operands.pointer::<u8>(0), operands.pointer::<u8>(1));
                let from = (start + kept.start) * bytes;
                x.add(from).copy_to(y.add(from), kept.len() * bytes);
                y.add((start + zeros.start) * bytes).write_bytes(0, zeros.len() * bytes);
            }
        }
        Ok(())
    }
}
