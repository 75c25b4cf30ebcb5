//! The memory that an instruction works on.

/// The addresses an instruction works on, in the order of its signature; null where one is absent.
pub struct Operands {
    pub addresses: [*mut u8; MAX_OPERANDS],
}

/// More than any instruction has.
pub const MAX_OPERANDS: usize = 8;

impl Operands {
    /// # Panics
    /// For more than there may be.
    #[must_use]
    pub fn new(addresses: &[*mut u8]) -> Operands {
        let mut all = [core::ptr::null_mut(); MAX_OPERANDS];
        all[..addresses.len()].copy_from_slice(addresses);
        Operands { addresses: all }
    }

    /// The address of operand `index`, typed.
    #[inline(always)]
    #[must_use]
    pub fn pointer<T>(&self, index: usize) -> *mut T {
        self.addresses[index].cast()
    }

    /// Operand `index` as a slice of `len` elements.
    ///
    /// # Safety
    /// The operand holds `len` elements of `T` that nobody writes while the slice lives.
    #[must_use]
    pub unsafe fn slice<T>(&self, index: usize, len: usize) -> &[T] {
        // SAFETY: the caller's guarantee is passed on.
        unsafe { core::slice::from_raw_parts(self.pointer(index), len) }
    }
}

/// What a run of an instruction reads and writes, at most.
pub struct Extents {
    /// Bytes of each operand from its address on, in the order of the signature, but for scratch memory;
    /// `usize::MAX` where it reaches what lies before that.
    pub bytes: [usize; MAX_OPERANDS],
    /// A bit for each operand that this instruction needs although it is optional.
    pub needed: u32,
}

impl Extents {
    /// Of operands of so many bytes.
    ///
    /// # Panics
    /// For more than there may be.
    #[inline(never)]
    #[must_use]
    pub fn bytes(bytes: &[usize]) -> Extents {
        let mut all = [0; MAX_OPERANDS];
        all[..bytes.len()].copy_from_slice(bytes);
        Extents { bytes: all, needed: 0 }
    }

    /// Of operands of so many elements of four bytes.
    #[inline(never)]
    #[must_use]
    pub fn words(counts: &[usize]) -> Extents {
        let mut extents = Extents::bytes(counts);
        for bytes in &mut extents.bytes {
            *bytes = bytes.saturating_mul(4);
        }
        extents
    }

    /// That needs an operand.
    #[must_use]
    pub fn needing(mut self, operand: usize) -> Extents {
        self.needed |= 1 << operand;
        self
    }
}

/// The product of sizes, or the largest number.
#[inline(never)]
#[must_use]
pub fn product(sizes: &[usize]) -> usize {
    sizes.iter().fold(1, |product: usize, &size| product.saturating_mul(size))
}
