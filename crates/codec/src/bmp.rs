//! BMP: all headers from OS/2's to version 5, palettes of 1 to 8 bits, 16, 24 and 32 bits with masks, run lengths. Gives
//! rgb, and rgba where the header has a mask for alpha.

use crate::picture::{blank, check_size, zeros, Fault, Picture};

const FILE_HEADER: usize = 14;
const RGB: u32 = 0;
const RLE8: u32 = 1;
const RLE4: u32 = 2;
const BIT_FIELDS: u32 = 3;
const ALPHA_BIT_FIELDS: u32 = 6;

/// The bytes, whose end is the fault `EndsEarly`.
struct File<'a>(&'a [u8]);

impl File<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> Result<[u8; N], Fault> {
        let end = at.checked_add(N).ok_or(Fault::EndsEarly)?;
        let bytes = self.0.get(at..end).ok_or(Fault::EndsEarly)?;
        Ok(bytes.try_into().expect("as many as were asked for"))
    }

    fn half(&self, at: usize) -> Result<u16, Fault> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    fn word(&self, at: usize) -> Result<u32, Fault> {
        self.bytes(at).map(u32::from_le_bytes)
    }
}

struct Header {
    width: usize,
    height: usize,
    /// Whether the first row is the picture's first.
    from_top: bool,
    bits: usize,
    compression: u32,
    /// Where the pixels begin.
    pixels: usize,
}

fn header(file: &File, info: usize) -> Result<Header, Fault> {
    let pixels = file.word(10)? as usize;
    if info == 12 {
        return Ok(Header {
            width: file.half(18)?.into(),
            height: file.half(20)?.into(),
            from_top: false,
            bits: file.half(24)?.into(),
            compression: RGB,
            pixels,
        });
    }
    let (width, height) = (file.word(18)? as i32, file.word(22)? as i32);
    Ok(Header {
        width: usize::try_from(width).map_err(|_| Fault::Damaged)?,
        height: height.unsigned_abs() as usize,
        from_top: height < 0,
        bits: file.half(28)?.into(),
        compression: if info >= 20 { file.word(30)? } else { RGB },
        pixels,
    })
}

pub fn decode(bytes: &[u8], max_pixels: u64) -> Result<Picture, Fault> {
    let file = File(bytes);
    let info = file.word(FILE_HEADER)? as usize;
    if info != 12 && !(16..=4096).contains(&info) {
        return Err(Fault::Damaged);
    }
    let header = header(&file, info)?;
    check_size(header.width, header.height, max_pixels)?;
    match (header.bits, header.compression) {
        (1 | 2 | 4 | 8, RGB) | (8, RLE8) | (4, RLE4) => from_palette(&file, &header, info, max_pixels),
        (24, RGB) => from_masks(&file, &header, [0xFF_0000, 0xFF00, 0xFF, 0], max_pixels),
        (32, RGB) => from_masks(&file, &header, [0xFF_0000, 0xFF00, 0xFF, 0], max_pixels),
        (16, RGB) => from_masks(&file, &header, [0x7C00, 0x3E0, 0x1F, 0], max_pixels),
        (16 | 32, BIT_FIELDS | ALPHA_BIT_FIELDS) => {
            let has_alpha = info >= 56 || header.compression == ALPHA_BIT_FIELDS;
            let alpha = if has_alpha { file.word(66)? } else { 0 };
            let masks = [file.word(54)?, file.word(58)?, file.word(62)?, alpha];
            from_masks(&file, &header, masks, max_pixels)
        }
        _ => Err(Fault::Unsupported),
    }
}

impl Header {
    /// Bytes from one row to the next: rows begin at multiples of four.
    fn stride(&self) -> usize {
        (self.width * self.bits).div_ceil(32) * 4
    }

    /// The rows of the file from the picture's first to its last.
    fn rows<'a>(&self, file: &File<'a>) -> Result<impl Iterator<Item = &'a [u8]>, Fault> {
        let (stride, height, from_top) = (self.stride(), self.height, self.from_top);
        let rest = file.0.get(self.pixels..).ok_or(Fault::EndsEarly)?;
        // Some writers leave out the last row's padding.
        let used = (self.width * self.bits).div_ceil(8);
        if (stride as u64) * (height as u64 - 1) + used as u64 > rest.len() as u64 {
            return Err(Fault::EndsEarly);
        }
        Ok((0..height).map(move |y| &rest[if from_top { y } else { height - 1 - y } * stride..][..used]))
    }
}

fn from_palette(file: &File, header: &Header, info: usize, max_pixels: u64) -> Result<Picture, Fault> {
    let entry = if info == 12 { 3 } else { 4 };
    let used = if info >= 36 { file.word(46)? as usize } else { 0 };
    let most = 1 << header.bits;
    let colors = if used == 0 { most } else { used.min(most) };
    let first = FILE_HEADER + info;
    // Blue, green, red; a palette that the pixels begin in is as short as that.
    let palette: Vec<[u8; 3]> = (0..colors)
        .map(|i| file.bytes::<3>(first + i * entry).map(|[blue, green, red]| [red, green, blue]))
        .collect::<Result<_, _>>()?;
    let mut picture = blank(header.width, header.height, 3, max_pixels)?;
    let rows = picture.data.chunks_exact_mut(header.width * 3);
    let color = |index: u8| palette.get(usize::from(index)).copied().unwrap_or_default();
    if header.compression == RGB {
        let (bits, mask) = (header.bits, (most - 1) as u8);
        for (pixels, row) in rows.zip(header.rows(file)?) {
            for (x, pixel) in pixels.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let at = x * bits;
                *pixel = color(row[at / 8] >> (8 - bits - at % 8) & mask);
            }
        }
    } else {
        let indices = run_lengths(file, header)?;
        for (pixels, row) in rows.zip(indices.chunks_exact(header.width)) {
            for (pixel, &index) in pixels.as_chunks_mut::<3>().0.iter_mut().zip(row) {
                *pixel = color(index);
            }
        }
    }
    Ok(picture)
}

/// The indices of a picture that is stored as runs; what these leave out is index 0.
fn run_lengths(file: &File, header: &Header) -> Result<Vec<u8>, Fault> {
    let (width, height) = (header.width, header.height);
    let mut indices = zeros(width * height)?;
    let mut at = header.pixels;
    let (mut x, mut y) = (0, 0); // y counts rows of the file
    let two = |byte: u8, odd: bool| match header.compression {
        RLE8 => byte,
        _ if odd => byte & 15,
        _ => byte >> 4,
    };
    let mut put = |x: usize, y: usize, index: u8| {
        if x < width && y < height {
            indices[if header.from_top { y } else { height - 1 - y } * width + x] = index;
        }
    };
    while y < height {
        let [count, value] = file.bytes::<2>(at)?;
        at += 2;
        match (count, value) {
            (0, 0) => (x, y) = (0, y + 1),
            (0, 1) => break,
            (0, 2) => {
                let [right, up] = file.bytes::<2>(at)?;
                at += 2;
                (x, y) = (x + usize::from(right), y + usize::from(up));
            }
            (0, count) => {
                let count = usize::from(count);
                let bytes = if header.compression == RLE8 { count } else { count.div_ceil(2) };
                for i in 0..count {
                    let [byte] = file.bytes::<1>(at + if header.compression == RLE8 { i } else { i / 2 })?;
                    put(x + i, y, two(byte, i % 2 == 1));
                }
                x += count;
                at += bytes.next_multiple_of(2);
            }
            _ => {
                for i in 0..usize::from(count) {
                    put(x + i, y, two(value, i % 2 == 1));
                }
                x += usize::from(count);
            }
        }
    }
    Ok(indices)
}

/// Pixels of 16, 24 or 32 bits, whose channels are where the masks are: red, green, blue, and alpha or nothing.
fn from_masks(file: &File, header: &Header, masks: [u32; 4], max_pixels: u64) -> Result<Picture, Fault> {
    let channels = if masks[3] == 0 { 3 } else { 4 };
    let rows = header.rows(file)?;
    let mut picture = blank(header.width, header.height, channels, max_pixels)?;
    let bytes = header.bits / 8;
    let shifts = masks.map(|mask| mask.trailing_zeros() % 32);
    let most: [u32; 4] = std::array::from_fn(|i| (masks[i] >> shifts[i]).max(1));
    for (pixels, row) in picture.data.chunks_exact_mut(header.width * channels).zip(rows) {
        for (pixel, stored) in pixels.chunks_exact_mut(channels).zip(row.chunks_exact(bytes)) {
            let word = stored.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
            for (c, value) in pixel.iter_mut().enumerate() {
                let raw = (word & masks[c]) >> shifts[c];
                let scaled = (u64::from(raw) * 255 + u64::from(most[c] / 2)) / u64::from(most[c]);
                *value = if most[c] == 255 { raw as u8 } else { scaled.min(255) as u8 };
            }
        }
    }
    Ok(picture)
}
