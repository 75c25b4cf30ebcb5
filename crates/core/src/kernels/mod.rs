//! Microkernels: registers and pointers, nothing else. Edges of tiles are theirs, so that the loops around them
//! have no tails; what a kernel may read and write is told by its arguments and never exceeded.

pub mod depthwise;
pub mod gemm;
pub mod integer;
pub mod peak;
pub mod tile;
pub mod winograd;
