//! Pooling, elementwise instructions and copies against plain loops, problem by problem, whole and in parts. Inputs are
//! small integers and compared with `==`, but for what takes an exponential or a logarithm.

mod planning;
mod problems;

use planning::{entry, plan};
use problems::Line;
use striate_core::instructions::dtype::Dtype;
use striate_core::instructions::dtype::Dtype::{F32, I32, I8, U8};
use striate_core::instructions::{Operands, Share};

const COPY: &str = "copy";
const FILL: &str = "fill";
const UNARY: &str = "unary";
const BINARY: &str = "binary";
const AFFINE: &str = "affine";
const CAST: &str = "cast";
const COMPARE: &str = "compare";
const SELECT: &str = "choose";
const UNARY_GRADIENT: &str = "unary gradient";
const SOFTMAX: &str = "softmax";

fn dtype_of(line: &Line) -> Dtype {
    match line.get("dtype") {
        None | Some("float32") => F32,
        Some("int32") => I32,
        Some("uint8") => U8,
        Some("int8") => I8,
        Some(other) => panic!("{}: {other}", line.name),
    }
}

/// A tensor's memory with values as f64, aligned for every dtype.
#[derive(Clone)]
struct Memory {
    words: Vec<u32>,
    dtype: Dtype,
    count: usize,
}

impl Memory {
    /// Filled with NaN, or bytes of 0x7f.
    fn empty(dtype: Dtype, count: usize) -> Memory {
        Memory { words: vec![0x7fff_7f7f; count * dtype.bytes() / 4 + 1], dtype, count }
    }

    fn new(dtype: Dtype, values: &[f64]) -> Memory {
        let mut memory = Memory::empty(dtype, values.len());
        let at = memory.address();
        for (i, &value) in values.iter().enumerate() {
            // SAFETY: `i` is below the number of elements that the memory has room for.
            unsafe {
                match dtype {
                    F32 => at.cast::<f32>().add(i).write(value as f32),
                    I32 => at.cast::<i32>().add(i).write(value as i32),
                    U8 => at.add(i).write(value as u8),
                    I8 => at.cast::<i8>().add(i).write(value as i8),
                }
            }
        }
        memory
    }

    fn address(&mut self) -> *mut u8 {
        self.words.as_mut_ptr().cast()
    }

    fn values(&self) -> Vec<f64> {
        let at: *const u8 = self.words.as_ptr().cast();
        // SAFETY: as in `new`.
        let read = |i: usize| unsafe {
            match self.dtype {
                F32 => f64::from(at.cast::<f32>().add(i).read()),
                I32 => f64::from(at.cast::<i32>().add(i).read()),
                U8 => f64::from(at.add(i).read()),
                I8 => f64::from(at.cast::<i8>().add(i).read()),
            }
        };
        (0..self.count).map(read).collect()
    }
}

/// Runs an instruction in so many parts, last part first.
fn run(name: &str, dtype: Dtype, words: &[u32], operands: &[*mut u8], parts: usize) {
    assert_eq!(entry(name).operands, operands.len(), "{name}");
    let instruction = plan(name, dtype, words).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
    for part in (0..parts).rev() {
        // SAFETY: the tests give each operand the memory that its instruction documents.
        unsafe { instruction.run(&Operands::new(operands), Share { part, parts }).unwrap() };
    }
}

const NULL: *mut u8 = core::ptr::null_mut();

fn same(got: &[f64], want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (&got, &want)) in got.iter().zip(want).enumerate() {
        let close = (got - want).abs() <= tolerance * want.abs().max(1e-30);
        assert!(
            got == want || (got.is_nan() && want.is_nan()) || close,
            "{what}, element {i}: {got}, not {want}"
        );
    }
}

fn integers(t: usize, count: usize, dtype: Dtype) -> Vec<f64> {
    let shift = if dtype == U8 { 5.0 } else { 0.0 };
    problems::integers(t, count).into_iter().map(|value| f64::from(value) + shift).collect()
}

fn shape_of(line: &Line, key: &str) -> Vec<usize> {
    match line.get(key) {
        Some("") => vec![],
        _ => line.sizes(key),
    }
}

fn count(shape: &[usize]) -> usize {
    shape.iter().product()
}

fn strides(shape: &[usize]) -> Vec<usize> {
    (0..shape.len()).map(|axis| shape[axis + 1..].iter().product()).collect()
}

/// Every index of a shape, in order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    let strides = strides(shape);
    let index = |i: usize| shape.iter().zip(&strides).map(|(size, stride)| i / stride % size).collect();
    (0..count(shape)).map(index).collect()
}

#[path = "instructions/copy.rs"]
mod copy;
#[path = "instructions/elementwise.rs"]
mod elementwise;
#[path = "instructions/math.rs"]
mod math;
#[path = "instructions/pool.rs"]
mod pool;
#[path = "instructions/sample.rs"]
mod sample;
