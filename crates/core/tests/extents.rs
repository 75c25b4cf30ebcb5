//! Instructions touch nothing beyond the extents that they give: each runs many times, by words that are its sample's with some
//! changed, on operands as large as it says and whatever they hold, between pages that nobody may touch.
#![cfg(target_os = "linux")]

mod guarded;
mod planning;

use guarded::Guarded;
use planning::plan;
use std::io::Write;
use striate_core::instructions::{Entry, Extents, Operands, Planned, Share, ENTRIES};

/// Numbers from a seed: Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 16) % end
    }

    /// A size, a flag, a number out of range, or any bits.
    fn word(&mut self) -> u32 {
        match self.below(8) {
            0 => 0,
            1..=4 => self.below(12) as u32,
            5 => self.below(300) as u32,
            6 => -(self.below(12) as i32) as u32,
            _ => self.next() as u32,
        }
    }
}

/// The sample's words, some of them changed; every fourth time the sample's own.
fn words(entry: &Entry, random: &mut Random, turn: usize) -> Vec<u32> {
    let mut words = entry.sample.words.to_vec();
    if !turn.is_multiple_of(4) && !words.is_empty() {
        for _ in 0..=random.below(3) {
            let at = random.below(words.len() as u64) as usize;
            words[at] = random.word();
        }
    }
    words
}

/// What is run is small, so that many are.
const MOST: usize = 1 << 18;

fn run(entry: &Entry, instruction: &Planned, random: &mut Random) {
    let Extents { mut bytes, needed } = instruction.extents();
    let parts = 1 + random.below(3) as usize;
    let scratch = instruction.scratch().saturating_mul(parts);
    if scratch > 0 {
        bytes[entry.operands - 1] = scratch;
    }
    let bytes = &bytes[..entry.operands];
    if bytes.iter().any(|&bytes| bytes > MOST) {
        return;
    }
    let mut memory: Vec<Guarded> = bytes.iter().map(|&bytes| Guarded::new(bytes)).collect();
    let style = random.below(3);
    for operand in &mut memory {
        let mut bits = random.next();
        operand.fill(|| {
            bits = bits.rotate_left(8);
            match style {
                // Any bits; small integers; small floats.
                0 => random.next() as u8,
                1 => u8::from(bits.is_multiple_of(4)) * (bits >> 8) as u8 % 5,
                _ => [0, 0, (bits >> 56) as u8, 0x3f][(bits % 4) as usize],
            }
        });
    }
    let absent = random.next() as u32 & entry.optional & !needed;
    let addresses: Vec<*mut u8> = memory.iter().map(Guarded::address).collect();
    let present = |(index, address): (usize, &*mut u8)| {
        if absent & (1 << index) == 0 {
            *address
        } else {
            std::ptr::null_mut()
        }
    };
    let addresses: Vec<*mut u8> = addresses.iter().enumerate().map(present).collect();
    for part in 0..parts {
        // What its data is wrong about is a fault.
        // SAFETY: the operands are as large as the instruction says.
        let _ = unsafe { instruction.run(&Operands::new(&addresses), Share { part, parts }) };
    }
}

#[test]
fn nothing_beyond_its_extents_is_touched() {
    let turns = std::env::var("TURNS").map_or(60, |turns| turns.parse().unwrap());
    for (index, entry) in ENTRIES.iter().enumerate() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (index as u64 + 1));
        let mut ran = 0;
        for turn in 0..turns {
            let words = words(entry, &mut random, turn);
            let dtype = entry.sample.dtypes[random.below(entry.sample.dtypes.len() as u64) as usize];
            let Ok(instruction) = plan(entry.name, dtype, &words) else { continue };
            if std::env::var_os("SHOW").is_some() {
                // Not by a macro, whose output a process that is ended does not show.
                writeln!(std::io::stderr(), "{} {dtype:?} {words:?}", entry.name).unwrap();
            }
            run(entry, &instruction, &mut random);
            ran += 1;
        }
        assert!(ran * 4 >= turns, "{}: {ran} of {turns}", entry.name);
    }
}
