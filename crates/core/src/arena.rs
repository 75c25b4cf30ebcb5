//! The allocator of the linear memory: two-level segregated fit (Masmano, Ripoll, Crespo, Real: "TLSF", ECRTS 2004).
//!
//! Memory is cut into blocks whose sizes are multiples of 64 bytes; a block's payload starts on a multiple of 64
//! and its eight-byte header lies right before that, in the last bytes of the block before it:
//!
//! ```text
//!   ... payload -------------- | header | payload ------- | header | payload ...
//!                              ^ -8     ^ multiple of 64  ^ -8
//! ```
//!
//! So 56 bytes of every 64 can be used. A header holds the sizes of its block and of the one before; a free block's
//! payload holds the links of its list. A list per size class (32 classes between two powers of two) and two
//! levels of bitmaps find a fit in a few instructions; neighbours are merged as soon as they are free.

use core::ops::Range;

const UNIT: usize = 64;
const HEADER: usize = 8;
/// Classes between two powers of two; sizes of up to this many units have a class of their own.
const CLASSES: usize = 32;
const CLASS_BITS: u32 = CLASSES.trailing_zeros();
/// The largest size is below 2^26 units (2^32 bytes).
const LEVELS: usize = 26 - CLASS_BITS as usize + 1;
/// Blocks of the request's own class that are looked at before a larger class is taken.
const NEAR: usize = 4;
/// The arena asks for a thirty-second of its size more than it needs, within these bounds.
const SPARE: Range<usize> = 1 << 16..1 << 22;

const USED: u32 = 0b10_1101;
const FREE: u32 = 0b01_0010;
const END: u32 = 0b11_1000;
const TAG: u32 = UNIT as u32 - 1;

/// Where the arena's memory comes from.
pub trait Source {
    /// At least `bytes` bytes that nobody else uses, and that stay where they are; `None` when there are none.
    /// The end may wrap to 0 when it is that of the address space.
    fn grow(&mut self, bytes: usize) -> Option<Range<usize>>;
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes in blocks that are in use, their headers and rounding included.
    pub live: usize,
    pub free: usize,
    pub largest_free: usize,
    /// Blocks in use.
    pub blocks: usize,
}

#[repr(C)]
struct Header {
    /// Bytes from this payload to the next block's; the low six bits are the tag.
    size_and_tag: u32,
    /// Bytes of the block before, 0 for the first of its region.
    before: u32,
}

#[repr(C)]
struct Links {
    previous: usize,
    next: usize,
}

/// Blocks are named by the addresses of their payloads; 0 is none.
pub struct Arena<S> {
    source: S,
    levels: u32,
    classes: [u32; LEVELS],
    heads: [[usize; CLASSES]; LEVELS],
    /// The payload address of the end mark of the region that was added last.
    end: usize,
    /// The lowest payload and the highest end mark, between which an address can be a block.
    bounds: Range<usize>,
    total: usize,
    live: usize,
    blocks: usize,
}

fn header(block: usize) -> *mut Header {
    core::ptr::with_exposed_provenance_mut(block - HEADER)
}

fn links(block: usize) -> *mut Links {
    core::ptr::with_exposed_provenance_mut(block)
}

/// The list that a block of `size` bytes belongs to.
fn class_of(size: usize) -> (usize, usize) {
    let units = size / UNIT;
    if units < CLASSES {
        return (0, units);
    }
    let shift = units.ilog2() - CLASS_BITS;
    (shift as usize + 1, (units >> shift) - CLASSES)
}

/// The block that a request occupies.
fn block_size(bytes: usize) -> Option<usize> {
    let size = bytes.checked_add(HEADER + UNIT - 1)? & !(UNIT - 1);
    (size <= (u32::MAX as usize & !(UNIT - 1))).then_some(size)
}

impl<S: Source> Arena<S> {
    pub const fn new(source: S) -> Self {
        Self {
            source,
            levels: 0,
            classes: [0; LEVELS],
            heads: [[0; CLASSES]; LEVELS],
            end: 0,
            // Nothing but zeros: a static arena takes no room in the module's file.
            bounds: 0..0,
            total: 0,
            live: 0,
            blocks: 0,
        }
    }

    /// A 64-byte aligned address with room for `bytes` bytes; `None` when the source has no more.
    pub fn allocate(&mut self, bytes: usize) -> Option<usize> {
        let size = block_size(bytes)?;
        let block = match self.find(size) {
            Some(block) => block,
            None => self.extend(size)?,
        };
        // SAFETY: `block` comes from a free list, so it is a free block of at least `size` bytes.
        unsafe { self.take(block, size) };
        Some(block)
    }

    /// Gives a block back. False, and nothing else, when `address` is no block in use.
    pub fn release(&mut self, address: usize) -> bool {
        if !address.is_multiple_of(UNIT) || !self.bounds.contains(&address) {
            return false;
        }
        // SAFETY: the address lies inside the arena's bounds; should that be another owner's memory between two
        // regions it is still memory that can be read, and its tag and neighbours then tell it from a block.
        unsafe {
            let size = self.size(address);
            if self.tag(address) != USED || size == 0 || size > self.bounds.end - address {
                return false;
            }
            if (*header(address + size)).before as usize != size {
                return false;
            }
            self.live -= size;
            self.blocks -= 1;
            self.put(address, size);
        }
        true
    }

    pub fn stats(&self) -> Stats {
        Stats {
            live: self.live,
            free: self.total - self.live,
            largest_free: self.largest_free(),
            blocks: self.blocks,
        }
    }

    fn largest_free(&self) -> usize {
        if self.levels == 0 {
            return 0;
        }
        let level = self.levels.ilog2() as usize;
        let class = self.classes[level].ilog2() as usize;
        let mut block = self.heads[level][class];
        let mut largest = 0;
        while block != 0 {
            // SAFETY: free lists hold free blocks.
            unsafe {
                largest = largest.max(self.size(block));
                block = (*links(block)).next;
            }
        }
        largest
    }

    /// # Safety
    /// `block` is a block or an end mark.
    unsafe fn size(&self, block: usize) -> usize {
        // SAFETY: the caller's guarantee: there is a header before it.
        unsafe { ((*header(block)).size_and_tag & !TAG) as usize }
    }

    /// # Safety
    /// As [`Arena::size`].
    unsafe fn tag(&self, block: usize) -> u32 {
        // SAFETY: as in `size`.
        unsafe { (*header(block)).size_and_tag & TAG }
    }

    /// A free block of at least `size` bytes, still in its list.
    fn find(&self, size: usize) -> Option<usize> {
        let (level, class) = class_of(size);
        // The request's own class: blocks of the same size come back to it, and only its larger ones fit.
        if let Some(block) = self.find_in(level, class, size, NEAR) {
            return Some(block);
        }
        // Any block of a larger class fits.
        let above = self.classes[level] & (u32::MAX << 1).wrapping_shl(class as u32);
        let (level, class) = if above != 0 {
            (level, above.trailing_zeros() as usize)
        } else {
            let levels = self.levels & (u32::MAX << 1).wrapping_shl(level as u32);
            if levels == 0 {
                // Rather than grow, look at all that is left.
                return self.find_in(level, class, size, usize::MAX);
            }
            let level = levels.trailing_zeros() as usize;
            (level, self.classes[level].trailing_zeros() as usize)
        };
        Some(self.heads[level][class])
    }

    fn find_in(&self, level: usize, class: usize, size: usize, tries: usize) -> Option<usize> {
        let mut block = self.heads[level][class];
        for _ in 0..tries {
            if block == 0 {
                return None;
            }
            // SAFETY: free lists hold free blocks.
            unsafe {
                if self.size(block) >= size {
                    return Some(block);
                }
                block = (*links(block)).next;
            }
        }
        None
    }

    /// Asks the source for what a block of `size` bytes lacks; the block, in its list.
    fn extend(&mut self, size: usize) -> Option<usize> {
        let spare = (self.total / 32).clamp(SPARE.start, SPARE.end);
        // A region of its own has a header at its start, and is cut to multiples of a unit at both ends.
        let alone = size.checked_add(3 * UNIT)?;
        // Usually the source goes on where it ended, and a free block there counts.
        let joined = if self.end == 0 { alone } else { size - self.free_before_end() };
        let range = match joined.checked_add(spare) {
            Some(wanted) => self.source.grow(wanted).or_else(|| self.source.grow(joined)),
            None => self.source.grow(joined),
        };
        self.add(range?);
        if let Some(block) = self.find(size) {
            return Some(block);
        }
        // Somebody else had grown the memory in between.
        let range = self.source.grow(alone)?;
        self.add(range);
        self.find(size)
    }

    /// The size of the free block at the end of the last region, or 0.
    fn free_before_end(&self) -> usize {
        // SAFETY: `end` is an end mark, and the block before it is a block of the same region.
        unsafe {
            let before = (*header(self.end)).before as usize;
            if before != 0 && self.tag(self.end - before) == FREE {
                before
            } else {
                0
            }
        }
    }

    /// Makes a range from the source part of the arena.
    fn add(&mut self, range: Range<usize>) {
        let limit = if range.end < range.start { usize::MAX } else { range.end } & !(UNIT - 1);
        // An end mark's header lies below its address, so a range that starts there continues the region.
        let (start, before) = if self.end != 0 && range.start >= self.end && range.start - self.end < UNIT {
            // SAFETY: `end` is an end mark.
            (self.end, unsafe { (*header(self.end)).before })
        } else {
            let Some(start) = range.start.checked_add(HEADER + UNIT - 1) else {
                return;
            };
            (start & !(UNIT - 1), 0)
        };
        // A block's size is a u32; what does not fit is left alone.
        let size = limit.saturating_sub(start).min(u32::MAX as usize & !(UNIT - 1));
        if size < UNIT {
            return;
        }
        self.end = start + size;
        let lowest = if self.total == 0 { start } else { self.bounds.start.min(start) };
        self.bounds = lowest..self.bounds.end.max(self.end);
        self.total += size;
        // SAFETY: the source gave `start - HEADER..end`, or `start` was the end mark of a region that ends there.
        unsafe {
            *header(start) = Header { size_and_tag: size as u32 | USED, before };
            *header(self.end) = Header { size_and_tag: END, before: size as u32 };
            self.put(start, size);
        }
    }

    /// Merges `block` with its free neighbours and puts it in its list.
    ///
    /// # Safety
    /// `block` is a block of `size` bytes that is in no list.
    unsafe fn put(&mut self, mut block: usize, mut size: usize) {
        // SAFETY: headers tell where the neighbours are, and an end mark follows each region's last block.
        unsafe {
            let next = block + size;
            if self.tag(next) == FREE {
                let more = self.size(next);
                self.unlink(next, more);
                size += more;
            }
            let before = (*header(block)).before as usize;
            if before != 0 && self.tag(block - before) == FREE {
                // What is no block any more must not look like one to `release`.
                (*header(block)).size_and_tag = 0;
                block -= before;
                self.unlink(block, before);
                size += before;
            }
            (*header(block)).size_and_tag = size as u32 | FREE;
            (*header(block + size)).before = size as u32;
            self.link(block, size);
        }
    }

    /// Takes a free block out of its list, and gives what exceeds `size` back.
    ///
    /// # Safety
    /// `block` is a free block of at least `size` bytes.
    unsafe fn take(&mut self, block: usize, size: usize) {
        // SAFETY: the caller's guarantee; the rest lies inside the block.
        unsafe {
            let whole = self.size(block);
            self.unlink(block, whole);
            let rest = whole - size;
            (*header(block)).size_and_tag = size as u32 | USED;
            if rest > 0 {
                *header(block + size) = Header { size_and_tag: rest as u32 | FREE, before: size as u32 };
                (*header(block + whole)).before = rest as u32;
                self.link(block + size, rest);
            }
        }
        self.live += size;
        self.blocks += 1;
    }

    /// # Safety
    /// `block` is a free block of `size` bytes that is in no list.
    unsafe fn link(&mut self, block: usize, size: usize) {
        let (level, class) = class_of(size);
        let next = self.heads[level][class];
        // SAFETY: a free block's payload holds its links; `next` is a free block or none.
        unsafe {
            *links(block) = Links { previous: 0, next };
            if next != 0 {
                (*links(next)).previous = block;
            }
        }
        self.heads[level][class] = block;
        self.classes[level] |= 1 << class;
        self.levels |= 1 << level;
    }

    /// # Safety
    /// `block` is a free block of `size` bytes that is in its list.
    unsafe fn unlink(&mut self, block: usize, size: usize) {
        let (level, class) = class_of(size);
        // SAFETY: a free block's payload holds its links, which are free blocks or none.
        unsafe {
            let Links { previous, next } = links(block).read();
            if next != 0 {
                (*links(next)).previous = previous;
            }
            if previous != 0 {
                (*links(previous)).next = next;
                return;
            }
            self.heads[level][class] = next;
            if next == 0 {
                self.classes[level] &= !(1 << class);
                if self.classes[level] == 0 {
                    self.levels &= !(1 << level);
                }
            }
        }
    }
}
