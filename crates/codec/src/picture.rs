//! What decoders give and encoders take, and what can be wrong with a file.

/// Pixels row by row, `channels` bytes each: grey, grey and alpha, rgb, rgba.
#[derive(Default)]
pub struct Picture {
    pub data: Vec<u8>,
    pub width: usize,
    pub height: usize,
    pub channels: usize,
}

/// Why there is no result. The codes are those of ts/image/codec.ts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file's data contradict its format.
    Damaged,
    /// The file ends before its picture does.
    EndsEarly,
    /// What the format knows and this decoder does not.
    Unsupported,
    /// More pixels than the caller takes.
    TooLarge(usize, usize),
    /// No room for a picture of this size.
    NoMemory(usize, usize),
}

impl Fault {
    pub fn code(self) -> u32 {
        match self {
            Fault::Damaged => 1,
            Fault::EndsEarly => 2,
            Fault::Unsupported => 3,
            Fault::TooLarge(..) => 4,
            Fault::NoMemory(..) => 5,
        }
    }

    /// Width and height of which it speaks.
    pub fn size(self) -> (usize, usize) {
        match self {
            Fault::TooLarge(width, height) | Fault::NoMemory(width, height) => (width, height),
            _ => (0, 0),
        }
    }
}

/// Refuses a size that has no pixels or more than `max_pixels`.
pub fn check_size(width: usize, height: usize, max_pixels: u64) -> Result<(), Fault> {
    if width == 0 || height == 0 {
        return Err(Fault::Damaged);
    }
    if width as u64 * height as u64 > max_pixels {
        return Err(Fault::TooLarge(width, height));
    }
    Ok(())
}

/// So many zeros, or nothing where there is no room.
pub fn zeros(bytes: usize) -> Result<Vec<u8>, Fault> {
    let mut data = Vec::new();
    data.try_reserve_exact(bytes).map_err(|_| Fault::NoMemory(0, 0))?;
    data.resize(bytes, 0);
    Ok(data)
}

/// A black picture, its size checked.
pub fn blank(width: usize, height: usize, channels: usize, max_pixels: u64) -> Result<Picture, Fault> {
    check_size(width, height, max_pixels)?;
    let bytes = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(channels));
    let data =
        zeros(bytes.ok_or(Fault::NoMemory(width, height))?).map_err(|_| Fault::NoMemory(width, height))?;
    Ok(Picture { data, width, height, channels })
}
