/** Colours for numbers from 0 to 1: between colours at equal distances. */

/** The names of what there is. */
export type Colormap = 'gray' | 'viridis' | 'coolwarm';

export const COLORMAPS: Readonly<Record<Colormap, readonly string[]>> = {
  gray: ['000000', 'ffffff'],
  /** From dark blue over green to yellow, evenly lighter: readable in grey, and with any kind of colour vision. */
  viridis: ['440154', '472d7b', '3b528b', '2c728e', '21918c', '28ae80', '5ec962', 'addc30', 'fde725'],
  /** From blue over light grey to red: below and above the middle. */
  coolwarm: ['3b4cc0', '6788ee', '9abbff', 'c9d7f0', 'dddcdc', 'f2cbb7', 'f7a889', 'e26952', 'b40426'],
};

/** Red, green and blue for each of 256 steps from 0 to 1. */
export function colorTable(name: Colormap): Uint8Array {
  const stops = COLORMAPS[name].map((color) =>
    [0, 2, 4].map((at) => Number.parseInt(color.slice(at, at + 2), 16)),
  );
  return Uint8Array.from({ length: 256 * 3 }, (_, i) => {
    const place = (Math.floor(i / 3) / 255) * (stops.length - 1);
    const before = Math.min(Math.floor(place), stops.length - 2);
    const [low, high] = [stops[before]![i % 3] as number, stops[before + 1]![i % 3] as number];
    return Math.round(low + (high - low) * (place - before));
  });
}
