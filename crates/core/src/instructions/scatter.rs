//! SCATTER: `y[plane, indices[plane, i]] = x[plane, i]` or `+= x[plane, i]`, in the order of i; y is zero elsewhere.
//! GATHER: `y[plane, i] = x[plane, indices[plane, i]]`.
//!
//! Params: planes, elements of a plane that has indices, elements of the plane that they point into; scatter:
//! [`Writing`]. Operands: x, indices (int32), y. Planes are divided among the parts.
//!
//! Assigning, an index outside its plane is a fault: it is left out, and all others are written. Adding and gathering,
//! where indices are this library's own, it is left out (or 0): -1 is a window that met no element.

use super::sample::Sample;
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::enumeration::enumeration;
use crate::fault::{Code, Fault};
use crate::instructions::entry::FLOAT;

pub const ENTRIES: &[Entry] = &[
    Entry::new(
        "scatter",
        "x, indices -> y",
        FLOAT,
        decode_scatter,
        Sample::new(&[3, 5, 7, 1], &[15, 15, 21]).with(1, |i| (i * 3 % 7) as u32),
    ),
    Entry::new(
        "gather",
        "x, indices -> y",
        FLOAT,
        decode_gather,
        Sample::new(&[3, 5, 7], &[21, 15, 15]).with(1, |i| (i * 3 % 7) as u32),
    ),
];

struct Planes {
    count: usize,
    /// Elements per plane of the side with indices, and of the side that they point into.
    indexed: usize,
    size: usize,
}

impl Planes {
    fn read(params: &mut Params) -> Planes {
        let [count, indexed, size] = params.array().map(|word| word as usize);
        params.elements(&[count, indexed], 4);
        params.elements(&[count, size], 4);
        Planes { count, indexed, size }
    }

    /// Of the side with indices, and of the side that they point into.
    fn elements(&self) -> [usize; 2] {
        [self.count * self.indexed, self.count * self.size]
    }
}

enumeration! {
    pub enum Writing {
        Assign,
        Add,
    }
}

struct Scatter {
    planes: Planes,
    add: bool,
}

struct Gather {
    planes: Planes,
}

fn decode_scatter(params: &mut Params) -> Result<Planned, Fault> {
    let (planes, add) = (Planes::read(params), params.kind::<Writing>() == Writing::Add);
    params.check()?;
    Ok(Planned::new(Scatter { planes, add }))
}

fn decode_gather(params: &mut Params) -> Result<Planned, Fault> {
    let planes = Planes::read(params);
    params.check()?;
    Ok(Planned::new(Gather { planes }))
}

impl Instruction for Scatter {
    fn extents(&self) -> Extents {
        let [indexed, whole] = self.planes.elements();
        Extents::words(&[indexed, indexed, whole])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Planes { count, indexed, size } = self.planes;
        let mut outcome = Ok(());
        for plane in share.range(count) {
            // SAFETY: the operands have as many elements as the words say, and this plane of y is this part's.
            let (x, indices, y) = unsafe {
                let y = operands.pointer::<f32>(2).add(plane * size);
                (
                    core::slice::from_raw_parts(operands.pointer::<f32>(0).add(plane * indexed), indexed),
                    core::slice::from_raw_parts(operands.pointer::<i32>(1).add(plane * indexed), indexed),
                    core::slice::from_raw_parts_mut(y, size),
                )
            };
            y.fill(0.0);
            for (&value, &index) in x.iter().zip(indices) {
                match y.get_mut(index as usize) {
                    Some(place) if self.add => *place += value,
                    Some(place) => *place = value,
                    None if self.add || outcome.is_err() => {}
                    None => outcome = Err(Fault::new(Code::IndexOutside, [index, size as i32, 0])),
                }
            }
        }
        outcome
    }
}

impl Instruction for Gather {
    fn extents(&self) -> Extents {
        let [indexed, whole] = self.planes.elements();
        Extents::words(&[whole, indexed, indexed])
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let Planes { count, indexed, size } = self.planes;
        for plane in share.range(count) {
            // SAFETY: as in `Scatter`.
            let (x, indices, y) = unsafe {
                let y = operands.pointer::<f32>(2).add(plane * indexed);
                (
                    core::slice::from_raw_parts(operands.pointer::<f32>(0).add(plane * size), size),
                    core::slice::from_raw_parts(operands.pointer::<i32>(1).add(plane * indexed), indexed),
                    core::slice::from_raw_parts_mut(y, indexed),
                )
            };
            for (place, &index) in y.iter_mut().zip(indices) {
                *place = x.get(index as usize).copied().unwrap_or(0.0);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::share::tests::run_in_two;

    const X: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

    fn run(
        instruction: &dyn Instruction,
        x: &mut [f32],
        indices: &mut [i32],
        y: &mut [f32],
    ) -> Result<(), Fault> {
        let addresses = [x.as_mut_ptr().cast::<u8>(), indices.as_mut_ptr().cast(), y.as_mut_ptr().cast()];
        run_in_two(instruction, &addresses)
    }

    fn planes() -> Planes {
        Planes { count: 2, indexed: 3, size: 4 }
    }

    #[test]
    fn the_last_of_equal_indices_is_kept_or_all_are_added() {
        let (mut x, mut y) = (X, [9.0; 8]);
        run(&Scatter { planes: planes(), add: false }, &mut x, &mut [1, 1, 0, 3, 2, 3], &mut y).unwrap();
        assert_eq!(y, [3.0, 2.0, 0.0, 0.0, 0.0, 0.0, 5.0, 6.0]);
        run(&Scatter { planes: planes(), add: true }, &mut x, &mut [1, 1, 0, 3, 2, 3], &mut y).unwrap();
        assert_eq!(y, [3.0, 3.0, 0.0, 0.0, 0.0, 0.0, 5.0, 10.0]);
    }

    #[test]
    fn an_index_outside_is_a_fault_of_assignment_and_all_others_are_written() {
        for outside in [4, -1, i32::MAX, i32::MIN] {
            let (mut x, mut y) = (X, [9.0; 8]);
            let mut indices = [1, outside, 0, 3, 2, 1];
            let fault =
                run(&Scatter { planes: planes(), add: false }, &mut x, &mut indices, &mut y).unwrap_err();
            assert_eq!(fault, Fault::new(Code::IndexOutside, [outside, 4, 0]));
            assert_eq!(y, [3.0, 1.0, 0.0, 0.0, 0.0, 6.0, 5.0, 4.0]);
            run(&Scatter { planes: planes(), add: true }, &mut x, &mut indices, &mut y).unwrap();
            assert_eq!(y, [3.0, 1.0, 0.0, 0.0, 0.0, 6.0, 5.0, 4.0]);
        }
    }

    #[test]
    fn gathering_reads_what_scattering_wrote_and_zero_for_what_lies_outside() {
        let (mut x, mut y) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], [9.0; 6]);
        run(&Gather { planes: planes() }, &mut x, &mut [1, 1, 4, 3, -1, 0], &mut y).unwrap();
        assert_eq!(y, [2.0, 2.0, 0.0, 8.0, 0.0, 5.0]);
    }
}
