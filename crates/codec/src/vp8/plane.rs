//! One colour's bytes, with what prediction sees beyond them (RFC 6386, section 12): 127 above, 129 to the left.

/// Bytes before a row's first pixel and behind its last: the nearest ones are what is seen.
pub const BORDER: usize = 16;

#[derive(Default)]
pub struct Plane {
    pub bytes: Vec<u8>,
    pub stride: usize,
}

impl Plane {
    /// Room for so many pixels, without the borders; both are whole blocks.
    pub fn new(width: usize, height: usize, mut bytes: Vec<u8>) -> Self {
        let stride = Plane::stride_of(width);
        bytes[..stride].fill(127);
        for y in 0..height {
            bytes[(y + 1) * stride + BORDER - 1] = 129;
        }
        Plane { bytes, stride }
    }

    fn stride_of(width: usize) -> usize {
        width + 2 * BORDER
    }

    pub fn size_of(width: usize, height: usize) -> usize {
        Plane::stride_of(width) * (height + 1)
    }

    pub fn place(&self, x: usize, y: usize) -> usize {
        (y + 1) * self.stride + BORDER + x
    }

    pub fn row<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes[at..][..N].try_into().expect("N bytes")
    }

    pub fn set<const N: usize>(&mut self, at: usize, row: [u8; N]) {
        self.bytes[at..][..N].copy_from_slice(&row);
    }

    /// Changes a block of 4x4 pixels; what is no byte is cut.
    #[inline(always)]
    pub fn change(&mut self, at: usize, change: impl Fn(usize, usize, i32) -> i32) {
        for y in 0..4 {
            let row: [u8; 4] = self.row(at + y * self.stride);
            let new = std::array::from_fn(|x| change(x, y, row[x].into()).clamp(0, 255) as u8);
            self.set::<4>(at + y * self.stride, new);
        }
    }
}
