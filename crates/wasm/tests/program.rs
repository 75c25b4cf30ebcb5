//! Decoding and running programs natively, and words that are no program.

mod opcodes;

use opcodes::opcode;
use std::sync::atomic::{AtomicUsize, Ordering};
use striate_core::fault::Code;
use striate_core::instructions::activation::Act;
use striate_core::instructions::binary::Kind;
use striate_core::instructions::dtype::Dtype;
use striate_core::instructions::ENTRIES;
use striate_wasm::program::{Program, ABSENT};

const F32: u32 = Dtype::F32 as u32;

/// `arena[8..8 + n] = 3; out = -(x + arena[8..])`.
fn program(n: u32) -> Vec<u32> {
    let mut words = vec![3, 3];
    words.extend([opcode("fill"), 1, 0, 32, 3, F32, n, 3f32.to_bits()]);
    words.extend([opcode("binary"), 3, 1, 0, 0, 32, 2, 0, 6, F32, Kind::Add as u32, 1, n, 1, 1]);
    words.extend([opcode("unary"), 2, 2, 0, 2, 0, 5, F32, Act::Neg as u32, 0, 0, n]);
    words
}

fn refused(words: &[u32]) -> Code {
    match Program::decode(words) {
        Ok(_) => panic!("{words:?} is a program"),
        Err(fault) => fault.code,
    }
}

#[test]
fn a_program_runs_on_the_bases_it_is_given() {
    let program = Program::decode(&program(5)).unwrap();
    let (mut arena, x) = ([0f32; 16], [1f32, 2.0, 3.0, 4.0, 5.0]);
    for parts in 1..=3 {
        let mut y = [0f32; 5];
        let bases = [arena.as_mut_ptr(), x.as_ptr().cast_mut(), y.as_mut_ptr()];
        for (base, address) in program.bases().iter().zip(bases) {
            base.store(address.expose_provenance(), Ordering::Relaxed);
        }
        for step in 0..3 {
            for part in 0..parts {
                // SAFETY: the bases hold what the three steps touch.
                unsafe { program.step(step, part, parts).unwrap() };
            }
        }
        assert_eq!(y, [-4.0, -5.0, -6.0, -7.0, -8.0]);
        // SAFETY: as above; nothing runs for a step or a part that does not exist.
        unsafe {
            assert_eq!(program.run(0, 1), Ok(()));
            assert_eq!(program.step(3, 0, 1).unwrap_err().code, Code::BadInstruction);
            assert_eq!(program.run(1, 1).unwrap_err().code, Code::BadInstruction);
            assert_eq!(program.run(0, 0).unwrap_err().code, Code::BadInstruction);
        }
        assert_eq!(y, [-4.0, -5.0, -6.0, -7.0, -8.0]);
    }
}

#[test]
fn a_program_runs_on_bases_of_the_callers() {
    let program = Program::decode(&program(5)).unwrap();
    let (mut arena, x, mut y) = ([0f32; 16], [1f32, 2.0, 3.0, 4.0, 5.0], [0f32; 5]);
    let bases = [arena.as_mut_ptr(), x.as_ptr().cast_mut(), y.as_mut_ptr()]
        .map(|address| AtomicUsize::new(address.expose_provenance()));
    // SAFETY: the bases hold what the three steps touch; the program's own are not bound.
    unsafe {
        assert_eq!(program.run_on(&bases, 0, 1), Ok(()));
        assert_eq!(program.run_on(&bases, 1, 1).unwrap_err().code, Code::BadInstruction);
    }
    assert_eq!(y, [-4.0, -5.0, -6.0, -7.0, -8.0]);
    assert!(program.bases().iter().all(|base| base.load(Ordering::Relaxed) == 0));
}

#[test]
fn a_step_fits_where_its_operands_lie_in_their_bases() {
    let program = Program::decode(&program(5)).unwrap();
    let fitting = |bytes: &[u32]| [0, 1, 2].map(|step| program.fits(step, 1, bytes));
    // Five floats from byte 32 on, x, and y.
    assert_eq!(fitting(&[52, 20, 20]), [true, true, true]);
    assert_eq!(fitting(&[51, 20, 20]), [false, false, true]);
    assert_eq!(fitting(&[52, 19, 20]), [true, false, true]);
    assert_eq!(fitting(&[52, 20, 19]), [true, false, false]);
    assert_eq!(fitting(&[52, 20]), [false, false, false]);
    assert!(!program.fits(3, 1, &[52, 20, 20]));
}

#[test]
fn scratch_memory_lies_in_the_arena_apart_from_all_else() {
    // The three largest of nine floats.
    let sort = |scratch: [u32; 2]| {
        let mut words = vec![2, 1, opcode("sort"), 4, 0, 0, 0, 64, 0, 128];
        words.extend(scratch);
        words.extend([6, F32, 1, 9, 1, 3, 1]);
        Program::decode(&words).unwrap()
    };
    let bytes = [320, 320];
    assert!(sort([0, 192]).fits(0, 1, &bytes));
    assert!(sort([0, 192]).fits(0, 2, &bytes));
    assert!(!sort([0, 192]).fits(0, 3, &bytes), "it ends beyond the arena");
    assert!(!sort([0, 100]).fits(0, 1, &bytes), "the places of the results");
    assert!(!sort([1, 192]).fits(0, 1, &bytes), "another base");
}

#[test]
fn words_that_are_no_program_are_refused() {
    let whole = program(5);
    for length in 0..whole.len() {
        assert_eq!(refused(&whole[..length]), Code::BadInstruction, "cut after {length} words");
    }
    let with = |index: usize, value: u32| {
        let mut words = whole.clone();
        words[index] = value;
        refused(&words)
    };
    for (index, value, what) in [
        (0, u32::MAX, "bases without end"),
        (0, 2, "a base that does not exist"),
        (1, u32::MAX, "steps without end"),
        (1, 2, "a step too few"),
        (2, 0, "another opcode"),
        (2, u32::MAX, "an opcode that does not exist"),
        (3, 2, "an operand too many"),
        (4, ABSENT, "a required operand that is absent"),
        (6, u32::MAX, "parameters without end"),
        (6, 2, "a parameter too few"),
        (7, 4, "elements of no type"),
    ] {
        assert_eq!(with(index, value), Code::BadInstruction, "{what}");
    }
    assert_eq!(with(8, u32::MAX), Code::TooLarge);
    assert!(Program::decode(&[5, 0]).is_ok(), "no steps");
}

/// Numbers at which checks of sizes tend to break.
const ODD: [u32; 14] =
    [0, 1, 2, 3, 4, 5, 7, 64, 1 << 16, 1 << 29, i32::MAX as u32, 1 << 31, u32::MAX - 1, u32::MAX];

#[test]
fn random_parameters_are_validated_without_a_panic() {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let mut accepted = 0;
    for _ in 0..60_000 {
        for (opcode, entry) in ENTRIES.iter().enumerate() {
            let count = next() % 34;
            // Half of the rounds keep to small numbers, so that some problems are valid.
            let limit = if next() % 2 == 0 { 4 } else { ODD.len() };
            let mut words = vec![1, 1, opcode as u32, entry.operands as u32];
            words.extend(std::iter::repeat_n([0, 0], entry.operands).flatten());
            words.push(count as u32);
            words.extend((0..count).map(|_| ODD[next() % limit]));
            // The element type is a valid one most of the time.
            if count > 0 && next() % 8 > 0 {
                let at = words.len() - count;
                words[at] = next() as u32 % 4 * u32::from(next() % 4 == 0);
            }
            accepted += usize::from(Program::decode(&words).is_ok());
        }
    }
    assert!(accepted > 1000, "{accepted}");
}
