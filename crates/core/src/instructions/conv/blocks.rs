//! A convolution's work in blocks, and its split among parts.

use super::Share;

/// A convolution's work in blocks: of each group `panels` panels of pixels times `tiles` row tiles, so many at a time.
pub struct Blocks {
    pub groups: usize,
    pub panels: usize,
    pub panels_together: usize,
    pub tiles: usize,
    pub tiles_together: usize,
    /// Row tiles that cost as much as making a panel ready, which whoever begins inside a block does again.
    pub readying: usize,
}

/// One block: the number of its panels' block, counted through all groups, and its row tiles.
pub struct Piece {
    pub block: usize,
    pub first_tile: usize,
    pub tiles: usize,
}

impl Blocks {
    /// Panels' blocks of a group.
    pub fn per_group(&self) -> usize {
        self.panels.div_ceil(self.panels_together)
    }

    /// The pieces of a share, those of the same panels one behind the other. Shares are equal in panels times row tiles, and
    /// end inside a block where that is worth it.
    pub fn pieces(&self, share: Share) -> impl Iterator<Item = Piece> + '_ {
        let work = share.range(self.groups * self.panels * self.tiles);
        let (mut at, end) = (self.place(work.start), self.place(work.end));
        core::iter::from_fn(move || {
            if at == end {
                return None;
            }
            let (block, first_tile) = (at / self.tiles, at % self.tiles);
            let left = self.tiles_together - first_tile % self.tiles_together;
            let tiles = left.min(self.tiles - first_tile).min(end - at);
            at += tiles;
            Some(Piece { block, first_tile, tiles })
        })
    }

    /// Which row tile of all blocks comes after so much work.
    #[inline(never)]
    fn place(&self, work: usize) -> usize {
        let of_group = self.panels * self.tiles;
        if of_group == 0 {
            return 0;
        }
        let (group, rest) = (work / of_group, work % of_group);
        let of_block = self.panels_together * self.tiles;
        let (block, rest) = (rest / of_block, rest % of_block);
        let panels = self.panels_together.min(self.panels - block * self.panels_together);
        let tile = match rest / panels {
            tile if tile <= self.readying => 0,
            tile if tile + self.readying >= self.tiles => self.tiles,
            tile => tile,
        };
        (group * self.per_group() + block) * self.tiles + tile
    }
}
