/** The controls of the sliding window. */
import { fill, h, number, select, tick } from '../app/dom.ts';
import type { Language } from '../app/words.ts';
import {
  type Config,
  counting,
  LIMITS,
  MODES,
  OPERATIONS,
  type Operation,
  type PaddingName,
  POOL_KINDS,
  paddingNames,
  ranked,
} from './config.ts';
import { EXAMPLES } from './examples.ts';
import { axisNames } from './geometry.ts';
import { type WindowWords, words } from './words.ts';

export interface ControlActions {
  change(by: Partial<Config>): void;
  replace(config: Config): void;
  /** An example's address. */
  address(address: string): void;
}

/** Draws the controls for a config. The control that has the focus keeps it. */
export function controls(
  root: HTMLElement,
  task: HTMLElement,
  config: Config,
  language: Language,
  actions: ControlActions,
): void {
  const say = words[language] as WindowWords;
  const focused = document.activeElement?.getAttribute('data-control');
  const isPool = config.operation === 'pool';
  const isTransposed = config.operation === 'transposed';
  fill(
    task,
    examples(say, language, actions),
    operation(say, config, actions),
    isTransposed && view(say, config, actions),
  );
  fill(
    root,
    block(say.size, [
      dimensions(say, config, actions),
      perAxis(say, config, say.inputSize, 'size', LIMITS.size, actions),
      perAxis(say, config, say.kernelSize, 'kernel', LIMITS.kernel, actions),
      h(
        'div',
        { class: 'counts', 'data-part': 'channels' },
        counted(say.channels, 'channels', config, actions),
        isPool
          ? null
          : [
              counted(say.outputs, 'outputs', config, actions),
              counted(say.groups, 'groups', config, actions),
            ],
      ),
    ]),
    block(say.window, [
      perAxis(say, config, say.stride, 'stride', LIMITS.stride, actions),
      perAxis(say, config, say.dilation, 'dilation', LIMITS.dilation, actions),
      padding(say, config, actions),
      isTransposed && perAxis(say, config, say.outputPadding, 'outputPadding', LIMITS.padding, actions),
      config.operation === 'conv' && [mode(say, config, actions), flip(say, config, actions)],
      isPool && pooling(say, config, actions),
    ]),
    block(say.numbers, [
      h(
        'div',
        { class: 'buttons' },
        h(
          'button',
          { type: 'button', 'data-control': 'random', onclick: () => actions.change(randomNumbers(config)) },
          say.random,
        ),
        h(
          'button',
          {
            type: 'button',
            'data-control': 'counting',
            onclick: () => actions.change(countedNumbers(config)),
          },
          say.counting,
        ),
      ),
    ]),
  );
  if (focused)
    document.querySelector<HTMLElement>(`[data-control="${focused}"]`)?.focus({ preventScroll: true });
}

const block = (title: string, children: unknown[]): HTMLElement =>
  h('fieldset', { class: 'block' }, title === '' ? null : h('legend', {}, title), children as never);

function examples(say: WindowWords, language: Language, actions: ControlActions): HTMLElement {
  const groups = Object.entries(say.groupsOfExamples).map(([group, name]) =>
    h(
      'optgroup',
      { label: name },
      EXAMPLES.flatMap((one, i) =>
        one.group === group ? [h('option', { value: `${i}` }, one.name[language])] : [],
      ),
    ),
  );
  const list = h(
    'select',
    {
      'data-control': 'example',
      onchange: (event: Event) =>
        actions.address(EXAMPLES[Number((event.target as HTMLSelectElement).value)]!.address),
    },
    h('option', { value: '' }, say.choose),
    groups,
  );
  return h('label', { class: 'field wide', 'data-part': 'examples' }, h('span', {}, say.examples), list);
}

const operation = (say: WindowWords, config: Config, { replace }: ControlActions) =>
  select(
    say.operation,
    config.operation,
    OPERATIONS.map((one) => [one, say.operations[one]] as const),
    (value) => replace(operated(config, value as Operation)),
    { 'data-control': 'operation' },
  );

/** Another operation on the same input; pooling moves by its kernel. */
function operated(config: Config, to: Operation): Config {
  const isPool = to === 'pool';
  const stride = isPool
    ? config.kernel
    : config.operation === 'pool'
      ? config.kernel.map(() => 1)
      : config.stride;
  const next = { ...config, operation: to, stride, groups: isPool ? 1 : config.groups };
  const fits = typeof config.padding !== 'string' || paddingNames(to).includes(config.padding);
  const padding = fits ? config.padding : config.kernel.map(() => [0, 0] as const);
  return { ...next, padding, w: countedNumbers(next).w! };
}

const view = (say: WindowWords, config: Config, { change }: ControlActions) =>
  select(
    say.view,
    config.view,
    (['scatter', 'zeros'] as const).map((one) => [one, say.views[one]] as const),
    (value) => change({ view: value as Config['view'] }),
    { 'data-control': 'view' },
  );

const dimensions = (say: WindowWords, config: Config, { replace }: ControlActions) =>
  select(
    say.dimensions,
    `${config.rank}`,
    [
      ['1', '1-D'],
      ['2', '2-D'],
    ],
    (value) => replace(ranked(config, value === '1' ? 1 : 2)),
    { 'data-control': 'rank' },
  );

function perAxis(
  say: WindowWords,
  config: Config,
  label: string,
  key: 'size' | 'kernel' | 'stride' | 'dilation' | 'outputPadding',
  limits: { min: number; max: number },
  { change }: ControlActions,
): HTMLElement {
  const values = config[key];
  return h(
    'div',
    { class: 'field axes', role: 'group', 'aria-label': label, 'data-part': key },
    h('span', {}, label),
    axisNames(config.rank).map((axis, i) =>
      number(
        say.axes[axis],
        values[i] as number,
        limits,
        (value) => {
          const next = values.map((one, j) => (j === i ? within(value, limits) : one));
          const follows =
            key === 'kernel' && config.operation === 'pool' && config.stride.join() === config.kernel.join();
          change({ [key]: next, ...(follows ? { stride: next } : {}) });
        },
        { 'data-control': `${key}-${i}` },
      ),
    ),
  );
}

const within = (value: number, { min, max }: { min: number; max: number }): number =>
  Math.min(max, Math.max(min, Math.round(value)));

const counted = (
  label: string,
  key: 'channels' | 'outputs' | 'groups',
  config: Config,
  { change }: ControlActions,
) =>
  number(
    label,
    config[key],
    LIMITS.channels,
    (value) => {
      const next = within(value, LIMITS.channels);
      change(
        key === 'channels' && config.operation === 'pool'
          ? { channels: next, outputs: next }
          : { [key]: next },
      );
    },
    { 'data-control': key },
  );

function padding(say: WindowWords, config: Config, { change }: ControlActions): HTMLElement {
  const { padding: given } = config;
  const isNamed = typeof given === 'string';
  const choice = select(
    say.padding,
    isNamed ? given : 'numbers',
    (['numbers', ...paddingNames(config.operation)] as const).map((one) => [one, say.paddings[one]] as const),
    (value) =>
      change({
        padding: value === 'numbers' ? config.kernel.map(() => [0, 0] as const) : (value as PaddingName),
      }),
    { 'data-control': 'padding' },
  );
  if (isNamed) return h('div', { 'data-part': 'padding' }, choice);
  const side = (i: number, end: 0 | 1) =>
    number(
      end === 0 ? say.before : say.after,
      given[i]![end],
      LIMITS.padding,
      (value) => {
        const next = within(value, LIMITS.padding);
        change({
          padding: given.map((pair, j) => (j === i ? (end === 0 ? [next, pair[1]] : [pair[0], next]) : pair)),
        });
      },
      { 'data-control': `padding-${i}-${end}` },
    );
  return h(
    'div',
    { 'data-part': 'padding', class: 'padding' },
    choice,
    axisNames(config.rank).map((axis, i) =>
      h(
        'div',
        { class: 'field axes', role: 'group', 'aria-label': `${say.padding}, ${say.axes[axis]}` },
        h('span', {}, say.axes[axis]),
        side(i, 0),
        side(i, 1),
      ),
    ),
  );
}

const mode = (say: WindowWords, config: Config, { change }: ControlActions) =>
  select(
    say.mode,
    config.mode,
    MODES.map((one) => [one, say.modes[one]] as const),
    (value) => change({ mode: value as Config['mode'] }),
    { 'data-control': 'mode' },
  );

const flip = (say: WindowWords, config: Config, { change }: ControlActions) =>
  h(
    'div',
    { 'data-part': 'flip' },
    tick(say.flip, config.flip, (value) => change({ flip: value }), { 'data-control': 'flip' }),
    h('p', { class: 'quiet' }, say.flipNote),
  );

function pooling(say: WindowWords, config: Config, { change }: ControlActions) {
  return [
    select(
      say.pool,
      config.pool,
      POOL_KINDS.map((one) => [one, say.pools[one]] as const),
      (value) => change({ pool: value as Config['pool'] }),
      { 'data-control': 'pool' },
    ),
    config.pool === 'lp' &&
      number(
        say.power,
        config.power,
        LIMITS.power,
        (value) => change({ power: within(value, LIMITS.power) }),
        {
          'data-control': 'power',
        },
      ),
    tick(say.ceil, config.ceil, (value) => change({ ceil: value }), { 'data-control': 'ceil' }),
    config.pool === 'avg' &&
      tick(say.includePad, config.includePad, (value) => change({ includePad: value }), {
        'data-control': 'includePad',
      }),
  ];
}

const whole = (least: number, most: number) => least + Math.floor(Math.random() * (most - least + 1));

const randomNumbers = ({ x, w }: Config): Partial<Config> => ({
  x: x.map((plane) => plane.map(() => whole(0, 9))),
  w: w.map((plane) => plane.map(() => whole(-2, 3))),
});

function countedNumbers(config: Config): Partial<Config> {
  const { x, kernel, channels, outputs, groups, operation } = config;
  const columns = Math.max(1, Math.floor((operation === 'transposed' ? outputs : channels) / groups));
  const rows = operation === 'transposed' ? channels : outputs;
  const area = kernel.reduce((a, b) => a * b, 1);
  return {
    x: x.map((plane, c) => counting(plane.length, c)),
    w: Array.from({ length: rows * columns }, (_, i) =>
      counting(area, Math.floor(i / columns) + (i % columns)),
    ),
  };
}
