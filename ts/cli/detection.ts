/** What `run` does with boxes: finds them in a model's outputs, has a second model look into each, and draws them. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { type AnyTensor, scope } from 'striate';
import { type DecodedPicture, drawBoxes, encodeJpeg, encodePng } from 'striate/image';
import type { Model } from 'striate/onnx';
import { boxesOf, type Limits } from './boxes.ts';
import type { Found } from './found.ts';
import { openModel } from './load.ts';
import { parseShare } from './parse.ts';
import { optionsFor, type PictureOptions, type Preparation, preparationOf, prepared } from './pictures.ts';
import { UsageError } from './problems.ts';
import { describeOutput, labelsOf, readLabels } from './scores.ts';
import { writeWhole } from './sources.ts';

/** The options of boxes, as texts. */
export interface BoxOptions {
  readonly boxes?: string;
  readonly score?: string;
  readonly iou: string;
  readonly read?: string;
  readonly characters?: string;
}

/** A box, and what a second model says of it. */
export interface Seen extends Found {
  readonly text?: string;
  readonly textScore?: number;
}

/** The model that looks into boxes. */
interface Reader {
  readonly model: Model;
  readonly preparation: Preparation;
  readonly labels: readonly string[] | null;
}

export class Detection {
  readonly #limits: Limits;
  readonly #reader: Reader | null;
  readonly #target: string | undefined;

  private constructor(limits: Limits, reader: Reader | null, target: string | undefined) {
    this.#limits = limits;
    this.#reader = reader;
    this.#target = target;
  }

  /** What the options ask for; null where they do not speak of boxes. */
  static async of(options: BoxOptions & PictureOptions): Promise<Detection | null> {
    const { boxes, read, characters, score, iou } = options;
    const limits = {
      score: score === undefined ? undefined : parseShare('--score', score),
      iou: parseShare('--iou', iou),
    };
    if (boxes === undefined && read === undefined) return null;
    if (options.image.length === 0)
      throw new UsageError('--boxes and --read are for pictures: give --image FILE');
    if (boxes !== undefined && !isFolder(boxes) && !/\.(png|jpe?g)$/i.test(boxes))
      throw new UsageError(`--boxes is '${boxes}', must be a folder that is there, or end with .png or .jpg`);
    if (read === undefined) return new Detection(limits, null, boxes);
    const model = await openModel(read);
    // How the first model's pictures are prepared says nothing of the second's, but for the order of colours.
    const { order } = options;
    const preparation = preparationOf(model, { image: [], ...(order !== undefined && { order }) });
    const labels = characters === undefined ? labelsOf(model.metadata) : readLabels(characters);
    return new Detection(limits, { model, preparation, labels }, boxes);
  }

  /** Whether several pictures have room where boxes are drawn. @throws UsageError */
  requireRoom(pictures: number): void {
    const target = this.#target;
    if (target !== undefined && pictures > 1 && !isFolder(target))
      throw new UsageError(
        `--boxes is '${target}', of one picture, but there are ${pictures}: name a folder`,
      );
  }

  /** How the second model's pictures are prepared, in words. */
  get text(): string | null {
    return this.#reader?.preparation.text ?? null;
  }

  find(
    picture: DecodedPicture,
    outputs: Readonly<Record<string, AnyTensor>>,
    preparation: Preparation,
    labels: readonly string[] | null,
  ): Seen[] {
    const found = boxesOf(outputs, picture, optionsFor(picture, preparation), labels, this.#limits);
    const reader = this.#reader;
    return reader === null ? found : found.map((one) => ({ ...one, ...readBox(reader, picture, one) }));
  }

  /** Draws boxes and gives the name of the file. */
  draw(picture: DecodedPicture, name: string, boxes: readonly Seen[]): string | null {
    const target = this.#target;
    if (target === undefined) return null;
    const file = isFolder(target) ? path.join(target, `${path.parse(name).name}.boxes.jpg`) : target;
    const drawn = drawBoxes(
      picture,
      boxes.map((one) => ({ box: one.box, label: labelOn(one) })),
    );
    writeWhole(file, /\.png$/i.test(file) ? encodePng(drawn) : encodeJpeg(drawn));
    return file;
  }
}

const isFolder = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;

/** What a box holds. */
export const nameOf = ({ text, label, index }: Seen): string =>
  text ?? label ?? (index === undefined ? 'box' : `class ${index}`);

/** What is drawn on a box: of lines of text nothing, which would hide the lines above. */
function labelOn(one: Seen): string {
  if (one.text !== undefined) return one.index === undefined ? '' : one.text;
  return `${one.index === undefined ? '' : nameOf(one)} ${one.score.toFixed(2)}`.trim();
}

/** What the second model says of a box: its text, or its first class. */
function readBox(
  { model, preparation, labels }: Reader,
  picture: DecodedPicture,
  { box }: Found,
): Partial<Seen> {
  const [x1, y1, x2, y2] = box;
  const [left, top] = [Math.max(0, Math.floor(x1)), Math.max(0, Math.floor(y1))];
  const [right, bottom] = [Math.min(picture.width, Math.ceil(x2)), Math.min(picture.height, Math.ceil(y2))];
  if (right <= left || bottom <= top) return {};
  return scope(() => {
    const x = prepared(picture, preparation, [left, top, right - left, bottom - top]);
    const [output] = Object.values(model.run({ [preparation.input]: x }));
    const { reading, top: [first] = [] } = describeOutput(output as AnyTensor, 1, labels);
    if (reading !== undefined) return { text: reading.text, textScore: reading.score };
    if (first !== undefined)
      return { text: first.label ?? `class ${first.index}`, textScore: first.probability };
    throw new UsageError(
      `--read: the output has the shape [${(output as AnyTensor).shape.join(', ')}], must be a row of scores, or [1, columns, characters + 1 or 2] with --characters`,
    );
  });
}
