/** Pictures that the worker made, on canvases with a text that says what they show. */
import { h } from './dom.ts';

export interface PictureData {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** Shows a picture on a canvas, whose size becomes the picture's. */
export function paint(canvas: HTMLCanvasElement, { data, width, height }: PictureData, label: string): void {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
  canvas.setAttribute('aria-label', label);
}

/** A canvas that is a picture to those who do not see it. */
export const pictureCanvas = (name: string, label: string): HTMLCanvasElement =>
  h('canvas', { class: `picture ${name}`, role: 'img', 'aria-label': label, width: 1, height: 1 });

/** Has the browser save these bytes. */
export function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The address of a file beside the page, under whatever path it is served. */
export const beside = (name: string): string => new URL(name, document.baseURI).href;
