//! What can be wrong with a problem, as numbers.
//!
//! A fault crosses the boundary as a code, up to three integers and a step; `ts/base/faults.ts` owns the sentences.

use crate::enumeration::enumeration;

enumeration! {
    /// Why a problem was refused; 0 is no fault.
    pub enum Code {
        /// A kernel, stride or dilation below 1: `(field, value)`; field 0 kernel, 1 stride, 2 dilation.
        NotPositive = 1,
        /// A padding below 0: `(value)`.
        NegativePadding,
        /// The dilated kernel does not fit in the padded input: `(extent, padded)`.
        KernelTooLarge,
        /// Pooling padding above half the kernel: `(padding, kernel)`.
        PoolPadding,
        /// A size, or a product of sizes, above 2^31 - 1 bytes.
        TooLarge,
        /// No memory for `(bytes)`.
        OutOfMemory,
        /// An instruction that this module cannot read: a defect of the library, never of its user.
        BadInstruction,
        /// An index that points outside its plane: `(index, elements of the plane)`.
        IndexOutside,
        /// An output's padding outside of what a transposed window allows: `(padding, largest)`.
        OutputPadding,
        /// An output's size that no such window has: `(size, smallest, largest)`.
        OutputSize,
        /// Padding takes away all of a transposed window's output: `(size)`.
        NoOutput,
        /// A box names an image that the batch lacks: `(index, images)`.
        BatchOutside,
        /// An index that points outside its axis, from either end: `(index, size of the axis)`.
        AxisOutside,
        /// A class that there is not: `(class, classes)`.
        ClassOutside,
        /// A loss's target that is no class: `(target, classes, its place)`.
        TargetOutside,
        /// A probability below 0 or above 1: `(the bits of the float, its place)`.
        ProbabilityOutside,
    }
}

/// A code and the numbers of its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: Code,
    pub values: [i32; 3],
    /// The step of a program whose data was wrong.
    pub step: i32,
}

impl Fault {
    #[must_use]
    pub const fn new(code: Code, values: [i32; 3]) -> Self {
        Self { code, values, step: 0 }
    }

    /// As they lie in the result area.
    #[must_use]
    pub const fn words(self) -> [i32; 5] {
        let [a, b, c] = self.values;
        [self.code as i32, a, b, c, self.step]
    }
}
