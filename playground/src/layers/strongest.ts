/** The nine pictures that make a map strongest: of the test digits, or of pictures of one's own. */
import type { Context } from '../app/context.ts';
import { fill, h } from '../app/dom.ts';
import { beside, paint, pictureCanvas } from '../app/picture.ts';
import { released } from '../app/released.ts';
import type { Preparation } from '../worker/layers.ts';
import type { LayerWords } from './words.ts';

/** More would take long in a page. */
const MOST = 200;

/** Decodes pictures for the worker, none larger than needed. */
async function decoded(files: readonly File[]): Promise<ImageData[]> {
  const found: ImageData[] = [];
  for (const file of files.slice(0, MOST)) {
    const bitmap = await createImageBitmap(file).catch(() => null);
    if (bitmap === null) continue;
    const scale = Math.min(1, 512 / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [Math.round(bitmap.width * scale), Math.round(bitmap.height * scale)];
    const context = h('canvas', { width, height }).getContext('2d') as CanvasRenderingContext2D;
    context.drawImage(bitmap, 0, 0, width, height);
    found.push(context.getImageData(0, 0, width, height));
  }
  return found;
}

/** A button for each source, and what it finds. `run` shows what goes wrong. */
export function strongestPart(
  { ask }: Context,
  say: LayerWords,
  { name, channel, preparation }: { name: string; channel: () => number; preparation: Preparation },
  run: (work: () => Promise<void>) => Promise<void>,
): HTMLElement {
  const list = h('div', { class: 'nine' });
  const look = (source: string | ImageData[]) =>
    run(async () => {
      const pictures =
        typeof source === 'string'
          ? source
          : source.map(({ data, width, height }) => ({ data: data as Uint8ClampedArray, width, height }));
      const map = channel();
      const found = await ask('strongest', 'strongest', [name, map, pictures]);
      await released();
      fill(
        list,
        h('h4', {}, say.nineOf(map + 1)),
        h(
          'div',
          { class: 'side-by-side' },
          found.map(({ index, value, patch, back }) => {
            const label = say.nineLabel(index, value.toFixed(2));
            const [left, right] = [
              pictureCanvas('pixels patch', label),
              pictureCanvas('pixels patch', `${label}: deconvnet`),
            ];
            paint(left, patch, label);
            paint(right, back, `${label}: deconvnet`);
            return h('figure', { class: 'strong-picture' }, left, right, h('figcaption', {}, label));
          }),
        ),
      );
    });
  const file = h('input', {
    type: 'file',
    accept: 'image/*',
    multiple: true,
    class: 'hidden-text',
    tabindex: '-1',
    'aria-label': say.nineFiles,
    onchange: (event: Event) =>
      run(async () => look(await decoded([...((event.target as HTMLInputElement).files ?? [])]))),
  });
  const isDigits = preparation.channels === 1 && preparation.size.join() === '28,28';
  return h(
    'div',
    { class: 'nine-part' },
    h('p', { class: 'quiet' }, say.nineNote),
    h(
      'div',
      { class: 'buttons' },
      isDigits &&
        h(
          'button',
          { type: 'button', class: 'nine-digits', onclick: () => look(beside('digits.bin')) },
          say.nineDigits,
        ),
      h('button', { type: 'button', class: 'nine-files', onclick: () => file.click() }, say.nineFiles),
      file,
    ),
    list,
  );
}
