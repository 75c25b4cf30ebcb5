//! Planes to pixels of red, green and blue. Chroma has half of luma's width and height; between its places it is mixed 9 : 3 : 3 : 1
//! of the four that are nearest. Bytes are libwebp's.

use super::plane::{Plane, BORDER};

/// Fills `pixels`, rows of `width`, three bytes a pixel.
pub fn fill(pixels: &mut [u8], width: usize, luma: &Plane, chroma: &[Plane; 2]) {
    let half = width.div_ceil(2);
    let height = pixels.len() / (3 * width);
    let last = height.div_ceil(2) - 1;
    let mut wide = [vec![0; 2 * half], vec![0; 2 * half]];
    let mut mixed = vec![0; half + 2];
    for (y, row) in pixels.chunks_exact_mut(3 * width).enumerate() {
        let near = y / 2;
        let far = if y % 2 == 0 { near.saturating_sub(1) } else { (near + 1).min(last) };
        for (plane, wide) in chroma.iter().zip(&mut wide) {
            let of = |y: usize| &plane.bytes[plane.place(0, y)..][..half];
            widen(of(near), of(far), &mut mixed, wide);
        }
        let luma = &luma.bytes[luma.place(0, y)..][..width];
        convert(row, luma, &wide[0][..width], &wide[1][..width]);
    }
}

/// A row of chroma twice as wide, `near` counting three times as much as `far`.
fn widen(near: &[u8], far: &[u8], mixed: &mut [u16], wide: &mut [u8]) {
    let count = near.len();
    let (far, inner) = (&far[..count], &mut mixed[1..][..count]);
    for i in 0..count {
        inner[i] = 3 * u16::from(near[i]) + u16::from(far[i]);
    }
    mixed[0] = mixed[1];
    mixed[count + 1] = mixed[count];
    let (before, here, behind) = (&mixed[..count], &mixed[1..][..count], &mixed[2..][..count]);
    let wide = &mut wide.as_chunks_mut::<2>().0[..count];
    for i in 0..count {
        let three = 3 * here[i] + 8;
        wide[i] = [((three + before[i]) >> 4) as u8, ((three + behind[i]) >> 4) as u8];
    }
}

/// ITU-R BT.601 of 16 to 235, with 14 bits behind the point.
fn convert(row: &mut [u8], luma: &[u8], blue: &[u8], red: &[u8]) {
    let count = luma.len();
    let (pixels, blue, red) = (&mut row.as_chunks_mut::<3>().0[..count], &blue[..count], &red[..count]);
    let part = |byte: u8, factor: i32| (i32::from(byte) * factor) >> 8;
    let cut = |sum: i32| (sum >> 6).clamp(0, 255) as u8;
    for i in 0..count {
        let y = part(luma[i], 19077);
        let (u, v) = (blue[i], red[i]);
        pixels[i] = [
            cut(y + part(v, 26149) - 14234),
            cut(y - part(u, 6419) - part(v, 13320) + 8708),
            cut(y + part(u, 33050) - 17685),
        ];
    }
}

const _: () = assert!(BORDER >= 16, "edges are sixteen pixels long");
