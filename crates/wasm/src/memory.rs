//! The linear memory: the arena over pages that `memory.grow` gives, behind a lock, for tensors and for Rust alike.
//!
//! Workers of a program allocate nothing while it runs; the lock makes their start (stack and thread-local block) safe.

use striate_core::arena::Stats;
use striate_core::fault::{Code, Fault};

#[cfg(target_arch = "wasm32")]
mod linear {
    use core::alloc::{GlobalAlloc, Layout};
    use core::arch::wasm32::{memory_grow, memory_size};
    use core::cell::UnsafeCell;
    use core::ops::Range;
    use core::sync::atomic::{AtomicBool, Ordering};
    use striate_core::arena::{Arena, Source};

    const PAGE: usize = 1 << 16;
    const ALIGNMENT: usize = 64;

    pub struct Pages;

    impl Source for Pages {
        fn grow(&mut self, bytes: usize) -> Option<Range<usize>> {
            let pages = bytes.div_ceil(PAGE);
            let before = memory_grow::<0>(pages);
            if before == usize::MAX {
                return None;
            }
            // The end of a memory of 4 GiB wraps to 0.
            Some(before * PAGE..(before + pages).wrapping_mul(PAGE))
        }
    }

    pub fn size() -> u64 {
        memory_size::<0>() as u64 * PAGE as u64
    }

    pub struct Memory {
        locked: AtomicBool,
        arena: UnsafeCell<Arena<Pages>>,
    }

    // SAFETY: the arena is reached through `with` only, which holds the lock.
    unsafe impl Sync for Memory {}

    #[global_allocator]
    pub static MEMORY: Memory =
        Memory { locked: AtomicBool::new(false), arena: UnsafeCell::new(Arena::new(Pages)) };

    impl Memory {
        pub fn with<T>(&self, use_it: impl FnOnce(&mut Arena<Pages>) -> T) -> T {
            // A page's main thread may not wait; the lock is held for a few hundred instructions.
            while self.locked.swap(true, Ordering::Acquire) {
                core::hint::spin_loop();
            }
            // SAFETY: the lock is held, so nobody else has a reference.
            let outcome = use_it(unsafe { &mut *self.arena.get() });
            self.locked.store(false, Ordering::Release);
            outcome
        }
    }

    // SAFETY: the arena gives disjoint blocks of at least the size that was asked for, aligned to 64 bytes.
    unsafe impl GlobalAlloc for Memory {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if layout.align() > ALIGNMENT {
                return core::ptr::null_mut();
            }
            let address = self.with(|arena| arena.allocate(layout.size()));
            core::ptr::with_exposed_provenance_mut(address.unwrap_or(0))
        }

        unsafe fn dealloc(&self, address: *mut u8, _: Layout) {
            self.with(|arena| arena.release(address.expose_provenance()));
        }
    }
}

/// Native builds exist for the tests of programs, which allocate as any Rust does.
#[cfg(not(target_arch = "wasm32"))]
mod linear {
    use core::ops::Range;
    use striate_core::arena::{Arena, Source};

    pub struct Nothing;

    impl Source for Nothing {
        fn grow(&mut self, _: usize) -> Option<Range<usize>> {
            None
        }
    }

    pub struct Memory;

    pub static MEMORY: Memory = Memory;

    impl Memory {
        pub fn with<T>(&self, use_it: impl FnOnce(&mut Arena<Nothing>) -> T) -> T {
            use_it(&mut Arena::new(Nothing))
        }
    }

    pub fn size() -> u64 {
        0
    }
}

pub fn allocate(bytes: usize) -> Option<usize> {
    linear::MEMORY.with(|arena| arena.allocate(bytes))
}

pub fn release(address: usize) -> bool {
    linear::MEMORY.with(|arena| arena.release(address))
}

pub fn stats() -> Stats {
    linear::MEMORY.with(|arena| arena.stats())
}

/// Makes sure that `bytes` bytes can be allocated next, in any number of pieces: Rust's own allocations end in a trap
/// when there is no memory.
///
/// # Errors
/// `OutOfMemory` with the bytes.
pub fn require_room(bytes: usize) -> Result<(), Fault> {
    match allocate(bytes) {
        Some(address) => {
            release(address);
            Ok(())
        }
        None => Err(Fault::new(Code::OutOfMemory, [bytes as i32, 0, 0])),
    }
}

/// `count` words at `address`, which JavaScript has written.
///
/// # Errors
/// `BadInstruction` when they do not lie in the memory.
pub fn words(address: u32, count: u32) -> Result<&'static [u32], Fault> {
    let end = u64::from(address) + 4 * u64::from(count);
    if !address.is_multiple_of(4) || address == 0 || end > linear::size() {
        return Err(crate::bad_instruction(address as usize));
    }
    let start = core::ptr::with_exposed_provenance(address as usize);
    // SAFETY: the words lie in the memory, and JavaScript writes none while a call runs.
    Ok(unsafe { core::slice::from_raw_parts(start, count as usize) })
}
