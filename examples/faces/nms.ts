// Many overlapping candidates -> one face each.
//
// `blend` is the weighted non-maximum suppression that MediaPipe uses for BlazeFace: the best candidate takes all that
// overlap it, and the result is their mean, weighted by score, which calms the boxes. It is for the candidates of one
// run. `bestOf` is for the results of several runs, of which some saw a face only roughly or in part: there the best
// one is kept as it is.
import type { Face } from './anchors.ts';

/** MediaPipe's threshold of intersection over union. */
const SAME_FACE = 0.3;
/** A box that lies this far inside another one is a rougher or partial view of the same face. */
const INSIDE = 0.6;

function area(face: Face): number {
  return Math.max(0, face.right - face.left) * Math.max(0, face.bottom - face.top);
}

function intersection(a: Face, b: Face): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}

function intersectionOverUnion(a: Face, b: Face): number {
  const common = intersection(a, b);
  const union = area(a) + area(b) - common;
  return union > 0 ? common / union : 0;
}

function isSameFace(a: Face, b: Face): boolean {
  const smaller = Math.min(area(a), area(b));
  return intersectionOverUnion(a, b) > SAME_FACE || (smaller > 0 && intersection(a, b) / smaller > INSIDE);
}

/** The best candidate with all that belong to it, then the best of the rest, and so on. */
function groups<F extends Face>(candidates: F[], belongs: (face: F, best: F) => boolean): F[][] {
  let rest = [...candidates].sort((a, b) => b.score - a.score);
  const found: F[][] = [];
  while (rest.length > 0) {
    const [best] = rest as [F];
    found.push(rest.filter((face) => face === best || belongs(face, best)));
    rest = rest.filter((face) => face !== best && !belongs(face, best));
  }
  return found;
}

function weightedMean(faces: Face[]): Face {
  const weight = faces.reduce((sum, face) => sum + face.score, 0);
  const mean = (pick: (face: Face) => number): number =>
    faces.reduce((sum, face) => sum + face.score * pick(face), 0) / weight;
  const [best] = faces as [Face];
  return {
    score: best.score,
    left: mean((face) => face.left),
    top: mean((face) => face.top),
    right: mean((face) => face.right),
    bottom: mean((face) => face.bottom),
    points: best.points.map((_, i) => ({
      x: mean((face) => (face.points[i] as Face['points'][number]).x),
      y: mean((face) => (face.points[i] as Face['points'][number]).y),
    })),
  };
}

/** One face per group of overlapping candidates, best first. */
export function blend(candidates: Face[]): Face[] {
  return groups(candidates, (face, best) => intersectionOverUnion(face, best) > SAME_FACE).map(weightedMean);
}

/** The best face of each group, best first. */
export function bestOf<F extends Face>(faces: F[]): F[] {
  return groups(faces, isSameFace).map(([best]) => best as F);
}
