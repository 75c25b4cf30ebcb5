//! Each instruction once, by words that are valid: every entry of `ENTRIES` must be here. Whole and in any number of parts
//! it writes the same bits and all of its outputs; fewer words, or another element type, are refused.

mod planning;

use planning::plan;
use striate_core::fault::Code;
use striate_core::instructions::conv::Algorithm;
use striate_core::instructions::dtype::Dtype;
use striate_core::instructions::dtype::Dtype::{F32, I32, I8, U8};
use striate_core::instructions::{Operands, Planned, Share, ENTRIES};

/// An instruction's name, element type and words, and how many 4-byte elements each operand before the scratch memory
/// has, 0 being absent; `written` are the outputs' places.
struct Sample {
    name: &'static str,
    dtype: Dtype,
    words: &'static [u32],
    operands: &'static [usize],
    written: &'static [usize],
}

const ONE: u32 = 1f32.to_bits();
const GEMM: u32 = Algorithm::Gemm as u32;
const HALF: u32 = 0.5f32.to_bits();

/// `[input, kernel, stride, dilation, lo, hi]` of depth, height and width: planes of 5x6 under 3x3, padded by one.
macro_rules! window {
    ($($before:expr),*; $($after:expr),*) => {
        &[$($before,)* 1, 1, 1, 1, 0, 0, 5, 3, 1, 1, 1, 1, 6, 3, 1, 1, 1, 1, $($after),*]
    };
}

const fn sample(
    name: &'static str,
    words: &'static [u32],
    operands: &'static [usize],
    written: &'static [usize],
) -> Sample {
    Sample { name, dtype: F32, words, operands, written }
}

/// What is convolved has 2 images of 3 channels, and 4 outputs.
const SAMPLES: [Sample; 27] = [
    sample("conv", window!(2, 1, 3, 4; 0, 0, 1, 0, 0), &[180, 108, 4, 240, 0, 240], &[5]),
    sample("conv pack", &[1, 3, 4, 1, 3, 3, GEMM, 108, 27, 9, 9, 3, 1, 0], &[108, 108], &[1]),
    sample("pool", window!(6; 2, 0, 1, 0, ONE, 0), &[180, 0, 180, 0], &[2]),
    sample("copy", &[2, 5, 1, 6, 6, 5, 1, 0, 0], &[30, 30], &[1]),
    sample("fill", &[37, ONE], &[37], &[0]),
    sample("unary", &[5, 0, 0, 37], &[37, 37], &[1]),
    sample("binary", &[2, 2, 5, 7, 0, 7, 1, 1], &[35, 7, 35], &[2]),
    sample("affine", &[2, 3, 7], &[42, 3, 3, 0, 42], &[4]),
    sample("cast", &[Dtype::I32 as u32, 37], &[37, 37], &[1]),
    sample("random", &[1, 0, ONE, 37], &[3, 37], &[1]),
    sample("stats", &[2, 3, 7], &[42, 3, 3], &[1, 2]),
    sample("conv weight gradient", window!(2, 1, 3, 4;), &[240, 180, 108], &[2]),
    sample("accumulate", &[2, 5, 7, 1, 7, 1, 0, 0, 0], &[35, 5], &[1]),
    sample("reduce", &[1, 3, 5, 7], &[105, 21], &[1]),
    sample("pool gradient", window!(6; 2, 0, 1, 0, ONE, 0), &[180, 0, 0, 180], &[3]),
    sample("scatter", &[3, 5, 7, 1], &[15, 15, 21], &[2]),
    sample("gather", &[3, 5, 7], &[21, 15, 15], &[2]),
    sample("unary gradient", &[5, 0, 0, 37], &[37, 37, 37], &[2]),
    sample("softmax", &[3, 5, 7, 0], &[105, 105], &[1]),
    sample("dropout", &[37, 1, 1 << 31, ONE], &[37, 3, 37], &[2]),
    sample("resample", &[2, 5, 8, 3, 1, 0, HALF, 0, 0, 0], &[30, 48], &[1]),
    sample("grid sample", &[2, 3, 2, 1, 5, 6, 7, 0, 1, 0], &[180, 28, 42], &[2]),
    sample("grid sample gradient", &[2, 3, 2, 1, 5, 6, 7, 0, 1, 0], &[180, 28, 42, 180, 28], &[3, 4]),
    sample("roi align", &[2, 3, 5, 6, 4, 2, 2, ONE, 0, 1], &[180, 20, 48], &[2]),
    sample("roi align gradient", &[2, 3, 5, 6, 4, 2, 2, ONE, 0, 1], &[20, 48, 180], &[2]),
    sample("deform", window!(2, 1, 3, 4; GEMM, 0, 0, 0, 0, 1), &[180, 1080, 0, 108, 4, 240], &[5]),
    sample(
        "deform gradient",
        window!(2, 1, 3, 4; GEMM, 0, 0, 0, 0, 1, 1),
        &[0, 1080, 0, 240, 108, 180, 0],
        &[5],
    ),
];

/// Every operand's elements as words: small floats, but for outputs, of which nothing may be left, and integers.
fn memory(sample: &Sample) -> Vec<Vec<u32>> {
    let fresh = |operand: usize, i: usize| match sample.name {
        // The state of the generator, and indices.
        "random" if operand == 0 => i as u32,
        "dropout" if operand == 1 => i as u32,
        "scatter" | "gather" if operand == 1 => (i * 3 % 7) as u32,
        // The sums that more is added to.
        "accumulate" if operand == 1 => 0,
        // Boxes of the first image.
        "roi align" if operand == 1 && i.is_multiple_of(5) => 0,
        "roi align gradient" if operand == 0 && i.is_multiple_of(5) => 0,
        _ if sample.written.contains(&operand) => f32::NAN.to_bits(),
        _ => ((i * 7 % 11) as f32 * 0.25 + 0.5).to_bits(),
    };
    let operands = sample.operands.iter().enumerate();
    operands.map(|(operand, &count)| (0..count).map(|i| fresh(operand, i)).collect()).collect()
}

/// What the outputs hold after a run in so many parts, the last first.
fn run(sample: &Sample, instruction: &Planned, parts: usize) -> Vec<Vec<u32>> {
    let mut memory = memory(sample);
    let mut scratch = vec![f32::NAN; instruction.scratch() / 4 * parts];
    let address = |words: &mut Vec<u32>| -> *mut u8 {
        if words.is_empty() {
            core::ptr::null_mut()
        } else {
            words.as_mut_ptr().cast()
        }
    };
    let mut addresses: Vec<*mut u8> = memory.iter_mut().map(address).collect();
    if planning::entry(sample.name).operands > addresses.len() {
        addresses.push(scratch.as_mut_ptr().cast());
    }
    for part in (0..parts).rev() {
        // SAFETY: the operands have the sizes that the words say.
        unsafe { instruction.run(&Operands::new(&addresses), Share { part, parts }).unwrap() };
    }
    sample.written.iter().map(|&operand| memory[operand].clone()).collect()
}

#[test]
fn every_instruction_is_here() {
    let names: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
    assert_eq!(SAMPLES.map(|sample| sample.name).to_vec(), names, "one for each of ENTRIES, in their order");
}

#[test]
fn each_writes_all_of_its_outputs_the_same_in_any_number_of_parts() {
    for sample in &SAMPLES {
        let instruction = plan(sample.name, sample.dtype, sample.words).unwrap();
        let whole = run(sample, &instruction, 1);
        let written = whole.iter().flatten().all(|&word| word != f32::NAN.to_bits());
        assert!(written, "{}: an element is left as it was", sample.name);
        for parts in 2..=4 {
            assert!(run(sample, &instruction, parts) == whole, "{}, {parts} parts", sample.name);
        }
    }
}

#[test]
fn fewer_words_and_other_element_types_are_refused() {
    for Sample { name, dtype, words, .. } in &SAMPLES {
        for length in 0..words.len() {
            let fault =
                plan(name, *dtype, &words[..length]).err().unwrap_or_else(|| panic!("{name}: {length}"));
            assert_eq!(fault.code, Code::BadInstruction, "{name}, {length} words");
        }
        let taken = [F32, I32, U8, I8].map(|dtype| plan(name, dtype, words).is_ok());
        let wanted = match *name {
            "copy" | "fill" | "binary" | "cast" | "reduce" => [true; 4],
            _ => [true, false, false, false],
        };
        assert_eq!(taken, wanted, "{name}");
    }
}
