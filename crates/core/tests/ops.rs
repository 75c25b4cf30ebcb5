//! Pooling, elementwise operators and copies against plain loops, problem by problem, whole and in parts. Inputs are
//! small integers and compared with `==`, but for what takes an exponential or a logarithm.

mod problems;

use problems::Line;
use striate_core::ops::{entry, Operands, Params, Share};

const COPY: u32 = 4;
const FILL: u32 = 5;
const UNARY: u32 = 6;
const BINARY: u32 = 7;
const AFFINE: u32 = 8;
const CAST: u32 = 9;
const UNARY_GRADIENT: u32 = 15;
const SOFTMAX: u32 = 16;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Dtype {
    F32,
    I32,
    U8,
    I8,
}
use Dtype::{F32, I32, I8, U8};

impl Dtype {
    fn of(line: &Line) -> Dtype {
        match line.get("dtype") {
            None | Some("float32") => F32,
            Some("int32") => I32,
            Some("uint8") => U8,
            Some("int8") => I8,
            Some(other) => panic!("{}: {other}", line.name),
        }
    }

    fn bytes(self) -> usize {
        if matches!(self, F32 | I32) {
            4
        } else {
            1
        }
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
fn run(opcode: u32, words: &[u32], operands: &[*mut u8], parts: usize) {
    let entry = entry(opcode).unwrap();
    assert_eq!(entry.operands, operands.len(), "{}", entry.name);
    let mut params = Params::new(words);
    let operator = (entry.decode)(&mut params).unwrap_or_else(|fault| panic!("{}: {fault:?}", entry.name));
    params.end().unwrap();
    for part in (0..parts).rev() {
        // SAFETY: the tests give each operand the memory that its operator documents.
        unsafe { operator.run(&Operands::new(operands), Share { part, parts }).unwrap() };
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

#[path = "ops/copy.rs"]
mod copy;
#[path = "ops/elementwise.rs"]
mod elementwise;
#[path = "ops/math.rs"]
mod math;
#[path = "ops/pool.rs"]
mod pool;
#[path = "ops/sample.rs"]
mod sample;
