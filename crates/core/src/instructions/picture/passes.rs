//! A picture's rows mixed, resized across, and made numbers of. Weights have 14 bits behind the point, and an element of a line
//! is a byte with 7; fine weights have 22, as a word and a byte of low bits in a table behind, and elements are bytes.

use crate::simd::{F32x4, I16x8, I32x4, U8x16, LANES};

/// Elements that may be read or written behind a row.
pub const SLACK: usize = 16;

const WEIGHT_BITS: u32 = 14;
/// The low bits of fine weights.
const LOW_BITS: u32 = 8;
const LINE_BITS: u32 = 7;

/// Which elements each position is made of, and their weights.
pub struct Taps {
    firsts: *const i32,
    weights: *const i16,
    pub count: usize,
    pub taps: usize,
}

impl Taps {
    pub fn at(table: *const i32, count: usize, taps: usize) -> Taps {
        Taps { firsts: table, weights: table.wrapping_add(count).cast(), count, taps }
    }

    /// # Safety
    /// The table lies there, and `index < count`.
    #[inline(always)]
    pub unsafe fn first(&self, index: usize) -> isize {
        // SAFETY: the caller's guarantee.
        unsafe { self.firsts.add(index).read() as isize }
    }

    /// How far behind weights their low bits lie, where they have some.
    pub fn fine(&self) -> usize {
        self.count * self.taps
    }

    pub fn weights(&self, index: usize) -> *const i16 {
        self.weights.wrapping_add(index * self.taps)
    }
}

/// Sixteen columns of rows `stride` bytes apart, weighted and added.
///
/// # Safety
/// `taps` rows of sixteen bytes can be read at `x`, and as many weights.
#[inline(always)]
unsafe fn mixed(x: *const u8, stride: usize, weights: *const i16, taps: usize) -> [I32x4; 4] {
    let mut sums = [I32x4::splat(0); 4];
    let mut row = x;
    for k in (0..taps).step_by(2) {
        // SAFETY: the caller's guarantee; taps come in pairs.
        unsafe {
            let weight = I16x8::load_pair(weights.add(k));
            let (low, high) = U8x16::load(row).zip(U8x16::load(row.add(stride)));
            let ((a, b), (c, d)) = (low.widen(), high.widen());
            for (sum, pairs) in sums.iter_mut().zip([a, b, c, d]) {
                *sum = sum.add(pairs.dot(weight));
            }
            row = row.wrapping_add(2 * stride);
        }
    }
    sums
}

/// Rows of bytes to a line of `count` elements and some behind them.
///
/// # Safety
/// `taps` rows of `count + SLACK` bytes can be read, and as many elements written.
pub unsafe fn down(
    x: *const u8,
    stride: usize,
    weights: *const i16,
    taps: usize,
    line: *mut i16,
    count: usize,
) {
    const SHIFT: u32 = WEIGHT_BITS - LINE_BITS;
    let half = I32x4::splat(1 << (SHIFT - 1));
    for i in (0..count).step_by(16) {
        // SAFETY: the caller's guarantee.
        unsafe {
            let [a, b, c, d] =
                mixed(x.add(i), stride, weights, taps).map(|sum| sum.add(half).shift_right(SHIFT));
            a.narrow(b).store(line.add(i));
            c.narrow(d).store(line.add(i + 8));
        }
    }
}

/// The same by fine weights, whose low bits lie `fine` elements behind, to bytes.
///
/// # Safety
/// As [`down`].
pub unsafe fn down_to_bytes(
    x: *const u8,
    stride: usize,
    (weights, fine): (*const i16, usize),
    taps: usize,
    into: *mut u8,
    count: usize,
) {
    for i in (0..count).step_by(16) {
        // SAFETY: the caller's guarantee.
        unsafe {
            let sums = mixed(x.add(i), stride, weights, taps);
            let lows = mixed(x.add(i), stride, weights.add(fine), taps);
            for (j, (sum, low)) in sums.into_iter().zip(lows).enumerate() {
                cut(sum, low).store_bytes(into.add(i + 4 * j));
            }
        }
    }
}

/// The bytes of fine sums, cut to what bytes hold.
#[inline(always)]
fn cut(sum: I32x4, low: I32x4) -> I32x4 {
    const BITS: u32 = WEIGHT_BITS + LOW_BITS;
    let whole = sum.shift_left(LOW_BITS).add(low).add(I32x4::splat(1 << (BITS - 1))).shift_right(BITS);
    whole.max(I32x4::splat(0)).min(I32x4::splat(255))
}

/// Bytes to elements of a line.
///
/// # Safety
/// As [`down`], of one row.
pub unsafe fn widen(x: *const u8, line: *mut i16, count: usize) {
    for i in (0..count).step_by(16) {
        // SAFETY: the caller's guarantee.
        unsafe {
            let (low, high) = U8x16::load(x.add(i)).widen();
            low.store(line.add(i));
            high.store(line.add(i + 8));
        }
    }
}

/// A line of pixels to planes of bytes, `stride` apart: lanes are channels, and four pixels at a time are stored.
///
/// # Safety
/// `limit` is the line's last pixel; `taps` pixels and eight elements can be read behind it, and four bytes written behind each
/// plane's `count`.
pub unsafe fn across<const CHANNELS: usize, const FINE: bool>(
    columns: &Taps,
    limit: usize,
    line: *const i16,
    into: *mut u8,
    stride: usize,
) {
    const BITS: u32 = WEIGHT_BITS + LINE_BITS;
    let (last, fine) = (columns.count.saturating_sub(1), columns.fine());
    for i in (0..columns.count).step_by(LANES) {
        // SAFETY: the caller's guarantee; where there are no four pixels the last one is computed again.
        unsafe {
            let places: [usize; LANES] = core::array::from_fn(|j| (i + j).min(last));
            let pixels = places.map(|place| {
                let first = (columns.first(place).max(0) as usize).min(limit);
                (line.add(first * CHANNELS), columns.weights(place))
            });
            let mut sums = [I32x4::splat(0); LANES];
            let mut lows = sums;
            for k in (0..columns.taps).step_by(2) {
                for (j, (pixel, weights)) in pixels.into_iter().enumerate() {
                    let pairs = I16x8::load(pixel.add(k * CHANNELS)).neighbours::<CHANNELS>();
                    sums[j] = sums[j].add(pairs.dot(I16x8::load_pair(weights.add(k))));
                    if FINE {
                        lows[j] = lows[j].add(pairs.dot(I16x8::load_pair(weights.add(fine + k))));
                    }
                }
            }
            let half = I32x4::splat(1 << (BITS - 1));
            let [a, b, c, d] = core::array::from_fn(|j| {
                if FINE {
                    cut(sums[j], lows[j])
                } else {
                    sums[j].add(half).shift_right(BITS)
                }
            });
            let planes = a.or(b.shift_left(8)).or(c.shift_left(16)).or(d.shift_left(24)).to_array();
            for (channel, &four) in planes.iter().enumerate().take(CHANNELS) {
                into.add(channel * stride + i).cast::<i32>().write_unaligned(four);
            }
        }
    }
}

/// Red, green and blue planes to their lightness, in the place of red: ITU-R BT.601, in 16 bits as Pillow has it.
///
/// # Safety
/// Three planes of `count` bytes and three more lie there, `stride` apart.
pub unsafe fn lighten(planes: *mut u8, stride: usize, count: usize) {
    for i in (0..count).step_by(LANES) {
        // SAFETY: the caller's guarantee.
        unsafe {
            let at = planes.add(i);
            let part = |plane: usize, weight: i32| {
                I32x4::load_bytes(at.add(plane * stride)).mul(I32x4::splat(weight))
            };
            let sum = part(0, 19595).add(part(1, 38470)).add(part(2, 7471));
            sum.add(I32x4::splat(1 << 15)).shift_right(16).store_bytes(at);
        }
    }
}

/// `y = x * factor + summand`.
///
/// # Safety
/// `count + SLACK` bytes can be read, `count` elements written.
pub unsafe fn floats(x: *const u8, [factor, summand]: [f32; 2], y: *mut f32, count: usize) {
    let (factor, summand) = (F32x4::splat(factor), F32x4::splat(summand));
    let number = |v: I32x4| v.to_f32().mul_add_exact(factor, summand);
    for i in (0..count).step_by(16) {
        // SAFETY: the caller's guarantee.
        unsafe {
            let (low, high) = U8x16::load(x.add(i)).widen();
            let ((a, b), (c, d)) = (low.widen(), high.widen());
            for (j, four) in [a, b, c, d].into_iter().enumerate() {
                let at = i + j * LANES;
                if at + LANES <= count {
                    number(four).store(y.add(at));
                } else if at < count {
                    number(four).store_partial(y.add(at), count - at);
                }
            }
        }
    }
}

/// Planes to pixels of `channels` numbers.
///
/// # Safety
/// As [`floats`], of each plane; y has room for `count` pixels.
pub unsafe fn pixels(
    planes: [*const u8; 4],
    affine: &[[f32; 2]; 4],
    channels: usize,
    y: *mut f32,
    count: usize,
) {
    let total = count * channels;
    for i in (0..count).step_by(LANES) {
        // SAFETY: the caller's guarantee; what a pixel writes beyond its channels the next one writes again.
        unsafe {
            let rows = core::array::from_fn(|c| {
                let [factor, summand] = affine[c].map(F32x4::splat);
                I32x4::load_bytes(planes[c].add(i)).to_f32().mul_add_exact(factor, summand)
            });
            for (j, pixel) in F32x4::transpose(rows).into_iter().enumerate().take(count - i) {
                let at = (i + j) * channels;
                if at + LANES <= total {
                    pixel.store(y.add(at));
                } else {
                    pixel.store_partial(y.add(at), total - at);
                }
            }
        }
    }
}
