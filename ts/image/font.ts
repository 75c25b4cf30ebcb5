/** Letters of 5 x 7 dots for labels: ASCII, and a box for everything else. */

export const LETTER = { width: 5, height: 7 } as const;

/** From the space to the tilde, then the box: seven rows each, a row being a digit of base 32 whose high bit is left. */
const ROWS = `
0000000 4444404 aa00000 aavavaa 4fke5u4 op248j3 cik8lid 4480000 2488842 8422248 04lel40 044v440 0000c48 000v000 00000cc 01248g0
ehjlphe 4c4444e eh1248v v2421he 26aiv22 vgu11he 68guhhe v124888 ehhehhe ehhf12c 0cc0cc0 0cc0c48 248g842 00v0v00 8421248 eh12404
eh1dlle ehhhvhh uhhuhhu ehggghe sihhhis vgguggv vgguggg ehgnhhf hhhvhhh e44444e 72222ic hikokih ggggggv hrllhhh hhpljhh ehhhhhe
uhhuggg ehhhlid uhhukih fgge11u v444444 hhhhhhe hhhhha4 hhhllla hha4ahh hhha444 v1248gv e88888e 0g84210 e22222e 4ah0000 000000v
8420000 00e1fhf ggmphhu 00egghe 11djhhf 00ehvge 698s888 0fhhf1e ggmphhh 40c444e 20622ic ggikoki c44444e 00qllhh 00mphhh 00ehhhe
00uhugg 00djf11 00mpggg 00ege1u 88s8896 00hhhjd 00hhha4 00hhlla 00ha4ah 00hhf1e 00v248v 2448442 4444444 8442448 008l200 vhhhhhv
`;

/** The letters of a text, in ASCII where a letter is one with an accent; each seven rows of five bits. */
function lettersOf(text: string): number[][] {
  const glyphs = ROWS.trim().split(/\s+/);
  const plain = [...text.normalize('NFD').replace(/\p{M}/gu, '')];
  return plain.map((letter) => {
    const glyph = glyphs[(letter.codePointAt(0) as number) - 32] ?? (glyphs.at(-1) as string);
    return [...glyph].map((row) => Number.parseInt(row, 32));
  });
}

/** How many pixels a text is wide, a dot being `dot` of them. */
export const widthOf = (text: string, dot: number): number =>
  Math.max(0, [...text.normalize('NFD').replace(/\p{M}/gu, '')].length * (LETTER.width + 1) - 1) * dot;

/** Writes a text by `fill`, which paints from left and top up to, but not with, right and bottom. */
export function writeText(
  text: string,
  left: number,
  top: number,
  dot: number,
  fill: (left: number, top: number, right: number, bottom: number) => void,
): void {
  for (const [i, rows] of lettersOf(text).entries()) {
    const start = left + i * (LETTER.width + 1) * dot;
    for (const [row, bits] of rows.entries()) {
      for (let column = 0; column < LETTER.width; column++) {
        if (((bits >> (LETTER.width - 1 - column)) & 1) === 0) continue;
        const [x, y] = [start + column * dot, top + row * dot];
        fill(x, y, x + dot, y + dot);
      }
    }
  }
}
