//! Picture files to pixels, and pixels to files: the boundary of the codec modules. Each feature is built to a module of
//! its own (scripts/lib/codecs.mjs), which has one `decode` or one `encode`; ts/image/codec.ts calls them.
//!
//! A call: `input(bytes)` gives the address to write to, `decode` or `encode` gives 0 or the code of a fault, `output()`
//! is where the result lies, `release()` frees it. Dependencies may trap on a file that they did not foresee; whoever
//! calls throws the module's instance away then.
//!
//! Why these crates (the field's decoders in Rust are the `image` project's and zune's):
//!
//! | format | crate | why |
//! | --- | --- | --- |
//! | JPEG | zune-jpeg | twice as fast as jpeg-decoder, progressive and CMYK; the `image` project's own choice; its unsafe code is x86's and Arm's alone |
//! | PNG | png | no unsafe code, fdeflate inflates faster than miniz_oxide; the `image` project's |
//! | WebP | image-webp | lossy, lossless and animated without C or unsafe code; the `image` project's; zenwebp, its faster fork, is under the AGPL |
//! | GIF | gif | no unsafe code; the `image` project's |
//! | BMP | none | bmp.rs is 250 lines; `image` brings 60 kB with its own |
//! | to JPEG | jpeg-encoder | baseline, no unsafe code outside AVX2; `image`'s is slower and does not subsample |
//! | to PNG | fdeflate | what png's encoder deflates with; its other ways to deflate are half of a module that needs none |

mod memory;
pub mod picture;

#[cfg(feature = "decode-bmp")]
pub mod bmp;
#[cfg(any(feature = "encode-jpeg", feature = "encode-png"))]
pub mod encode;
#[cfg(feature = "decode-gif")]
pub mod gif;
#[cfg(feature = "decode-jpeg")]
pub mod jpeg;
#[cfg(any(feature = "decode-jpeg", feature = "decode-png", feature = "decode-webp"))]
mod orientation;
#[cfg(feature = "decode-png")]
pub mod png;
#[cfg(feature = "decode-webp")]
pub mod webp;

use picture::{Fault, Picture};
use std::cell::RefCell;
use wasm_bindgen::prelude::wasm_bindgen;

/// What the caller wrote, and what the last call made of it.
#[derive(Default)]
struct State {
    input: Vec<u8>,
    picture: Picture,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn with<T>(work: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(work)
}

/// Makes room for the bytes of the next call and gives their address, 0 when there is none.
#[wasm_bindgen]
pub fn input(bytes: usize) -> usize {
    with(|state| {
        *state = State::default();
        match picture::zeros(bytes) {
            Ok(input) => state.input = input,
            Err(_) => return 0,
        }
        state.input.as_ptr() as usize
    })
}

/// Keeps the result and gives 0, or the fault's code. A fault keeps the size of which it speaks.
fn finish(state: &mut State, result: Result<Picture, Fault>) -> u32 {
    state.input = Vec::new();
    match result {
        Ok(picture) => {
            state.picture = picture;
            0
        }
        Err(fault) => {
            (state.picture.width, state.picture.height) = fault.size();
            fault.code()
        }
    }
}

/// Decodes the input, a file of this module's format, of at most `max_pixels`.
#[cfg(any(
    feature = "decode-jpeg",
    feature = "decode-png",
    feature = "decode-webp",
    feature = "decode-gif",
    feature = "decode-bmp"
))]
#[wasm_bindgen]
pub fn decode(max_pixels: f64) -> u32 {
    #[cfg(feature = "decode-bmp")]
    use bmp::decode;
    #[cfg(all(feature = "decode-gif", not(feature = "decode-bmp")))]
    use gif::decode;
    #[cfg(all(feature = "decode-jpeg", not(feature = "decode-bmp")))]
    use jpeg::decode;
    #[cfg(all(feature = "decode-png", not(feature = "decode-bmp")))]
    use png::decode;
    #[cfg(all(feature = "decode-webp", not(feature = "decode-bmp")))]
    use webp::decode;
    with(|state| {
        let result = decode(&state.input, max_pixels as u64);
        finish(state, result)
    })
}

/// Encodes the input, `channels` bytes a pixel, row by row. `quality` is JPEG's, 1 to 100.
#[cfg(any(feature = "encode-jpeg", feature = "encode-png"))]
#[wasm_bindgen]
pub fn encode(width: usize, height: usize, channels: usize, quality: u32) -> u32 {
    #[cfg(feature = "encode-jpeg")]
    use encode::jpeg as file;
    #[cfg(all(feature = "encode-png", not(feature = "encode-jpeg")))]
    use encode::png as file;
    with(|state| {
        let pixels = std::mem::take(&mut state.input);
        let result = file(&Picture { data: pixels, width, height, channels }, quality);
        finish(state, result.map(|data| Picture { data, ..Picture::default() }))
    })
}

/// The address of the result's bytes.
#[wasm_bindgen]
pub fn output() -> usize {
    with(|state| state.picture.data.as_ptr() as usize)
}

/// How many bytes the result has.
#[wasm_bindgen]
pub fn output_bytes() -> usize {
    with(|state| state.picture.data.len())
}

/// The picture's width, also that of one which was refused for its size.
#[wasm_bindgen]
pub fn width() -> usize {
    with(|state| state.picture.width)
}

/// The picture's height.
#[wasm_bindgen]
pub fn height() -> usize {
    with(|state| state.picture.height)
}

/// Bytes a pixel.
#[wasm_bindgen]
pub fn channels() -> usize {
    with(|state| state.picture.channels)
}

/// Frees input and result.
#[wasm_bindgen]
pub fn release() {
    with(|state| *state = State::default());
}

/// Bytes that are allocated; 0 after `release`.
#[wasm_bindgen]
pub fn live_bytes() -> usize {
    memory::live()
}

/// Whether memory was refused since the start: then a trap was for want of it.
#[wasm_bindgen]
pub fn ran_out() -> u32 {
    u32::from(memory::ran_out())
}
