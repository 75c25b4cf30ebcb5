//! What can be wrong with a problem, as numbers.
//!
//! A fault crosses the boundary as a code and up to three integers; `ts/errors.ts` owns the sentences.

/// Why a problem was refused. The numbers are part of the boundary: `ts/errors.ts` has the same list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Code {
    /// A kernel, stride or dilation below 1: `(field, value)`; field 0 kernel, 1 stride, 2 dilation.
    NotPositive = 1,
    /// A padding below 0: `(value)`.
    NegativePadding = 2,
    /// The dilated kernel does not fit in the padded input: `(extent, padded)`.
    KernelTooLarge = 3,
    /// Pooling padding above half the kernel: `(padding, kernel)`.
    PoolPadding = 4,
    /// A size, or a product of sizes, above 2^31 - 1 bytes.
    TooLarge = 5,
    /// No memory for `(bytes)`.
    OutOfMemory = 6,
    /// An instruction that this module cannot read: a defect of the library, never of its user.
    BadInstruction = 7,
    /// An index that points outside its plane: `(index, elements of the plane, step)`.
    IndexOutside = 8,
    /// An output's padding outside of what a transposed window allows: `(padding, largest)`.
    OutputPadding = 9,
    /// An output's size that no such window has: `(size, smallest, largest)`.
    OutputSize = 10,
    /// Padding takes away all of a transposed window's output: `(size)`.
    NoOutput = 11,
    /// A box names an image that the batch lacks: `(index, images)`.
    BatchOutside = 12,
}

/// A code and the numbers of its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: Code,
    pub values: [i32; 3],
}

impl Fault {
    #[must_use]
    pub const fn new(code: Code, values: [i32; 3]) -> Self {
        Self { code, values }
    }
}
