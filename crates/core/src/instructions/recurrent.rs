//! RECURRENT: the steps of an RNN, GRU or LSTM whose input is projected already; one direction, or both.
//!
//! With `p` the projection (and biases), `R` the hidden weights, f, g and h the activations of a direction:
//! RNN (1 gate):   `h' = f(p + R h)`
//! GRU (3, z r n): `z, r = f(p + R h)`, `n = g(p + R (r h))`, or after the product `n = g(p + r (R h + extra))`,
//!                 `h' = (1 - z) n + z h`
//! LSTM (4, i o f c): `i, f = f(p + R h + extra c)`, `c' = f c + i g(p + R h)`, `o = f(p + R h + extra c')`, `h' = o h(c')`
//!
//! Params: steps, batch, units, gates, directions (1 or 2), reverse (of one direction), after (the GRU's product), coupled
//! (the LSTM's f is 1 - i), clip (what activations take lies within it), then act, p0, p1 of f, g and h for each direction.
//! Operands: p `[steps, batch, directions, gates, units]`; weights, a panel per direction, group of gates and block of 4
//! units: `[unit of h][gate][4]`, padded to an even number of blocks with anything, a GRU's gates in one group or, where the product comes
//! last, in two (z r, then n); extra: peepholes `[directions, 3, units]` in the order i o f, or the n part of the recurrent
//! bias `[directions, units]`; lengths `[batch]`, within 0 and steps; state and last `[states, directions, batch, units]`,
//! h and, of an LSTM, c; y `[steps, directions, batch, units]`, zero from a row's length on.
//! The share's items are the rows of all directions; each is computed by itself, so in the same order whatever the share.

use super::activation::Activation;
use super::sample::Sample;
use super::{product, Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;
use crate::simd::{F32x4, LANES};

pub const ENTRIES: &[Entry] = &[Entry::new(
    "recurrent",
    "p, weights, extra?, lengths?, state -> y, last; scratch",
    FLOAT,
    decode,
    Sample::new(
        &[3, 2, 5, 4, 2, 0, 0, 0, 0x7f80_0000, 5, 0, 0, 6, 0, 0, 6, 0, 0, 5, 0, 0, 6, 0, 0, 6, 0, 0],
        &[240, 320, 30, 0, 40, 60, 40],
    ),
)];

/// Units that a panel is wide.
const BLOCK: usize = LANES;
/// Rows that go through the steps together: each panel is read from the nearest cache by all but the first.
const ROWS: usize = 16;

struct Recurrent {
    steps: usize,
    batch: usize,
    units: usize,
    gates: usize,
    directions: usize,
    reverse: bool,
    after: bool,
    coupled: bool,
    clip: f32,
    acts: [[Activation; 3]; 2],
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let [steps, batch, units, gates, directions] = params.array().map(|word| word as usize);
    let (reverse, after, coupled) = (params.flag(), params.flag(), params.flag());
    let clip = params.f32();
    if !matches!(gates, 1 | 3 | 4) {
        params.refuse(gates as u32);
    }
    if !matches!(directions, 1 | 2) {
        params.refuse(directions as u32);
    }
    params.elements(&[steps, batch, directions * gates.min(4), units], 4);
    params.elements(&[directions * gates.min(4), units, units + 2 * BLOCK], 4);
    params.elements(&[2 * directions, batch, units], 4);
    params.check()?;
    let mut acts = [[Activation::NONE; 3]; 2];
    for act in acts.iter_mut().take(directions).flatten() {
        let (kind, p0, p1) = (params.kind(), params.f32(), params.f32());
        params.check()?;
        *act = Activation::new(kind, p0, p1)?;
    }
    Ok(Planned::new(Recurrent {
        steps,
        batch,
        units,
        gates,
        directions,
        reverse,
        after,
        coupled,
        clip,
        acts,
    }))
}

impl Instruction for Recurrent {
    fn extents(&self) -> Extents {
        let Recurrent { steps, batch, units, gates, directions, .. } = *self;
        let (states, extra) = if gates == 4 { (2, 3) } else { (1, 1) };
        let y = product(&[steps, directions, batch, units]);
        let last = product(&[states, directions, batch, units]);
        let weights = product(&[directions, units, gates, self.wide()]);
        Extents::words(&[y.saturating_mul(gates), weights, directions * extra * units, batch, last, y, last])
    }

    fn scratch(&self) -> usize {
        4 * self.rows() * self.gate_room()
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        let range = share.range(if self.units == 0 { 0 } else { self.directions * self.batch });
        let mut item = range.start;
        while item < range.end {
            let (direction, row) = (item / self.batch, item % self.batch);
            let count = self.rows().min(self.batch - row).min(range.end - item);
            // SAFETY: the operands hold what the words say; these rows are of no other part, and so is its scratch memory.
            unsafe {
                let gates = operands.pointer::<f32>(7).add(share.part * self.rows() * self.gate_room());
                Rows { cell: self, operands, direction, row, count, gates }.run();
            }
            item += count;
        }
        Ok(())
    }
}

impl Recurrent {
    /// The units, filled up to whole pairs of blocks.
    fn wide(&self) -> usize {
        self.units.div_ceil(2 * BLOCK) * 2 * BLOCK
    }

    fn rows(&self) -> usize {
        ROWS.min(self.batch)
    }

    /// Scratch elements of a row: its gates, and what the second product of a GRU reads.
    fn gate_room(&self) -> usize {
        (self.gates + 1) * self.wide()
    }
}

/// Neighbouring rows of one direction.
struct Rows<'a> {
    cell: &'a Recurrent,
    operands: &'a Operands,
    direction: usize,
    row: usize,
    count: usize,
    gates: *mut f32,
}

/// Up to four elements, zeros behind them.
///
/// # Safety
/// `count` elements can be read.
#[inline(always)]
unsafe fn load(from: *const f32, count: usize) -> F32x4 {
    // SAFETY: the caller's guarantee.
    unsafe {
        match count {
            0 => F32x4::ZERO,
            1..LANES => F32x4::load_partial(from, count),
            _ => F32x4::load(from),
        }
    }
}

impl Rows<'_> {
    /// # Safety
    /// As [`Instruction::run`], for these rows.
    unsafe fn run(&self) {
        let Recurrent { steps, batch, units, directions, .. } = *self.cell;
        let (first, states) = (self.direction * batch + self.row, directions * batch * units);
        let [state, y, last] = [4, 5, 6].map(|index| self.operands.pointer::<f32>(index));
        let lengths = self.operands.pointer::<i32>(3);
        let backward = self.cell.reverse || self.direction == 1;
        // SAFETY: the caller's guarantee; every length is brought within the steps.
        unsafe {
            let length = |row: usize| {
                if lengths.is_null() {
                    steps
                } else {
                    (*lengths.add(self.row + row)).clamp(0, steps as i32) as usize
                }
            };
            let output = |row: usize, t: usize| {
                y.add(((t * directions + self.direction) * batch + self.row + row) * units)
            };
            if self.cell.gates == 4 {
                let at = states + first * units;
                core::ptr::copy_nonoverlapping(state.add(at), last.add(at), self.count * units);
            }
            for step in 0..steps {
                let (mut hidden, mut times, mut live) = ([core::ptr::null(); ROWS], [0; ROWS], [0; ROWS]);
                let mut count = 0;
                for row in 0..self.count {
                    let length = length(row);
                    if step >= length {
                        continue;
                    }
                    let time = |step: usize| if backward { length - 1 - step } else { step };
                    times[count] = time(step);
                    live[count] = row;
                    hidden[count] = if step == 0 {
                        state.add((first + row) * units).cast_const()
                    } else {
                        output(row, time(step - 1)).cast_const()
                    };
                    count += 1;
                }
                let of = Live { hidden, times, rows: live, count };
                match self.cell.gates {
                    1 => self.simple(&of, &output),
                    3 => self.gru(&of, &output),
                    _ => self.lstm(&of, &output, last.add(states + first * units)),
                }
            }
            for row in 0..self.count {
                let length = length(row);
                for t in length..steps {
                    core::ptr::write_bytes(output(row, t), 0, units);
                }
                let from = match length {
                    0 => state.add((first + row) * units),
                    _ => output(row, if backward { 0 } else { length - 1 }),
                };
                core::ptr::copy_nonoverlapping(from, last.add((first + row) * units), units);
            }
        }
    }

    /// The projection of gate `gate` at time t.
    unsafe fn projected(&self, row: usize, t: usize, gate: usize) -> *const f32 {
        let Recurrent { batch, units, gates, directions, .. } = *self.cell;
        let place = ((t * batch + self.row + row) * directions + self.direction) * gates + gate;
        // SAFETY: the caller's row, time and gate are within their sizes.
        unsafe { self.operands.pointer::<f32>(0).add(place * units).cast_const() }
    }

    /// Gate `gate` of the `index`th live row in the scratch memory.
    unsafe fn gate(&self, index: usize, gate: usize) -> *mut f32 {
        // SAFETY: the scratch memory has room for the gates of so many rows.
        unsafe { self.gates.add(index * self.cell.gate_room() + gate * self.cell.wide()) }
    }

    /// The operand that follows the cell: of gate `gate`; null where there is none.
    unsafe fn extra(&self, gate: usize, gates: usize) -> *const f32 {
        let extra = self.operands.pointer::<f32>(2).cast_const();
        if extra.is_null() {
            return extra;
        }
        // SAFETY: it holds `gates` for each direction.
        unsafe { extra.add((self.direction * gates + gate) * self.cell.units) }
    }

    /// `gates[first + g] = start[g] + R[g] x` of G gates for each live row. R rows at a time, or two panels of what rows are left:
    /// eight sums or more, so that none waits for its own last addition.
    ///
    /// # Safety
    /// `input` gives rows of units, `start` as many or null; the panels of this group lie behind `before` others.
    unsafe fn product<const G: usize, const R: usize>(
        &self,
        of: &Live,
        (first, before): (usize, usize),
        input: impl Fn(usize) -> *const f32,
        start: impl Fn(usize, usize) -> *const f32,
    ) {
        let (units, wide) = (self.cell.units, self.cell.wide());
        let group = (self.direction * self.cell.gates + before) * wide * units;
        // SAFETY: the caller's guarantee; panels and scratch memory are filled up to whole pairs of blocks.
        unsafe {
            let panels = self.operands.pointer::<f32>(1).cast_const().add(group);
            let mut rows = [(core::ptr::null(), core::ptr::null_mut()); ROWS];
            for (index, row) in rows.iter_mut().enumerate().take(of.count) {
                *row = (input(index), self.gate(index, first));
                for g in 0..G {
                    begin(self.gate(index, first + g), start(index, g), units);
                }
            }
            for pair in (0..wide).step_by(2 * BLOCK) {
                let (together, left) = rows[..of.count].as_chunks::<R>();
                for block in [pair, pair + BLOCK] {
                    for rows in together {
                        tile::<G, R, 1>(rows, panels, block, units, wide);
                    }
                }
                for row in left {
                    tile::<G, 1, 2>(&[*row], panels, pair, units, wide);
                }
            }
        }
    }

    /// `gate = act(clip(gate))`.
    unsafe fn activate(&self, which: usize, gate: *mut f32) {
        let (low, high) = (F32x4::splat(-self.cell.clip), F32x4::splat(self.cell.clip));
        // SAFETY: the caller's gate has room for whole blocks.
        unsafe {
            if self.cell.clip < f32::INFINITY {
                self.each(|u, _| {
                    F32x4::load(gate.add(u)).pmax(low).pmin(high).store(gate.add(u));
                });
            }
            self.cell.acts[self.direction][which].map(gate, gate, self.cell.units);
        }
    }

    /// Calls `body` with each place of a vector of units, and how many there are from there on.
    #[inline(always)]
    fn each(&self, body: impl Fn(usize, usize)) {
        for u in (0..self.cell.units).step_by(LANES) {
            body(u, LANES.min(self.cell.units - u));
        }
    }

    unsafe fn simple(&self, of: &Live, output: &impl Fn(usize, usize) -> *mut f32) {
        // SAFETY: the caller's guarantee.
        unsafe {
            self.product::<1, 8>(
                of,
                (0, 0),
                |i| of.hidden[i],
                |i, g| self.projected(of.rows[i], of.times[i], g),
            );
            for index in 0..of.count {
                let gate = self.gate(index, 0);
                self.activate(0, gate);
                let y = output(of.rows[index], of.times[index]);
                self.each(|u, n| F32x4::load(gate.add(u)).store_partial(y.add(u), n));
            }
        }
    }

    unsafe fn gru(&self, of: &Live, output: &impl Fn(usize, usize) -> *mut f32) {
        // SAFETY: the rows and times are those of the step.
        let start = |i: usize, g: usize| unsafe { self.projected(of.rows[i], of.times[i], g) };
        // SAFETY: the caller's guarantee; gate 3 of a row is room for what the second product reads.
        unsafe {
            let bias = self.extra(0, 1);
            if self.cell.after {
                let start = |i: usize, g: usize| if g == 2 { bias } else { start(i, g) };
                self.product::<3, 3>(of, (0, 0), |i| of.hidden[i], start);
            } else {
                self.product::<2, 4>(of, (0, 0), |i| of.hidden[i], start);
            }
            for index in 0..of.count {
                let [z, r, n, reset] = [0, 1, 2, 3].map(|gate| self.gate(index, gate));
                self.activate(0, z);
                self.activate(0, r);
                let p = start(index, 2);
                let h = of.hidden[index];
                self.each(|u, count| {
                    let r = F32x4::load(r.add(u));
                    if self.cell.after {
                        let sum = F32x4::load(n.add(u)).mul_add_exact(r, load(p.add(u), count));
                        sum.store(n.add(u));
                    } else {
                        r.mul(load(h.add(u), count)).store(reset.add(u));
                    }
                });
            }
            if !self.cell.after {
                let input = |i: usize| self.gate(i, 3).cast_const();
                self.product::<1, 8>(of, (2, 2), input, |i, _| start(i, 2));
            }
            for index in 0..of.count {
                let [z, n] = [0, 2].map(|gate| self.gate(index, gate));
                self.activate(1, n);
                let (h, y) = (of.hidden[index], output(of.rows[index], of.times[index]));
                self.each(|u, count| {
                    let (z, n) = (F32x4::load(z.add(u)), F32x4::load(n.add(u)));
                    let kept = z.mul(load(h.add(u), count));
                    F32x4::splat(1.0).sub(z).mul_add_exact(n, kept).store_partial(y.add(u), count);
                });
            }
        }
    }

    unsafe fn lstm(&self, of: &Live, output: &impl Fn(usize, usize) -> *mut f32, cells: *mut f32) {
        let one = F32x4::splat(1.0);
        // SAFETY: the caller's guarantee.
        unsafe {
            self.product::<4, 2>(
                of,
                (0, 0),
                |i| of.hidden[i],
                |i, g| self.projected(of.rows[i], of.times[i], g),
            );
            let peepholes = [0, 1, 2].map(|gate| self.extra(gate, 3));
            for index in 0..of.count {
                let [i, o, f, g] = [0, 1, 2, 3].map(|gate| self.gate(index, gate));
                let c = cells.add(of.rows[index] * self.cell.units);
                let y = output(of.rows[index], of.times[index]);
                self.peep(i, peepholes[0], c);
                self.peep(f, peepholes[2], c);
                self.activate(0, i);
                self.activate(1, g);
                if !self.cell.coupled {
                    self.activate(0, f);
                }
                self.each(|u, count| {
                    let i = F32x4::load(i.add(u));
                    let f = if self.cell.coupled { one.sub(i) } else { F32x4::load(f.add(u)) };
                    let kept = f.mul(load(c.add(u), count));
                    i.mul_add_exact(F32x4::load(g.add(u)), kept).store_partial(c.add(u), count);
                });
                self.peep(o, peepholes[1], c);
                self.activate(0, o);
                self.cell.acts[self.direction][2].map(c, g, self.cell.units);
                self.each(|u, count| {
                    F32x4::load(o.add(u)).mul(F32x4::load(g.add(u))).store_partial(y.add(u), count);
                });
            }
        }
    }

    /// `gate += peephole * c`, where there is one.
    unsafe fn peep(&self, gate: *mut f32, peephole: *const f32, c: *const f32) {
        if peephole.is_null() {
            return;
        }
        // SAFETY: the caller's guarantee: units of each.
        unsafe {
            self.each(|u, count| {
                let seen = load(peephole.add(u), count)
                    .mul_add_exact(load(c.add(u), count), F32x4::load(gate.add(u)));
                seen.store(gate.add(u));
            });
        }
    }
}

/// What the sums of a gate begin with: zeros where there is nothing.
///
/// # Safety
/// The gate has room for the units; `start` holds them or is null.
#[inline(never)]
unsafe fn begin(gate: *mut f32, start: *const f32, units: usize) {
    // SAFETY: the caller's guarantee.
    unsafe {
        if start.is_null() {
            core::ptr::write_bytes(gate, 0, units);
        } else {
            core::ptr::copy_nonoverlapping(start, gate, units);
        }
    }
}

/// `gates[g] += R[g] x` of G gates for each row, an x and its gates: the sums of R rows and of B panels from `block` on.
///
/// # Safety
/// `panels` holds them, each x holds the units, and there is room for `wide` units of each gate.
#[inline(never)]
unsafe fn tile<const G: usize, const R: usize, const B: usize>(
    rows: &[(*const f32, *mut f32); R],
    panels: *const f32,
    block: usize,
    units: usize,
    wide: usize,
) {
    let inputs = rows.map(|(x, _)| x);
    let place = |row: usize, part: usize, g: usize| rows[row].1.wrapping_add(g * wide + block + part * BLOCK);
    // SAFETY: the caller's guarantee.
    unsafe {
        let mut panels: [_; B] = core::array::from_fn(|part| panels.add((block + part * BLOCK) * units * G));
        let mut sums: [[[F32x4; G]; B]; R] = core::array::from_fn(|row| {
            core::array::from_fn(|part| core::array::from_fn(|g| F32x4::load(place(row, part, g))))
        });
        for k in 0..units {
            let values = inputs.map(|x| F32x4::load_splat(x.add(k)));
            for (part, panel) in panels.iter_mut().enumerate() {
                for g in 0..G {
                    let weight = F32x4::load(panel.add(g * BLOCK));
                    for (sums, value) in sums.iter_mut().zip(values) {
                        sums[part][g] = weight.madd(value, sums[part][g]);
                    }
                }
                *panel = panel.add(G * BLOCK);
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (part, sums) in sums.iter().enumerate() {
                for (g, sum) in sums.iter().enumerate() {
                    sum.store(place(row, part, g));
                }
            }
        }
    }
}

/// The rows that are not at their end yet.
struct Live {
    /// What a row's hidden units were before the step.
    hidden: [*const f32; ROWS],
    times: [usize; ROWS],
    rows: [usize; ROWS],
    count: usize,
}
