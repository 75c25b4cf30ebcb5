// A sheet of pictures with a line of text under each, as a small PNG.
import sharp, { type OverlayOptions } from 'sharp';
import type { RgbaPicture } from 'striate/image';

export interface Tile {
  readonly picture: RgbaPicture;
  readonly label: string;
}

export interface SheetOptions {
  readonly columns: number;
  /** Of a tile, in pixels; pictures keep their proportions. */
  readonly width: number;
  /** Enlarge with squares, not smoothly. */
  readonly squares?: boolean;
  /** Of the palette. Photographs want many. */
  readonly colours?: number;
}

const [GAP, FOOT] = [10, 24];
const escaped = (text: string) => text.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);

/** Writes the sheet. */
export async function writeSheet(tiles: readonly Tile[], path: string, options: SheetOptions): Promise<void> {
  const { columns, width, squares = true, colours = 128 } = options;
  const across = Math.min(columns, tiles.length);
  const sizes = tiles.map(({ picture }) => Math.round((width * picture.height) / picture.width));
  const rows = Array.from({ length: Math.ceil(tiles.length / across) }, (_, row) =>
    Math.max(...sizes.slice(row * across, (row + 1) * across)),
  );
  const topOf = (row: number) => rows.slice(0, row).reduce((top, high) => top + high + FOOT + GAP, GAP);
  const [wide, high] = [across * (width + GAP) + GAP, topOf(rows.length)];
  const place = (i: number) => ({
    left: GAP + (i % across) * (width + GAP),
    top: topOf(Math.floor(i / across)),
  });
  const layers = await Promise.all(
    tiles.map(async ({ picture }, i): Promise<OverlayOptions> => {
      const raw = { width: picture.width, height: picture.height, channels: 4 } as const;
      const kernel = squares ? 'nearest' : 'lanczos3';
      const resized = sharp(Buffer.from(picture.data), { raw }).resize(width, sizes[i], {
        kernel,
        fit: 'fill',
      });
      return { input: await resized.png().toBuffer(), ...place(i) };
    }),
  );
  const labels = tiles.map(({ label }, i) => {
    const { left, top } = place(i);
    return `<text x="${left + width / 2}" y="${top + (sizes[i] as number) + 17}" text-anchor="middle" font-family="sans-serif" font-size="13" fill="#222">${escaped(label)}</text>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}">${labels.join('')}</svg>`;
  await sharp({ create: { width: wide, height: high, channels: 3, background: 'white' } })
    .composite([...layers, { input: Buffer.from(svg), left: 0, top: 0 }])
    .png({ palette: true, colours, effort: 10 })
    .toFile(path);
}
