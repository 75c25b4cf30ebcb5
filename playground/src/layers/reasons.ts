/** Why this answer: five methods side by side, for the trained weights and for weights drawn anew, and how much the maps stay. */
import type { Context } from '../app/context.ts';
import { fill, h, select } from '../app/dom.ts';
import { beside, paint, pictureCanvas } from '../app/picture.ts';
import { released } from '../app/released.ts';
import type { Anew, Reason, Reasons } from '../worker/reasons.ts';
import type { LayerWords } from './words.ts';

const ANEW: readonly Anew[] = ['none', 'last', 'all'];

export class ReasonsCard {
  readonly element = h('div', { class: 'card reasons', hidden: true });
  readonly #context: Context;
  readonly #say: LayerWords;
  readonly #keep: (entries: Readonly<Record<string, string | undefined>>) => void;
  readonly #pictures = h('div', { class: 'side-by-side' });
  readonly #facts = h('p', { class: 'agreement', role: 'status' });
  readonly #controls = h('div', { class: 'counts' });
  #anew: Anew;
  #target: number | null = null;
  #asked = 0;

  constructor(
    context: Context,
    say: LayerWords,
    keep: (entries: Readonly<Record<string, string | undefined>>) => void,
  ) {
    this.#context = context;
    this.#say = say;
    this.#keep = keep;
    this.#anew = ANEW.find((one) => one === context.parameters.get('anew')) ?? 'none';
    fill(
      this.element,
      h('h3', {}, say.why),
      h('p', { class: 'quiet' }, say.whyNote),
      this.#controls,
      this.#pictures,
      this.#facts,
    );
  }

  /** For another picture or net, whose own answer is asked for: at once where that is quick, else when it is wanted. */
  async begin(isQuick: boolean): Promise<void> {
    this.#target = null;
    this.#asked++;
    if (isQuick) return this.#look();
    fill(this.#pictures);
    fill(this.#facts);
    fill(
      this.#controls,
      h('button', { type: 'button', class: 'ask', onclick: () => this.#look() }, this.#say.ask),
    );
    this.element.hidden = false;
  }

  async #look(): Promise<void> {
    const asked = ++this.#asked;
    const found = await this.#context.ask('reasons', 'reasons', [this.#target, this.#anew]);
    await released();
    if (asked !== this.#asked) return;
    this.element.hidden = false;
    if (found === null) return fill(this.#controls, h('p', { class: 'quiet' }, this.#say.noScores));
    this.#target = found.target;
    this.#draw(found);
    fill(this.#facts);
    delete this.#facts.dataset.guidedBackprop;
    if (this.#anew === 'none') return;
    const over = await this.#context.ask('reasons', 'overDigits', [beside('digits.bin'), this.#anew]);
    if (asked !== this.#asked || over === null) return;
    const say = this.#say;
    const list = over.correlations.map(
      ({ method, correlation }) => `${say.methods[method]} ${correlation.toFixed(2)}`,
    );
    fill(this.#facts, say.agreement(over.count, list.join(', ')));
    for (const { method, correlation } of over.correlations)
      this.#facts.dataset[method] = correlation.toFixed(3);
  }

  #draw({ scores, target, reasons, layer }: Reasons): void {
    const say = this.#say;
    const order = [...scores.keys()]
      .sort((a, b) => (scores[b] as number) - (scores[a] as number))
      .slice(0, 20);
    if (!order.includes(target)) order.push(target);
    fill(
      this.#controls,
      select(
        say.target,
        `${target}`,
        order.map((i) => [`${i}`, `${i} (${(scores[i] as number).toFixed(2)})`] as const),
        (value) => {
          this.#target = Number(value);
          this.#look();
        },
        { 'data-control': 'target' },
      ),
      select(
        say.anew,
        this.#anew,
        ANEW.map((one) => [one, say.anews[one]] as const),
        (value) => {
          this.#anew = value as Anew;
          this.#keep({ anew: value === 'none' ? undefined : value });
          this.#look();
        },
        { 'data-control': 'anew' },
      ),
    );
    fill(
      this.#pictures,
      reasons.map((one) => this.#figure(one, layer)),
    );
  }

  #figure({ method, picture, alt, correlation, fault }: Reason, layer: string): HTMLElement {
    const say = this.#say;
    const name = say.methods[method];
    const caption = [
      h('strong', {}, name),
      method === 'gradCam' || method === 'deconvnet' ? ` ${say.at(layer)}` : '',
      correlation === null ? '' : h('span', { class: 'quiet' }, ` ${say.stays(correlation.toFixed(2))}`),
    ];
    if (fault !== null)
      return h('figure', {}, h('p', { class: 'quiet' }, fault), h('figcaption', {}, caption));
    const canvas = pictureCanvas(`pixels reason reason-${method}`, `${name}: ${alt}`);
    paint(canvas, picture, `${name}: ${alt}`);
    const isNothing = /^1 plane of [^;]*; 0 everywhere/.test(alt);
    return h(
      'figure',
      {},
      canvas,
      h('figcaption', {}, caption, isNothing && h('span', { class: 'quiet' }, ` ${say.nothing}`)),
    );
  }
}
