//! What crosses the boundary as a number, each list written once: an enumeration has its numbers, its decoding from a word,
//! and on native builds, for the table that TypeScript gets (crates/wasm/tests/table.rs), its names.

/// Kinds whose numbers are 0, 1, 2, ... in the order in which they are written, or go on from the first one's.
pub trait Enumeration: Sized {
    /// How many there are.
    const COUNT: u32;

    /// The kind at this place, `None` from `COUNT` on, in the order in which they are written.
    fn at(place: u32) -> Option<Self>;

    /// As TypeScript has them, and their numbers.
    #[cfg(not(target_arch = "wasm32"))]
    const NAMES: &'static [(&'static str, u32)];
}

/// Defines an enumeration. `Variant as "name"` has another name in TypeScript than the variant's in camel case.
macro_rules! enumeration {
    ($(#[$about:meta])* $visible:vis enum $name:ident {
        $($(#[$each:meta])* $variant:ident $(= $number:literal)? $(as $text:literal)?,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        $visible enum $name { $($(#[$each])* $variant $(= $number)?,)+ }

        impl $crate::enumeration::Enumeration for $name {
            const COUNT: u32 = [$($name::$variant,)+].len() as u32;

            #[inline(always)]
            fn at(place: u32) -> Option<Self> {
                const FIRST: u32 = $crate::enumeration::first(&[$($name::$variant as u32,)+]);
                // SAFETY: `first` has found that the numbers from the first kind's on are those of as many kinds.
                (place < Self::COUNT).then(|| unsafe { core::mem::transmute(FIRST + place) })
            }

            #[cfg(not(target_arch = "wasm32"))]
            const NAMES: &'static [(&'static str, u32)] =
                &[$(([$($text,)? stringify!($variant)][0], $name::$variant as u32),)+];
        }
    };
}

/// The first of numbers that go up by one.
///
/// # Panics
/// For others: where an enumeration is defined, so that it does not compile.
#[must_use]
pub const fn first(numbers: &[u32]) -> u32 {
    let mut at = 0;
    while at < numbers.len() {
        assert!(numbers[at] == numbers[0] + at as u32, "a number in the middle of an enumeration");
        at += 1;
    }
    numbers[0]
}

/// Defines named numbers, such as the bits of a rule, as constants of a type; `NAMES` as above, with their numbers.
macro_rules! constants {
    ($type:ident { $($(#[$each:meta])* $name:ident = $value:expr;)+ }) => {
        impl $type {
            $($(#[$each])* pub const $name: u32 = $value;)+
            #[cfg(not(target_arch = "wasm32"))]
            pub const NAMES: &'static [(&'static str, u32)] = &[$((stringify!($name), $value),)+];
        }
    };
}

pub(crate) use {constants, enumeration};
