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
