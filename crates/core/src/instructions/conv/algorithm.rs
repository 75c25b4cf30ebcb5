//! What an algorithm of convolution is, and the plan that chooses among those of the list in `conv.rs`.
//!
//! A plan is a pure function of the problem. Each algorithm says whether it accepts, and what it is estimated to cost; the
//! cheapest is taken, of equal ones the first. The general GEMM accepts everything. Costs are picoseconds of one core of an
//! Intel Xeon at 3.5 GHz. The numbers are a least squares fit of the relative errors to the times that
//! `npm run bench -- choices` prints into its JSON, 2487 convolutions in both variants; only their ratios matter, and they are
//! rounded. What every algorithm pays alike is left out.

use super::{Algorithm, Conv, Places, Problem, Share};
use crate::enumeration::Enumeration;
use crate::fault::{Code, Fault};
use crate::kernels::gemm::MR;

/// A way to compute a convolution.
pub(super) trait Convolve {
    /// The order of its packed weights.
    const LAYOUT: Layout;

    /// Whether it can compute the problem.
    fn accepts(problem: &Problem) -> bool;

    /// Whether it has packed weights of so many input channels of a group and such a kernel.
    fn packs(_ci: usize, _kernel: [usize; 3]) -> bool {
        true
    }

    /// The estimate for a problem that it accepts; infinite where the plan may not choose it. `exact`: it may not round where
    /// the definition does not.
    fn cost(problem: &Problem, exact: bool) -> f32;

    /// Decides scratch memory and blocks, where there are any.
    ///
    /// # Errors
    /// `TooLarge` when the scratch memory would exceed 2^31 - 1 bytes.
    fn plan(problem: &Problem, plan: &mut Plan) -> Result<(), Fault>;

    /// Computes this share of the output.
    ///
    /// # Safety
    /// The places hold what the problem says, the weights being packed for this algorithm.
    unsafe fn run(conv: &Conv, places: &Places, share: Share);
}

/// The order of packed weights, from the outermost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// `[g][tile][tap][c][MR]`: output channels of a tile side by side, those that are missing zero.
    Tiles,
    /// `[g][tile][c][tap][MR]`: read from the first to the last.
    Channels,
    /// `[channel][tap]`: one input channel.
    Rows,
}

impl Layout {
    /// Output channels that so many take.
    pub fn rows(self, co: usize) -> usize {
        match self {
            Layout::Rows => co,
            Layout::Tiles | Layout::Channels => co.next_multiple_of(MR),
        }
    }
}

/// Defines the list: an enumeration whose kinds are the algorithms' types, and what is asked of them.
macro_rules! algorithms {
    ($($module:ident::$name:ident $(= $number:literal)?,)+) => {
        $crate::enumeration::enumeration! {
            /// Numbered from 1; 0 means: choose.
            pub enum Algorithm { $($name $(= $number)?,)+ }
        }

        impl Algorithm {
            /// Whether it can compute the problem.
            #[inline(never)]
            #[must_use]
            pub fn accepts(self, problem: &Problem) -> bool {
                match self { $(Algorithm::$name => $module::$name::accepts(problem),)+ }
            }

            fn packs(self, ci: usize, kernel: [usize; 3]) -> bool {
                match self { $(Algorithm::$name => $module::$name::packs(ci, kernel),)+ }
            }

            #[inline(never)]
            fn cost(self, problem: &Problem, exact: bool) -> f32 {
                match self { $(Algorithm::$name => $module::$name::cost(problem, exact),)+ }
            }

            fn plan(self, problem: &Problem, plan: &mut Plan) -> Result<(), Fault> {
                match self { $(Algorithm::$name => $module::$name::plan(problem, plan),)+ }
            }

            fn layout(self) -> Layout {
                match self { $(Algorithm::$name => $module::$name::LAYOUT,)+ }
            }

            /// # Safety
            /// As [`Convolve::run`].
            unsafe fn run(self, conv: &Conv, places: &Places, share: Share) {
                // SAFETY: the caller's guarantee.
                unsafe {
                    match self { $(Algorithm::$name => $module::$name::run(conv, places, share),)+ }
                }
            }
        }
    };
}

pub(super) use algorithms;

impl Algorithm {
    /// # Errors
    /// `BadInstruction` for a number that is no algorithm's.
    pub fn from_number(number: u32) -> Result<Algorithm, Fault> {
        let unknown = Fault::new(Code::BadInstruction, [number as i32, 0, 0]);
        Self::at(number.wrapping_sub(1)).ok_or(unknown)
    }

    /// The one that is forced where it accepts, else the one that is estimated to take the least time.
    fn choose(problem: &Problem, forced: u32, exact: bool) -> Algorithm {
        if let Some(forced) = Self::from_number(forced).ok().filter(|forced| forced.accepts(problem)) {
            return forced;
        }
        let mut best = (Algorithm::Gemm, f32::INFINITY);
        for each in (0..Self::COUNT).filter_map(Self::at) {
            if each.accepts(problem) {
                let cost = each.cost(problem, exact);
                if cost < best.1 {
                    best = (each, cost);
                }
            }
        }
        best.0
    }
}

/// What [`Plan::new`] decided.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub algorithm: Algorithm,
    /// Bytes of scratch memory per part.
    pub scratch: usize,
    /// Elements of the packed weights.
    pub packed: usize,
    /// Panels of a block of pixels, and row tiles of a block of outputs.
    pub panels: usize,
    pub tiles: usize,
}

impl Plan {
    /// `forced` is an [`Algorithm`]'s number; where that one does not accept, or for 0, the plan chooses.
    ///
    /// # Errors
    /// `TooLarge` when the scratch memory would exceed 2^31 - 1 bytes.
    pub fn new(problem: &Problem, forced: u32, exact: bool) -> Result<Plan, Fault> {
        let algorithm = Algorithm::choose(problem, forced, exact);
        let packed = problem.groups * algorithm.layout().rows(problem.co) * problem.depth();
        let mut plan = Plan { algorithm, scratch: 0, packed, panels: 0, tiles: 0 };
        algorithm.plan(problem, &mut plan)?;
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{AxisRequest, Geometry, Rule};

    /// `[input, kernel, stride, dilation, lo, hi]`, the same for height and width.
    fn square([input, kernel, stride, dilation, lo, hi]: [i32; 6]) -> Geometry {
        let axis = AxisRequest { input, kernel, stride, dilation, lo, hi };
        let unit = AxisRequest { input: 1, kernel: 1, stride: 1, dilation: 1, lo: 0, hi: 0 };
        Geometry::new([unit, axis, axis], Rule::default()).unwrap()
    }

    fn plan(groups: usize, ci: usize, co: usize, axes: [i32; 6]) -> Plan {
        Plan::new(&Problem::new(1, groups, ci, co, square(axes)).unwrap(), 0, false).unwrap()
    }

    #[test]
    fn each_kind_of_problem_finds_its_algorithm() {
        assert_eq!(plan(1, 8, 8, [16, 3, 1, 1, 1, 1]).algorithm, Algorithm::Direct);
        assert_eq!(plan(1, 3, 64, [224, 7, 2, 1, 3, 3]).algorithm, Algorithm::Direct);
        assert_eq!(plan(1, 16, 8, [16, 3, 2, 1, 1, 1]).algorithm, Algorithm::Direct);
        assert_eq!(plan(1, 256, 256, [28, 3, 2, 1, 1, 1]).algorithm, Algorithm::Gemm);
        assert_eq!(plan(1, 8, 8, [5, 3, 1, 1, 0, 0]).algorithm, Algorithm::Gemm);
        assert_eq!(plan(1, 8, 8, [16, 1, 1, 1, 0, 0]).algorithm, Algorithm::Pointwise);
        assert_eq!(plan(1, 8, 8, [16, 1, 2, 1, 0, 0]).algorithm, Algorithm::Gemm);
        assert_eq!(plan(8, 1, 1, [16, 3, 1, 1, 1, 1]).algorithm, Algorithm::Depthwise);
        assert_eq!(plan(8, 1, 1, [16, 1, 3, 1, 0, 0]).algorithm, Algorithm::Depthwise);
        assert_eq!(plan(1, 1, 32, [28, 7, 1, 1, 3, 3]).algorithm, Algorithm::Direct);
    }

    #[test]
    fn winograd_is_chosen_where_it_pays() {
        let chosen = |size: i32, channels: usize, exact: bool| {
            let problem = Problem::new(1, 1, channels, channels, square([size, 3, 1, 1, 1, 1])).unwrap();
            Plan::new(&problem, 0, exact).unwrap().algorithm
        };
        assert_eq!(chosen(56, 64, false), Algorithm::Winograd);
        assert_eq!(chosen(7, 512, false), Algorithm::Winograd);
        assert_eq!(chosen(2, 16, false), Algorithm::Gemm);
        assert_eq!(chosen(56, 8, false), Algorithm::Direct);
        assert_ne!(chosen(56, 64, true), Algorithm::Winograd);
        assert_ne!(chosen(56, 15, false), Algorithm::Winograd);
    }

    #[test]
    fn a_forced_algorithm_that_does_not_accept_is_passed_over() {
        let problem = Problem::new(1, 1, 8, 8, square([3, 3, 1, 1, 1, 1])).unwrap();
        let forced = [Algorithm::Pointwise, Algorithm::Depthwise, Algorithm::Direct].map(|each| each as u32);
        for forced in forced.into_iter().chain([99]) {
            assert_eq!(Plan::new(&problem, forced, false).unwrap().algorithm, Algorithm::Gemm);
        }
        let pointwise = Problem::new(1, 1, 8, 8, square([16, 1, 1, 1, 0, 0])).unwrap();
        assert_eq!(Plan::new(&pointwise, Algorithm::Gemm as u32, false).unwrap().algorithm, Algorithm::Gemm);
    }

    #[test]
    fn scratch_memory_is_bounded() {
        assert_eq!(plan(1, 24, 24, [64, 1, 1, 1, 0, 0]).scratch, 8 * 8 * 24 * 4);
        assert!(plan(1, 2048, 512, [14, 3, 1, 1, 1, 1]).scratch <= 3 << 20);
        assert!(plan(1, 4096, 16, [224, 3, 1, 1, 1, 1]).scratch <= 3 << 20);
        assert!(plan(1, 8192, 16, [14, 3, 1, 1, 1, 1]).scratch <= 3 << 20);
        assert_eq!(plan(1, 64, 4, [400, 9, 1, 1, 4, 4]).algorithm, Algorithm::Direct);
        assert!(plan(1, 64, 4, [400, 9, 1, 1, 4, 4]).scratch <= 3 << 20);
        assert_eq!(plan(1, 64, 4, [512, 9, 1, 1, 4, 4]).algorithm, Algorithm::Gemm);
        assert!(plan(96, 1, 1, [256, 3, 1, 1, 1, 1]).scratch <= 1 << 16);
        assert_eq!(plan(96, 1, 1, [256, 3, 1, 1, 0, 0]).scratch, (256 + 4 * 254) * 4);
        assert_eq!(plan(96, 1, 1, [3, 3, 1, 1, 1, 1]).scratch, 0);
    }

    #[test]
    fn sizes_beyond_the_limit_are_refused_also_beside_a_zero() {
        let geometry = square([16, 3, 1, 1, 1, 1]);
        for [batch, groups, ci, co] in [
            [usize::MAX, 1, 1, 0],
            [0, usize::MAX, 1, 1],
            [0, 1, usize::MAX, 0],
            [0, 1, 0, usize::MAX],
            [1 << 10, 1, 1 << 12, 1],
            [1, 1 << 14, 1 << 13, 1 << 10],
        ] {
            let fault = Problem::new(batch, groups, ci, co, geometry).unwrap_err();
            assert_eq!(fault.code, Code::TooLarge, "{batch} {groups} {ci} {co}");
        }
    }
}
