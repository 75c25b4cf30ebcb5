//! PNG by the crate of that name: all kinds, interlaced too; palettes become rgb or rgba, fewer and more bits become 8.

use crate::orientation::upright;
use crate::picture::{blank, check_size, Fault, Picture};
use png::{Decoder, DecodingError, Limits, Transformations};
use std::io::{Cursor, ErrorKind};

const BYTES_PER_BYTE: u64 = 1032; // deflate's most

fn fault(error: DecodingError) -> Fault {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Fault::EndsEarly,
        DecodingError::LimitsExceeded => Fault::NoMemory(0, 0),
        _ => Fault::Damaged,
    }
}

pub fn decode(bytes: &[u8], max_pixels: u64) -> Result<Picture, Fault> {
    // What is not needed is not inflated. Sizes are checked here.
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: usize::MAX });
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(fault)?;
    let (width, height) = (header.width as usize, header.height as usize);
    check_size(width, height, max_pixels)?;
    let bits = (header.bits_per_pixel() * width) as u64 * height as u64;
    if bits / 8 > bytes.len() as u64 * BYTES_PER_BYTE {
        return Err(Fault::EndsEarly);
    }
    let mut reader = decoder.read_info().map_err(fault)?;
    let channels = reader.output_color_type().0.samples();
    let mut picture = blank(width, height, channels, max_pixels)?;
    reader.next_frame(&mut picture.data).map_err(fault)?;
    upright(picture, reader.info().exif_metadata.as_deref())
}
