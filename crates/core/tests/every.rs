//! Each instruction once, by the sample that stands beside its entry. Whole and in any number of parts it writes the same
//! bits and all of its outputs; fewer words, or another element type, are refused.

mod planning;

use planning::plan;
use std::collections::BTreeSet;
use striate_core::fault::Code;
use striate_core::instructions::dtype::Dtype::{F32, I32, I8, U8};
use striate_core::instructions::sample::number;
use striate_core::instructions::{Entry, Operands, Planned, Share, ENTRIES};

/// How many operands stand before the outputs, and before the scratch memory.
fn places(entry: &Entry) -> (usize, usize) {
    let count = |names: &str| names.split(',').filter(|name| !name.trim().is_empty()).count();
    let (named, _) = entry.signature.split_once(';').unwrap_or((entry.signature, ""));
    let (reads, writes) = named.split_once("->").unwrap();
    (count(reads), count(reads) + count(writes))
}

/// Every operand's elements as words: [`number`]s, but for outputs, of which nothing may be left, and what the sample says.
fn memory(entry: &Entry) -> Vec<Vec<u32>> {
    let (inputs, _) = places(entry);
    let element = |operand: usize, i: usize| match entry.sample.special {
        Some((special, element)) if special == operand => element(i),
        _ if operand >= inputs => f32::NAN.to_bits(),
        _ => number(i),
    };
    let operands = entry.sample.operands.iter().enumerate();
    operands.map(|(operand, &count)| (0..count).map(|i| element(operand, i)).collect()).collect()
}

/// What the outputs hold after a run in so many parts, the last first.
fn run(entry: &Entry, instruction: &Planned, parts: usize) -> Vec<Vec<u32>> {
    let mut memory = memory(entry);
    let mut scratch = vec![f32::NAN; instruction.scratch() / 4 * parts];
    let address = |words: &mut Vec<u32>| -> *mut u8 {
        if words.is_empty() {
            core::ptr::null_mut()
        } else {
            words.as_mut_ptr().cast()
        }
    };
    let mut addresses: Vec<*mut u8> = memory.iter_mut().map(address).collect();
    if entry.operands > addresses.len() {
        addresses.push(scratch.as_mut_ptr().cast());
    }
    for part in (0..parts).rev() {
        // SAFETY: the operands have the sizes that the words say.
        unsafe { instruction.run(&Operands::new(&addresses), Share { part, parts }).unwrap() };
    }
    memory.split_off(places(entry).0)
}

#[test]
fn names_differ_and_samples_have_every_operand() {
    let names: BTreeSet<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), ENTRIES.len());
    for entry in ENTRIES {
        assert_eq!(entry.sample.operands.len(), places(entry).1, "{}", entry.name);
    }
}

#[test]
fn each_writes_all_of_its_outputs_the_same_in_any_number_of_parts() {
    for entry in ENTRIES {
        let Entry { name, sample, .. } = entry;
        let instruction = plan(name, sample.dtypes[0], sample.words).unwrap();
        let whole = run(entry, &instruction, 1);
        assert!(whole.iter().any(|output| !output.is_empty()), "{name}: no output");
        let written = whole.iter().flatten().all(|&word| word != f32::NAN.to_bits());
        assert!(written, "{name}: an element is left as it was");
        for parts in 2..=4 {
            assert!(run(entry, &instruction, parts) == whole, "{name}, {parts} parts");
        }
    }
}

#[test]
fn fewer_words_and_other_element_types_are_refused() {
    for Entry { name, sample, .. } in ENTRIES {
        for length in 0..sample.words.len() {
            let fault = plan(name, sample.dtypes[0], &sample.words[..length]).err();
            let fault = fault.unwrap_or_else(|| panic!("{name}: {length}"));
            assert_eq!(fault.code, Code::BadInstruction, "{name}, {length} words");
        }
        let all = [F32, I32, U8, I8];
        let taken = all.map(|dtype| plan(name, dtype, sample.words).is_ok());
        assert_eq!(taken, all.map(|dtype| sample.dtypes.contains(&dtype)), "{name}");
    }
}
