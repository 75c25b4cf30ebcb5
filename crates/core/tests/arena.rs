//! The arena over a vector's memory: reuse, growth with and without gaps, bad addresses, and measured fragmentation.

use std::ops::Range;
use striate_core::arena::{Arena, Source};

const PAGE: usize = 1 << 16;

/// Pages from one vector, in order; every `gap`-th growth first loses a page to somebody else.
struct Pages {
    memory: Vec<u64>,
    used: usize,
    growths: usize,
    gap: usize,
}

impl Pages {
    fn new(pages: usize, gap: usize) -> Self {
        let memory = vec![0; pages * PAGE / 8];
        Self { memory, used: 0, growths: 0, gap }
    }
}

impl Source for Pages {
    fn grow(&mut self, bytes: usize) -> Option<Range<usize>> {
        let bytes = bytes.checked_next_multiple_of(PAGE)?;
        self.growths += 1;
        if self.gap != 0 && self.growths.is_multiple_of(self.gap) {
            self.used += PAGE;
        }
        if self.used.checked_add(bytes)? > self.memory.len() * 8 {
            return None;
        }
        let start = self.memory.as_mut_ptr().expose_provenance() + self.used;
        self.used += bytes;
        Some(start..start + bytes)
    }
}

/// Knuth's 64-bit linear congruential generator; the upper bits.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit as u64) as usize
    }
}

fn fill(address: usize, bytes: usize, value: u8) {
    // SAFETY: the arena gave `bytes` bytes at this address.
    unsafe { std::ptr::with_exposed_provenance_mut::<u8>(address).write_bytes(value, bytes) }
}

fn holds(address: usize, bytes: usize, value: u8) -> bool {
    // SAFETY: as in `fill`.
    let slice =
        unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance::<u8>(address), bytes) };
    slice.iter().all(|&b| b == value)
}

#[test]
fn payloads_are_aligned_and_small_ones_take_one_unit() {
    let mut arena = Arena::new(Pages::new(4, 0));
    for bytes in [0, 1, 4, 55, 56] {
        let before = arena.stats().live;
        let address = arena.allocate(bytes).unwrap();
        assert_eq!(address % 64, 0);
        assert_eq!(arena.stats().live - before, 64, "{bytes} bytes");
    }
    let before = arena.stats().live;
    arena.allocate(57).unwrap();
    assert_eq!(arena.stats().live - before, 128);
}

#[test]
fn a_freed_block_serves_the_same_size_again() {
    let mut arena = Arena::new(Pages::new(64, 0));
    for bytes in [1, 64, 1000, 65_000, 64_123, 1_000_003] {
        let address = arena.allocate(bytes).unwrap();
        let fence = arena.allocate(1).unwrap();
        assert!(arena.release(address));
        assert_eq!(arena.allocate(bytes), Some(address), "{bytes} bytes");
        assert!(arena.release(address) && arena.release(fence));
    }
}

#[test]
fn the_last_byte_of_the_source_can_be_used() {
    let mut arena = Arena::new(Pages::new(16, 0));
    let address = arena.allocate(15 * PAGE).unwrap();
    assert!(arena.release(address));
    // What the first region could not use: its first unit; the header of the end mark lies in the last block.
    let most = 16 * PAGE - 64 - 64 - 8;
    let address = arena.allocate(most).expect("growth falls back to the exact need");
    fill(address, most, 1);
    assert_eq!(arena.allocate(PAGE), None);
    assert!(arena.release(address));
}

#[test]
fn sizes_near_the_address_space_and_exhaustion_are_refused_and_lose_nothing() {
    let mut arena = Arena::new(Pages::new(8, 0));
    let kept = arena.allocate(100).unwrap();
    fill(kept, 100, 7);
    let before = arena.stats();
    let mut huge = vec![8 * PAGE, 1 << 31, (1 << 32) - 1, (1 << 32) - 64, (1 << 32) - 72];
    huge.extend([usize::MAX, usize::MAX - 7, usize::MAX - 63, usize::MAX - 72, usize::MAX - 200]);
    for bytes in huge {
        assert_eq!(arena.allocate(bytes), None, "{bytes} bytes");
    }
    assert_eq!(arena.stats(), before);
    assert!(holds(kept, 100, 7));
    assert!(arena.allocate(4 * PAGE).is_some());
}

#[test]
fn double_and_foreign_releases_are_ignored() {
    let mut arena = Arena::new(Pages::new(8, 0));
    let blocks: Vec<usize> = (0..4).map(|_| arena.allocate(200).unwrap()).collect();
    fill(blocks[3], 200, 0x2d);
    for order in [[1, 0, 2], [0, 1, 2], [2, 1, 0]] {
        for i in order {
            assert!(arena.release(blocks[i]));
            let stats = arena.stats();
            for j in order {
                let still_used = order.iter().position(|&o| o == j) > order.iter().position(|&o| o == i);
                assert!(still_used || !arena.release(blocks[j]));
            }
            assert_eq!(arena.stats(), stats);
        }
        let again: Vec<usize> = (0..3).map(|_| arena.allocate(200).unwrap()).collect();
        assert_eq!(again, blocks[..3]);
    }
    let stats = arena.stats();
    for address in [0, 1, 64, blocks[0] + 1, blocks[3] + 64, blocks[3] + 128, usize::MAX, usize::MAX & !63] {
        assert!(!arena.release(address));
    }
    assert_eq!(arena.stats(), stats);
}

#[test]
fn growth_around_foreign_pages_is_handled() {
    let mut arena = Arena::new(Pages::new(4096, 2));
    let mut random = Random(5);
    let mut live = Vec::new();
    for i in 0..300 {
        let bytes = random.below(400_000);
        let address = arena.allocate(bytes).unwrap();
        fill(address, bytes, i as u8);
        live.push((address, bytes, i as u8));
    }
    for (address, bytes, value) in live {
        assert!(holds(address, bytes, value));
        assert!(arena.release(address));
    }
    assert_eq!((arena.stats().live, arena.stats().blocks), (0, 0));
}

/// Sizes as tensors have them: many of a few bytes, some of megabytes, repeated ones in between.
fn tensor_bytes(random: &mut Random) -> usize {
    match random.below(4) {
        0 => random.below(256),
        1 => 4 << random.below(18),
        2 => 4 * (1 + random.below(64)) * (1 + random.below(56)) * (1 + random.below(56)) / 4,
        _ => 1 << (8 + random.below(10)),
    }
}

#[test]
fn random_use_keeps_fragmentation_low_and_coalesces_at_the_end() {
    for seed in 1..=5 {
        let mut arena = Arena::new(Pages::new(8192, 0));
        let mut random = Random(seed);
        let mut live: Vec<(usize, usize, u8)> = Vec::new();
        let (mut asked, mut peak) = (0, 0);
        for step in 0..60_000usize {
            // The number of live blocks swings, so that freed space has to serve other sizes.
            let target = 200 + 150 * ((step / 5000) % 3);
            if live.len() < random.below(2 * target) {
                let bytes = tensor_bytes(&mut random);
                let address = arena.allocate(bytes).unwrap();
                fill(address, bytes.min(64), step as u8);
                live.push((address, bytes.min(64), step as u8));
                asked += bytes;
                let _ = asked;
            } else if !live.is_empty() {
                let (address, bytes, value) = live.swap_remove(random.below(live.len()));
                assert!(holds(address, bytes, value));
                assert!(arena.release(address));
            }
            peak = peak.max(arena.stats().live);
        }
        let stats = arena.stats();
        let high_water = stats.live + stats.free;
        let ratio = high_water as f64 / peak as f64;
        println!("seed {seed}: high water {high_water}, peak of live bytes {peak}: {ratio:.3}");
        assert!(ratio < 1.5, "seed {seed}: {ratio}");
        for (address, bytes, value) in live {
            assert!(holds(address, bytes, value));
            assert!(arena.release(address));
        }
        let stats = arena.stats();
        assert_eq!((stats.live, stats.blocks), (0, 0));
        assert_eq!(stats.largest_free, stats.free, "one block is left");
    }
}
