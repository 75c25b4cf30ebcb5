//! WebP by image-webp: lossy, lossless, with alpha, and the first picture of an animation.

use crate::orientation::upright;
use crate::picture::{blank, check_size, Fault, Picture};
use image_webp::{DecodingError, WebPDecoder};
use std::io::{Cursor, ErrorKind};

fn fault(error: DecodingError) -> Fault {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Fault::EndsEarly,
        DecodingError::NotEnoughInitData => Fault::EndsEarly,
        _ => Fault::Damaged,
    }
}

pub fn decode(bytes: &[u8], max_pixels: u64) -> Result<Picture, Fault> {
    let announced = bytes.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    if announced.is_none_or(|size| size as usize > bytes.len() - 8) {
        return Err(Fault::EndsEarly);
    }
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(fault)?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    check_size(width, height, max_pixels)?;
    check_frames(&bytes[12..], width, height)?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut picture = blank(width, height, channels, max_pixels)?;
    decoder.read_image(&mut picture.data).map_err(fault)?;
    let exif = decoder.exif_metadata().map_err(fault)?;
    upright(picture, exif.as_deref())
}

/// Refuses coded pictures that are larger than what is to hold them, before there is room made for them.
fn check_frames(mut chunks: &[u8], width: usize, height: usize) -> Result<(), Fault> {
    while let Some((header, rest)) = chunks.split_at_checked(8) {
        let size = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let body = &rest[..size.min(rest.len())];
        let half = |at: usize| Some(usize::from(u16::from_le_bytes([*body.get(at)?, *body.get(at + 1)?])));
        let coded = match &header[..4] {
            b"ANMF" => {
                check_frames(body.get(16..).unwrap_or(&[]), width, height)?;
                None
            }
            b"VP8 " => half(6).zip(half(8)).map(|(wide, high)| (wide & 0x3FFF, high & 0x3FFF)),
            b"VP8L" => half(1).zip(half(3)).map(|(low, high)| {
                let bits = low | high << 16;
                ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
            }),
            _ => None,
        };
        if coded.is_some_and(|(wide, high)| wide > width || high > height) {
            return Err(Fault::Damaged);
        }
        chunks = rest.get(size.saturating_add(size & 1)..).unwrap_or(&[]);
    }
    Ok(())
}
