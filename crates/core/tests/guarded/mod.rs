//! Memory between pages that nobody may touch: a read or a write beside it ends the test's process.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

extern "C" {
    fn mmap(
        at: *mut c_void,
        bytes: usize,
        protection: c_int,
        flags: c_int,
        file: c_int,
        offset: i64,
    ) -> *mut c_void;
    fn mprotect(at: *mut c_void, bytes: usize, protection: c_int) -> c_int;
    fn munmap(at: *mut c_void, bytes: usize) -> c_int;
}

/// At least a page of every machine.
const PAGE: usize = 1 << 16;
const READ_AND_WRITE: c_int = 3;
/// Private and anonymous.
const FLAGS: c_int = 0x22;

/// `bytes` bytes that end where a page begins that can be neither read nor written.
pub struct Guarded {
    start: *mut u8,
    whole: usize,
    bytes: usize,
}

impl Guarded {
    #[must_use]
    pub fn new(bytes: usize) -> Guarded {
        let whole = bytes.next_multiple_of(PAGE) + PAGE;
        // SAFETY: a mapping of its own, whose last page nobody may touch.
        unsafe {
            let start = mmap(null_mut(), whole, READ_AND_WRITE, FLAGS, -1, 0);
            assert_ne!(start.addr(), usize::MAX, "mmap");
            assert_eq!(mprotect(start.byte_add(whole - PAGE), PAGE, 0), 0, "mprotect");
            Guarded { start: start.cast(), whole, bytes }
        }
    }

    #[must_use]
    pub fn address(&self) -> *mut u8 {
        self.start.wrapping_add(self.whole - PAGE - self.bytes)
    }

    pub fn fill(&mut self, byte: impl FnMut() -> u8) {
        // SAFETY: so many bytes of a mapping of its own.
        unsafe { std::slice::from_raw_parts_mut(self.address(), self.bytes) }.fill_with(byte);
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: as it was mapped.
        unsafe { munmap(self.start.cast(), self.whole) };
    }
}
