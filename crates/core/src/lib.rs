//! striate's arithmetic: geometry, plans and kernels over linear memory. See ARCHITECTURE.md.
#![no_std]
// LLVM's own narrowing of vectors (simd/wasm_bytes.rs).
#![cfg_attr(target_arch = "wasm32", feature(link_llvm_intrinsics, abi_unadjusted, repr_simd, simd_ffi))]
#![cfg_attr(target_arch = "wasm32", allow(internal_features))]

extern crate alloc;
// Native builds exist for the tests; there the float functions that wasm has as instructions come from std.
#[cfg(any(test, not(target_arch = "wasm32")))]
extern crate std;

pub mod arena;
pub mod enumeration;
pub mod fault;
pub mod geometry;
pub mod half;
pub mod instructions;
pub mod kernels;
pub mod math;
pub mod simd;
