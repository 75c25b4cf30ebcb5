//! Pixels to PNG by fdeflate, and to JPEG by jpeg-encoder.

use crate::picture::{Fault, Picture};

/// A PNG file with all channels as they are: each row by the filter whose bytes are smallest in all (the heuristic of the
/// specification, section 12.7), deflated by one table of codes that photographs' rows have. zlib's own way makes the files of
/// photographs a sixth smaller in eleven times the time.
#[cfg(feature = "encode-png")]
pub fn png(picture: &Picture, _quality: u32) -> Result<Vec<u8>, Fault> {
    use fdeflate::Compressor;
    let row = picture.width * picture.channels;
    let mut data = Compressor::new(Vec::new()).map_err(|_| Fault::Damaged)?;
    let above_first = vec![0; row];
    let mut above = &above_first[..];
    let mut filters = Filters::new(row, picture.channels);
    for bytes in picture.data.chunks_exact(row) {
        data.write_data(filters.best(bytes, above)).map_err(|_| Fault::Damaged)?;
        above = bytes;
    }
    let data = data.finish().map_err(|_| Fault::Damaged)?;
    let color_type = [0, 4, 2, 6][picture.channels - 1];
    let mut header = [0; 13];
    header[..4].copy_from_slice(&(picture.width as u32).to_be_bytes());
    header[4..8].copy_from_slice(&(picture.height as u32).to_be_bytes());
    header[8..10].copy_from_slice(&[8, color_type]);
    let mut file = Vec::with_capacity(data.len() + 57);
    file.extend_from_slice(b"\x89PNG\r\n\x1A\n");
    for (kind, body) in [(b"IHDR", &header[..]), (b"IDAT", &data), (b"IEND", &[])] {
        let start = file.len() + 4;
        file.extend_from_slice(&(body.len() as u32).to_be_bytes());
        file.extend_from_slice(kind);
        file.extend_from_slice(body);
        let sum = crc32fast::hash(&file[start..]);
        file.extend_from_slice(&sum.to_be_bytes());
    }
    Ok(file)
}

/// A row by each of PNG's filters, the filter's number before it.
#[cfg(feature = "encode-png")]
struct Filters {
    rows: [Vec<u8>; 5],
    channels: usize,
}

#[cfg(feature = "encode-png")]
impl Filters {
    fn new(row: usize, channels: usize) -> Self {
        let numbered = |filter: usize| [vec![filter as u8], vec![0; row]].concat();
        Filters { rows: std::array::from_fn(numbered), channels }
    }

    /// The row by the filter whose bytes, as signed numbers, have the smallest sum of magnitudes.
    fn best(&mut self, row: &[u8], above: &[u8]) -> &[u8] {
        let bpp = self.channels;
        let [none, sub, up, average, paeth] = &mut self.rows;
        none[1..].copy_from_slice(row);
        // The pixel before a row's first is 0.
        for i in 0..bpp.min(row.len()) {
            sub[1 + i] = row[i];
            up[1 + i] = row[i].wrapping_sub(above[i]);
            average[1 + i] = row[i].wrapping_sub(above[i] / 2);
            paeth[1 + i] = row[i].wrapping_sub(above[i]);
        }
        let count = row.len().saturating_sub(bpp);
        let (left, corner) = (&row[..count], &above[..count]);
        let (row, above) = (&row[row.len() - count..], &above[above.len() - count..]);
        let beside = [left, above, corner];
        if count > 0 {
            fill(&mut sub[1 + bpp..], row, beside, |left, _, _| left);
            fill(&mut up[1 + bpp..], row, beside, |_, above, _| above);
            fill(&mut average[1 + bpp..], row, beside, |a, b, _| (a & b) + ((a ^ b) >> 1));
            fill(&mut paeth[1 + bpp..], row, beside, nearest);
        }
        let cost =
            |row: &&Vec<u8>| row[1..].iter().map(|&byte| u32::from((byte as i8).unsigned_abs())).sum::<u32>();
        self.rows.iter().min_by_key(cost).expect("five rows")
    }
}

/// What is left of a row when its prediction is taken away; `beside` are the bytes to the left, above, and above these.
#[cfg(feature = "encode-png")]
#[inline(always)]
fn fill(into: &mut [u8], row: &[u8], [left, above, corner]: [&[u8]; 3], predict: impl Fn(u8, u8, u8) -> u8) {
    let count = row.len();
    let (into, left, above, corner) = (&mut into[..count], &left[..count], &above[..count], &corner[..count]);
    for i in 0..count {
        into[i] = row[i].wrapping_sub(predict(left[i], above[i], corner[i]));
    }
}

/// Paeth's predictor: of three neighbours the one that is nearest to left + above - corner.
#[cfg(feature = "encode-png")]
fn nearest(left: u8, above: u8, corner: u8) -> u8 {
    let [a, b, c] = [left, above, corner].map(i16::from);
    let (to_left, to_above, to_corner) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    let other = if to_above <= to_corner { above } else { corner };
    if to_left <= to_above && to_left <= to_corner {
        left
    } else {
        other
    }
}

/// A baseline JPEG file. Alpha is left out; below a quality of 90 two by two pixels share their chroma.
#[cfg(feature = "encode-jpeg")]
pub fn jpeg(picture: &Picture, quality: u32) -> Result<Vec<u8>, Fault> {
    use jpeg_encoder::{ColorType, Encoder};
    let mut file = Vec::new();
    let (width, height) = (picture.width as u16, picture.height as u16);
    let encoder = Encoder::new(&mut file, quality as u8);
    let written = match picture.channels {
        1 => encoder.encode(&picture.data, width, height, ColorType::Luma),
        2 => {
            let grey: Vec<u8> = picture.data.chunks_exact(2).map(|pixel| pixel[0]).collect();
            encoder.encode(&grey, width, height, ColorType::Luma)
        }
        3 => encoder.encode(&picture.data, width, height, ColorType::Rgb),
        _ => encoder.encode(&picture.data, width, height, ColorType::Rgba),
    };
    written.map(|()| file).map_err(|_| Fault::Damaged)
}
