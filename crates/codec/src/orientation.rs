//! EXIF's orientation: which of the eight ways a camera was held, read from the tags and applied to the pixels.

use crate::picture::{blank, Fault, Picture};

const ORIENTATION: u16 = 0x0112;
const TILE: usize = 32; // rows and columns that are turned at once, so that both sides stay in the cache

/// The orientation, 1 to 8, in EXIF data (a TIFF file, behind "Exif\0\0" or not); 1 where it says nothing.
fn read(exif: &[u8]) -> u8 {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    find(tiff).filter(|value| (1..=8).contains(value)).unwrap_or(1)
}

fn find(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = [*tiff.get(at)?, *tiff.get(at + 1)?];
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let (first, second) = (usize::from(short(at)?), usize::from(short(at + 2)?));
        Some(if little { second << 16 | first } else { first << 16 | second })
    };
    let directory = long(4)?.min(tiff.len());
    let entries = usize::from(short(directory)?);
    (0..entries)
        .map(|entry| directory + 2 + entry * 12)
        .find(|&at| short(at) == Some(ORIENTATION))
        .and_then(|at| short(at + 8))
        .map(|value| value.min(255) as u8)
}

/// The picture as `exif` says that it is to be seen.
pub fn upright(picture: Picture, exif: Option<&[u8]>) -> Result<Picture, Fault> {
    let orientation = exif.map_or(1, read);
    if orientation == 1 {
        return Ok(picture);
    }
    match picture.channels {
        1 => turned::<1>(&picture, orientation),
        2 => turned::<2>(&picture, orientation),
        3 => turned::<3>(&picture, orientation),
        _ => turned::<4>(&picture, orientation),
    }
}

/// out[y][x] = picture[v][u], where u and v are x and y, from the other end for some orientations, and exchanged from 5 on.
fn turned<const C: usize>(picture: &Picture, orientation: u8) -> Result<Picture, Fault> {
    let (width, height) = (picture.width, picture.height);
    let exchanged = orientation >= 5;
    let from_right = matches!(orientation, 2 | 3 | 7 | 8);
    let from_below = matches!(orientation, 3 | 4 | 6 | 7);
    let (wide, high) = if exchanged { (height, width) } else { (width, height) };
    let mut out = blank(wide, high, C, u64::MAX)?;
    let pixels = picture.data.as_chunks::<C>().0;
    let turned = out.data.as_chunks_mut::<C>().0;
    for top in (0..high).step_by(TILE) {
        for left in (0..wide).step_by(TILE) {
            for y in top..high.min(top + TILE) {
                for x in left..wide.min(left + TILE) {
                    let (u, v) = if exchanged { (y, x) } else { (x, y) };
                    let u = if from_right { width - 1 - u } else { u };
                    let v = if from_below { height - 1 - v } else { v };
                    turned[y * wide + x] = pixels[v * width + u];
                }
            }
        }
    }
    Ok(out)
}
