/** The tab of the sliding window: controls, grids, the steps through them, and what is said about each step. */
import type { Context, Tab } from '../app/context.ts';
import { fill, h } from '../app/dom.ts';
import { whenReleased } from '../app/released.ts';
import { codeOf } from './code.ts';
import { type Config, changed, configOf, type Problem, parametersOf } from './config.ts';
import { controls } from './controls.ts';
import { sizeFormula } from './formula.ts';
import { type Axis, axisNames, type Fault, planOf } from './geometry.ts';
import { Stage } from './stage.ts';
import { stepCount } from './steps.ts';
import { Transport } from './transport.ts';
import { type WindowWords, words } from './words.ts';

export function mount(root: HTMLElement, context: Context): Tab {
  return new WindowTab(root, context);
}

class WindowTab implements Tab {
  readonly #context: Context;
  readonly #say: WindowWords;
  #config: Config;
  #problems: readonly Problem[];
  readonly #controls = h('div', { class: 'controls', 'data-part': 'controls' });
  readonly #task = h('div', { class: 'card task', 'data-part': 'controls' });
  readonly #stage: Stage;
  readonly #transport: Transport;
  readonly #message = h('div', { class: 'message', role: 'status' });
  readonly #formula = h('div', { class: 'formula' });
  readonly #code = h('code', { class: 'line-of-code' });
  #asked = 0;

  constructor(root: HTMLElement, context: Context) {
    this.#context = context;
    this.#say = words[context.language] as WindowWords;
    const say = this.#say;
    const { config, problems } = configOf(context.parameters);
    this.#config = config;
    this.#problems = problems;
    this.#transport = new Transport(say, {
      step: Number(context.parameters.get('at') ?? '0'),
      speed: Number(context.parameters.get('sp') ?? '2'),
      pinned: context.parameters.get('pin') === '1',
      change: (state) => {
        this.#stage.show(state.step, state.isPlaying);
        this.#keep();
      },
    });
    this.#stage = new Stage(say, {
      go: (step, by) => this.#transport.go(step, by),
      pin: (step) => this.#transport.pinAt(step),
      change: (by) => this.#set(changed(this.#config, by)),
    });
    const copied = h('span', { role: 'status', class: 'quiet' });
    const copy = h(
      'button',
      {
        type: 'button',
        onclick: async () => {
          await navigator.clipboard.writeText(codeOf(this.#config));
          copied.textContent = say.copied;
        },
      },
      say.copy,
    );
    fill(
      root,
      h('header', { class: 'lead' }, h('h2', {}, say.title), h('p', { 'data-part': 'intro' }, say.intro)),
      h(
        'div',
        { class: 'columns' },
        h(
          'div',
          { class: 'main' },
          this.#task,
          this.#message,
          this.#stage.element,
          h('div', { 'data-part': 'transport' }, this.#transport.element),
          h('div', { class: 'card', 'data-part': 'formula' }, h('h3', {}, say.sizeFormula), this.#formula),
          h(
            'div',
            { class: 'card', 'data-part': 'code' },
            h('h3', {}, say.code),
            h('div', { class: 'code-row' }, this.#code, copy, copied),
          ),
        ),
        this.#controls,
      ),
    );
    this.#draw();
  }

  /** A change by hand: whatever the address had wrong is gone. */
  #set(config: Config): void {
    this.#config = config;
    this.#problems = [];
    whenReleased(this.#redraw);
  }

  readonly #redraw = (): void => {
    this.#draw();
    this.#keep();
  };

  #keep(): void {
    const { step, speed, pinned } = this.#transport.state;
    this.#context.keep({
      ...parametersOf(this.#config),
      at: step === 0 ? undefined : `${step}`,
      sp: speed === 2 ? undefined : `${speed}`,
      pin: pinned ? '1' : undefined,
    });
  }

  #draw(): void {
    const config = this.#config;
    const say = this.#say;
    controls(this.#controls, this.#task, config, this.#context.language, {
      change: (by) => this.#set(changed(this.#config, by)),
      replace: (next) => this.#set(next),
      address: (address) => {
        this.#transport.reset();
        this.#set(configOf(new URLSearchParams(address)).config);
      },
    });
    this.#code.textContent = codeOf(config);
    const plan = planOf(config);
    fill(
      this.#message,
      problemTexts(say, this.#problems),
      'fault' in plan ? faultText(say, plan.fault) : null,
    );
    if ('fault' in plan) {
      this.#stage.draw(config, null);
      this.#transport.length(0);
      const { fault } = plan;
      fill(this.#formula, 'at' in fault ? formulaLine(say, config, fault.at, fault.axis) : '–');
      return;
    }
    const { axes } = plan;
    fill(
      this.#formula,
      axes.map((axis, i) => formulaLine(say, config, axis, axisNames(config.rank)[i]!)),
      h('p', { class: 'quiet' }, say.legend),
    );
    this.#stage.draw(config, axes);
    this.#transport.length(stepCount(config, axes));
    this.#compute(config);
  }

  async #compute(config: Config): Promise<void> {
    const asked = ++this.#asked;
    try {
      const { data } = await this.#context.ask('window', 'compute', [config]);
      if (asked === this.#asked) this.#stage.computed(data);
    } catch (error) {
      if (asked === this.#asked) fill(this.#message, h('p', { class: 'fault' }, (error as Error).message));
    }
  }

  dispose(): void {
    this.#transport.stop();
    this.#asked++;
  }
}

function formulaLine(
  say: WindowWords,
  config: Config,
  axis: Axis,
  name: keyof WindowWords['axes'],
): HTMLElement {
  const { symbols, numbers } = sizeFormula(config, axis);
  const note = axis.dilation > 1 && axis.kernel > 1 ? say.span(axis.dilation, axis.span) : null;
  return h(
    'div',
    { class: 'formula-line', 'data-axis': name },
    h('span', { class: 'name' }, say.axes[name]),
    h('span', { class: 'symbols' }, `o = ${symbols}`),
    h('span', { class: 'numbers' }, `= ${numbers}`),
    note && h('span', { class: 'quiet' }, note),
  );
}

function faultText(say: WindowWords, fault: Fault): HTMLElement {
  const axis = 'axis' in fault ? say.axes[fault.axis] : '';
  const texts = say.faults;
  const sentence = () => {
    switch (fault.kind) {
      case 'kernel':
        return texts.kernel(axis, fault.span, fault.padded);
      case 'reflect':
      case 'circular':
        return texts[fault.kind](axis, fault.padding, fault.size);
      case 'pool':
        return texts.pool(axis, fault.padding, fault.kernel);
      case 'outputPadding':
        return texts.outputPadding(axis, fault.given, fault.most);
      case 'noOutput':
        return texts.noOutput(axis, fault.size);
      case 'groups':
        return texts.groups(fault.groups, fault.channels, fault.outputs);
    }
  };
  return h('p', { class: 'fault' }, h('strong', {}, say.nothing), ' ', sentence());
}

const problemTexts = (say: WindowWords, problems: readonly Problem[]) =>
  problems.map(({ name, given, must, detail }) =>
    h('p', { class: 'fault' }, h('strong', {}, say.link), ' ', say.problems[must](name, given, detail)),
  );
