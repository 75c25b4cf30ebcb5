//! JPEG by zune-jpeg: baseline and progressive; grey stays grey, YCbCr, CMYK and YCCK become rgb.

use crate::orientation::upright;
use crate::picture::{blank, check_size, Fault, Picture};
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// Every block of 64 pixels has at least one bit for its mean; what claims more pixels than that ends early, and is refused
/// before there is room made for it.
const PIXELS_PER_BYTE: u64 = 64 * 8;
const MOST: usize = 65535;
const MOST_SCANS: usize = 64; // encoders write about 10; each takes a pass over all coefficients

fn fault(error: DecodeErrors) -> Fault {
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => Fault::EndsEarly,
        DecodeErrors::FormatStatic(text) if text.starts_with("Premature") => Fault::EndsEarly,
        _ => Fault::Damaged,
    }
}

pub fn decode(bytes: &[u8], max_pixels: u64) -> Result<Picture, Fault> {
    let scan = check_segments(bytes)?;
    // Strictly: what ends early or breaks off is an error and not a picture with a grey rest.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(MOST)
        .set_max_height(MOST)
        .jpeg_set_max_scans(MOST_SCANS);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(fault)?;
    let (width, height) = decoder.dimensions().ok_or(Fault::Damaged)?;
    check_size(width, height, max_pixels)?;
    let rest = &bytes[scan.min(bytes.len())..];
    if (width * height) as u64 > rest.len() as u64 * PIXELS_PER_BYTE
        || !rest.windows(2).rev().any(|pair| pair[0] == 0xFF && pair[1] == 0xD9)
    {
        return Err(Fault::EndsEarly);
    }
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (channels, space) = if grey { (1, ColorSpace::Luma) } else { (3, ColorSpace::RGB) };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let mut picture = blank(width, height, channels, max_pixels)?;
    decoder.decode_into(&mut picture.data).map_err(fault)?;
    upright(picture, decoder.exif().map(Vec::as_slice))
}

/// Walks the segments before the first scan and gives where its data begin. Frames that zune-jpeg does not know
/// are refused: lossless, hierarchical, arithmetic ones, and samples of 12 bits.
fn check_segments(bytes: &[u8]) -> Result<usize, Fault> {
    let mut at = 2;
    loop {
        let [0xFF, marker, high, low] = *bytes.get(at..at + 4).ok_or(Fault::EndsEarly)? else {
            at += 1; // between segments there may be anything but a marker
            continue;
        };
        match marker {
            0xFF => at += 1,
            0 | 1 | 0xD0..=0xD8 => at += 2,
            _ => {
                let is_frame = matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
                let is_12_bits = bytes.get(at + 4).is_some_and(|&bits| bits != 8);
                if is_frame && (marker > 0xC2 || is_12_bits) {
                    return Err(Fault::Unsupported);
                }
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
                if marker == 0xDA {
                    return Ok(at);
                }
            }
        }
    }
}
