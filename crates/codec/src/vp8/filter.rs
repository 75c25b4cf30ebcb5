//! Smoothing of the edges between blocks (RFC 6386, section 15), sixteen places of an edge at a time.

use super::lanes::{interleaved, Lanes};
use super::plane::Plane;

/// How a block's edges are smoothed; nothing where `limit` is 0.
#[derive(Clone, Copy, Default)]
pub struct Strength {
    pub limit: u8,
    pub interior: u8,
    /// Beyond this an edge is sharp on purpose.
    pub variance: u8,
}

/// Four pixels before an edge and four behind it.
type Edge = [Lanes; 8];

/// Where the edge is one of blocks and not of the picture.
#[inline(always)]
fn blocky([.., p1, p0, q0, q1, _, _]: &Edge, limit: u8) -> Lanes {
    let step = p0.apart(*q0);
    step.sum(step).sum(p1.apart(*q1).half()).at_most(limit)
}

#[inline(always)]
fn flat([p3, p2, p1, p0, q0, q1, q2, q3]: &Edge, interior: u8) -> Lanes {
    let before = p3.apart(*p2).max(p2.apart(*p1)).max(p1.apart(*p0));
    let behind = q3.apart(*q2).max(q2.apart(*q1)).max(q1.apart(*q0));
    before.max(behind).at_most(interior)
}

/// Where the pixels at the edge are alike on both sides.
#[inline(always)]
fn smooth([.., p1, p0, q0, q1, _, _]: &Edge, variance: u8) -> Lanes {
    p1.apart(*p0).max(q1.apart(*q0)).at_most(variance)
}

/// `base` and three times the step over the edge.
#[inline(always)]
fn stepped(base: Lanes, p0: Lanes, q0: Lanes) -> Lanes {
    let step = q0.minus(p0);
    base.plus(step).plus(step).plus(step)
}

/// What moves the two pixels at the edge: (q0's, p0's).
#[inline(always)]
fn halves(a: Lanes) -> (Lanes, Lanes) {
    let eighth = |bias: u8| a.plus(Lanes::splat(bias)).shift_right(3);
    (eighth(4), eighth(3))
}

/// The edge between two blocks of 16x16. Not inlined at its many places: that is as fast, and a third of the size.
#[inline(never)]
fn outer(edge: &mut Edge, Strength { limit, interior, variance }: Strength) {
    let wanted = blocky(edge, limit).and(flat(edge, interior));
    let smooth = smooth(edge, variance);
    let [_, p2, p1, p0, q0, q1, q2, _] = edge.map(Lanes::recentred);
    let a = stepped(p1.minus(q1), p0, q0).and(wanted);
    let (to_q, to_p) = halves(a.without(smooth));
    let [near, middle, far] = a.and(smooth).parts();
    edge[1] = p2.plus(far).recentred();
    edge[2] = p1.plus(middle).recentred();
    edge[3] = p0.plus(to_p).plus(near).recentred();
    edge[4] = q0.minus(to_q).minus(near).recentred();
    edge[5] = q1.minus(middle).recentred();
    edge[6] = q2.minus(far).recentred();
}

/// The edge between blocks of 4x4 within one.
#[inline(never)]
fn inner(edge: &mut Edge, Strength { limit, interior, variance }: Strength) {
    let wanted = blocky(edge, limit).and(flat(edge, interior));
    let smooth = smooth(edge, variance);
    let [_, _, p1, p0, q0, q1, _, _] = edge.map(Lanes::recentred);
    let (to_q, to_p) = halves(stepped(p1.minus(q1).without(smooth), p0, q0).and(wanted));
    let half = to_q.plus(Lanes::splat(1)).shift_right(1).and(smooth);
    edge[2] = p1.plus(half).recentred();
    edge[3] = p0.plus(to_p).recentred();
    edge[4] = q0.minus(to_q).recentred();
    edge[5] = q1.minus(half).recentred();
}

/// An edge as the simple filter has it.
#[inline(never)]
fn simple(edge: &mut Edge, Strength { limit, .. }: Strength) {
    let wanted = blocky(edge, limit);
    let [_, _, p1, p0, q0, q1, _, _] = edge.map(Lanes::recentred);
    let (to_q, to_p) = halves(stepped(p1.minus(q1), p0, q0).and(wanted));
    edge[3] = p0.plus(to_p).recentred();
    edge[4] = q0.minus(to_q).recentred();
}

/// Two halves side by side.
#[inline(always)]
fn joined(a: [u8; 8], b: [u8; 8]) -> Lanes {
    let mut both = [0; 16];
    both[..8].copy_from_slice(&a);
    both[8..].copy_from_slice(&b);
    Lanes::of(both)
}

#[inline(always)]
fn parted(v: Lanes) -> [[u8; 8]; 2] {
    let bytes = v.bytes();
    [bytes[..8].try_into().expect("eight"), bytes[8..].try_into().expect("eight")]
}

/// Filters sixteen rows of eight pixels, two in each of `rows`, across their middle.
#[inline(always)]
fn across(rows: [Lanes; 8], filter: impl Fn(&mut Edge)) -> [Lanes; 8] {
    let mut edge = interleaved(interleaved(interleaved(interleaved(rows))));
    filter(&mut edge);
    interleaved(interleaved(interleaved(edge)))
}

/// The edge above `at`, sixteen pixels long.
#[inline(always)]
fn above(plane: &mut Plane, at: usize, filter: impl Fn(&mut Edge)) {
    let stride = plane.stride;
    let first = at - 4 * stride;
    let mut edge = std::array::from_fn(|i| Lanes::of(plane.row(first + i * stride)));
    filter(&mut edge);
    for (i, row) in edge.into_iter().enumerate().take(7).skip(1) {
        plane.set(first + i * stride, row.bytes());
    }
}

/// The edge to the left of `at`.
#[inline(always)]
fn left(plane: &mut Plane, at: usize, filter: impl Fn(&mut Edge)) {
    let place = |i: usize| at - 4 + i * plane.stride;
    let rows = std::array::from_fn(|i| joined(plane.row(place(2 * i)), plane.row(place(2 * i + 1))));
    let stride = plane.stride;
    for (i, row) in across(rows, filter).into_iter().flat_map(parted).enumerate() {
        plane.set(at - 4 + i * stride, row);
    }
}

/// Edges of both chroma planes, eight pixels long each, side by side.
#[inline(always)]
fn both_above([u, v]: &mut [Plane; 2], at: usize, filter: impl Fn(&mut Edge)) {
    let stride = u.stride;
    let first = at - 4 * stride;
    let mut edge = std::array::from_fn(|i| joined(u.row(first + i * stride), v.row(first + i * stride)));
    filter(&mut edge);
    for (i, row) in edge.into_iter().enumerate().take(7).skip(1) {
        let [a, b] = parted(row);
        u.set(first + i * stride, a);
        v.set(first + i * stride, b);
    }
}

#[inline(always)]
fn both_left([u, v]: &mut [Plane; 2], at: usize, filter: impl Fn(&mut Edge)) {
    let stride = u.stride;
    let place = |i: usize| at - 4 + i * stride;
    let rows = std::array::from_fn(|i| {
        let (plane, row) = if i < 4 { (&*u, 2 * i) } else { (&*v, 2 * i - 8) };
        joined(plane.row(place(row)), plane.row(place(row + 1)))
    });
    let rows = across(rows, filter).map(parted);
    for i in 0..4 {
        for (plane, [a, b]) in [(&mut *u, rows[i]), (&mut *v, rows[4 + i])] {
            plane.set(place(2 * i), a);
            plane.set(place(2 * i + 1), b);
        }
    }
}

/// What of a block's edges is smoothed.
#[derive(Clone, Copy, Default)]
pub struct Wanted {
    pub strength: Strength,
    /// The edges within it as well.
    pub inside: bool,
}

/// All edges of the block of 16x16 pixels in column x and row y, and of its chroma.
pub fn block(
    luma: &mut Plane,
    chroma: &mut [Plane; 2],
    (x, y): (usize, usize),
    wanted: Wanted,
    is_simple: bool,
) {
    let Wanted { strength, inside } = wanted;
    if strength.limit == 0 {
        return;
    }
    let between = Strength { limit: strength.limit + 4, ..strength };
    let at = luma.place(16 * x, 16 * y);
    let stride = luma.stride;
    if is_simple {
        if x > 0 {
            left(luma, at, |edge| simple(edge, between));
        }
        if inside {
            (1..4).for_each(|i| left(luma, at + 4 * i, |edge| simple(edge, strength)));
        }
        if y > 0 {
            above(luma, at, |edge| simple(edge, between));
        }
        if inside {
            (1..4).for_each(|i| above(luma, at + 4 * i * stride, |edge| simple(edge, strength)));
        }
        return;
    }
    let at_chroma = chroma[0].place(8 * x, 8 * y);
    let half = 4 * chroma[0].stride;
    if x > 0 {
        left(luma, at, |edge| outer(edge, between));
        both_left(chroma, at_chroma, |edge| outer(edge, between));
    }
    if inside {
        (1..4).for_each(|i| left(luma, at + 4 * i, |edge| inner(edge, strength)));
        both_left(chroma, at_chroma + 4, |edge| inner(edge, strength));
    }
    if y > 0 {
        above(luma, at, |edge| outer(edge, between));
        both_above(chroma, at_chroma, |edge| outer(edge, between));
    }
    if inside {
        (1..4).for_each(|i| above(luma, at + 4 * i * stride, |edge| inner(edge, strength)));
        both_above(chroma, at_chroma + half, |edge| inner(edge, strength));
    }
}
