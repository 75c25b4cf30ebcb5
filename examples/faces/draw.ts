// The photograph with its faces marked: a box with the score in percent, and six key points.
import { writeFileSync } from 'node:fs';
import { type DrawnBox, drawBoxes, encodeJpeg } from 'striate/image';
import type { Photo } from './photo.ts';
import type { FoundFace } from './search.ts';

const COLOURS = { front: '#ffb000', back: '#00e5a0' };

/** Writes a JPEG to `path`. */
export function drawFaces(photo: Photo, faces: FoundFace[], path: string): void {
  const half = Math.max(1, Math.max(photo.width, photo.height) / 600);
  const boxes = faces.flatMap(({ left, top, right, bottom, points, score, model }): DrawnBox[] => {
    const color = COLOURS[model];
    return [
      { box: [left, top, right, bottom], label: `${Math.round(score * 100)}`, color },
      ...points.map(({ x, y }): DrawnBox => ({ box: [x - half, y - half, x + half, y + half], color })),
    ];
  });
  writeFileSync(path, encodeJpeg(drawBoxes(photo, boxes)));
}
