//! SUPPRESS: the boxes that stay of `count`, the best first: of two that overlap by more than a threshold, and are of one
//! class, the better one.
//!
//! Params: count, limit, threshold of the overlap, threshold of the score (NaN: none). Operands: boxes [count, 4] as x1 y1
//! x2 y2, scores, a class for each box; kept (int32, limit) and found (int32, 1); scratch.
//!
//! Overlap is intersection / union. Of the boxes whose score is above its threshold the best come first, equal ones by their
//! place; each is compared with those that stay, until there are `limit`. One part does it all.

use super::sample::Sample;
use super::sort::{ascending, float_key, Pair};
use super::{Entry, Extents, Instruction, Operands, Params, Planned, Share};
use crate::fault::Fault;
use crate::instructions::entry::FLOAT;

pub const ENTRIES: &[Entry] = &[Entry::new(
    "suppress",
    "boxes, scores, classes? -> kept, found; scratch",
    FLOAT,
    decode,
    Sample::new(&[5, 3, 0x3f00_0000, 0], &[20, 5, 5, 3, 1]),
)];

struct Suppress {
    count: usize,
    limit: usize,
    overlap: f32,
    score: f32,
}

fn decode(params: &mut Params) -> Result<Planned, Fault> {
    let [count, limit] = params.array().map(|size| size as usize);
    params.elements(&[count, 4], 4);
    params.elements(&[limit], 4);
    let (overlap, score) = (params.f32(), params.f32());
    params.check()?;
    Ok(Planned::new(Suppress { count, limit, overlap, score }))
}

impl Instruction for Suppress {
    fn extents(&self) -> Extents {
        Extents::words(&[4 * self.count, self.count, self.count, self.limit, 1])
    }

    fn scratch(&self) -> usize {
        (self.count * size_of::<Pair>()).next_multiple_of(64)
    }

    unsafe fn run(&self, operands: &Operands, share: Share) -> Result<(), Fault> {
        if share.part > 0 {
            return Ok(());
        }
        let count = self.count;
        // SAFETY: the operands hold so many elements; no other part writes, or uses its scratch memory.
        unsafe {
            let (boxes, scores) = (operands.slice(0, count), operands.slice(1, count));
            let classes = (!operands.pointer::<i32>(2).is_null()).then(|| operands.slice(2, count));
            let kept = core::slice::from_raw_parts_mut(operands.pointer(3), self.limit);
            let pairs = core::slice::from_raw_parts_mut(operands.pointer(5), count);
            *operands.pointer::<u32>(4) = self.choose(boxes, classes, self.candidates(scores, pairs), kept);
        }
        Ok(())
    }
}

impl Suppress {
    /// The boxes whose score is high enough, the best first, as keys and places.
    fn candidates<'a>(&self, scores: &[f32], pairs: &'a mut [Pair]) -> &'a [Pair] {
        let mut found = 0;
        for (place, &score) in scores.iter().enumerate() {
            if self.score.is_nan() || score > self.score {
                pairs[found] = [!float_key(score.to_bits()), place as u32];
                found += 1;
            }
        }
        ascending(&mut pairs[..found]);
        &pairs[..found]
    }

    /// Writes the places of the boxes that stay, then zeros; gives how many stay.
    fn choose(
        &self,
        boxes: &[[f32; 4]],
        classes: Option<&[i32]>,
        candidates: &[Pair],
        kept: &mut [u32],
    ) -> u32 {
        let class = |at: usize| classes.map_or(0, |classes| classes[at]);
        let mut found = 0;
        for &[_, place] in candidates {
            if found == self.limit {
                break;
            }
            let at = place as usize;
            let covered = kept[..found].iter().any(|&other| {
                let other = other as usize;
                class(other) == class(at) && overlap(&boxes[other], &boxes[at]) > self.overlap
            });
            if !covered {
                kept[found] = place;
                found += 1;
            }
        }
        kept[found..].fill(0);
        found as u32
    }
}

/// Intersection over union; NaN where both are empty, which is above nothing.
fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let side = |low: f32, high: f32| (high - low).max(0.0);
    let common = side(a[0].max(b[0]), a[2].min(b[2])) * side(a[1].max(b[1]), a[3].min(b[3]));
    let area = |one: &[f32; 4]| (one[2] - one[0]) * (one[3] - one[1]);
    common / (area(a) + area(b) - common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_boxes_of_a_class_push_out_those_that_overlap_them() {
        let mut boxes =
            [[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.9], [5.0, 5.0, 6.0, 6.0], [0.0, 0.0, 2.0, 2.0f32]];
        let mut scores = [0.5, 0.9, 0.2, f32::NAN];
        let mut classes = [0, 0, 0, 1];
        for (score, limit, expected) in
            [(f32::NAN, 4, &[3, 1, 2][..]), (0.3, 4, &[1]), (0.9, 4, &[]), (f32::NAN, 2, &[3, 1])]
        {
            let problem = Suppress { count: 4, limit, overlap: 0.5, score };
            let (mut kept, mut found, mut scratch) = ([9u32; 4], [9u32], [0u32; 16]);
            let addresses = [
                boxes.as_mut_ptr().cast::<u8>(),
                scores.as_mut_ptr().cast(),
                classes.as_mut_ptr().cast(),
                kept.as_mut_ptr().cast(),
                found.as_mut_ptr().cast(),
                scratch.as_mut_ptr().cast(),
            ];
            // SAFETY: the operands have the sizes of the problem.
            unsafe { problem.run(&Operands::new(&addresses), Share::WHOLE).unwrap() };
            assert_eq!(kept[..found[0] as usize], *expected);
        }
    }
}
