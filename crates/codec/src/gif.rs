//! GIF by the crate of that name: the first picture on the canvas, rgb where it covers that without holes, else rgba.

use crate::picture::{blank, check_size, zeros, Fault, Picture};
use gif::{ColorOutput, DecodeOptions, DecodingError, MemoryLimit};
use std::io::{Cursor, ErrorKind};

fn fault(error: DecodingError) -> Fault {
    match error {
        DecodingError::UnexpectedEof => Fault::EndsEarly,
        DecodingError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => Fault::EndsEarly,
        DecodingError::OutOfMemory => Fault::NoMemory(0, 0),
        _ => Fault::Damaged,
    }
}

pub fn decode(bytes: &[u8], max_pixels: u64) -> Result<Picture, Fault> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(MemoryLimit::Unlimited); // sizes are checked here
    let mut decoder = options.read_info(Cursor::new(bytes)).map_err(fault)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    check_size(width, height, max_pixels)?;
    let frame = decoder.next_frame_info().map_err(fault)?.ok_or(Fault::EndsEarly)?;
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let (wide, high) = (usize::from(frame.width), usize::from(frame.height));
    let transparent = frame.transparent;
    check_size(wide, high, max_pixels)?;
    let covers = left == 0 && top == 0 && wide >= width && high >= height;
    let channels = if covers && transparent.is_none() { 3 } else { 4 };
    let mut indices = zeros(wide * high)?;
    decoder.read_into_buffer(&mut indices).map_err(fault)?;
    let palette = decoder.palette().map_err(fault)?;
    let mut picture = blank(width, height, channels, max_pixels)?;
    let columns = wide.min(width.saturating_sub(left));
    for (y, row) in indices.chunks_exact(wide).enumerate().take(height.saturating_sub(top)) {
        let start = (top + y) * width + left;
        let pixels = picture.data[start * channels..].chunks_exact_mut(channels);
        for (pixel, &index) in pixels.zip(&row[..columns]) {
            if transparent == Some(index) {
                continue;
            }
            // An index outside the palette is black, as browsers show it.
            if let Some(color) = palette.get(usize::from(index) * 3..usize::from(index) * 3 + 3) {
                pixel[..3].copy_from_slice(color);
            }
            if let Some(alpha) = pixel.get_mut(3) {
                *alpha = 255;
            }
        }
    }
    Ok(picture)
}
