/** Input, kernels and output as grids, what a step touches in them, and the step's equation. */
import { fill, h } from '../app/dom.ts';
import { Grid } from '../app/grid.ts';
import { type Config, kernelRows, wide } from './config.ts';
import { equation, exact, isRounded, shown } from './formula.ts';
import type { Axis } from './geometry.ts';
import {
  type DrawnPlane,
  drawnPlane,
  isOnPlane,
  isScatter,
  outputsOf,
  planeAxes,
  scatteredUpTo,
  scatterStep,
  stepCount,
  windowStep,
} from './steps.ts';
import type { WindowWords } from './words.ts';

export interface StageActions {
  go(step: number, by: 'pointer' | 'focus'): void;
  pin(step: number): void;
  change(by: Partial<Config>): void;
}

const MARKS = ['now', 'tap', 'reads', 'later', 'unused'];
const titleOf = (value: number): string | undefined => (isRounded(value) ? exact(value) : undefined);

export class Stage {
  readonly element: HTMLElement;
  readonly #say: WindowWords;
  readonly #actions: StageActions;
  readonly #planes = h('div', { class: 'planes' });
  readonly #equation = h('div', { class: 'equation', 'aria-live': 'polite', 'aria-atomic': 'true' });
  readonly #note = h('p', { class: 'quiet note' });
  #config!: Config;
  #axes: readonly Axis[] | null = null;
  #drawn: DrawnPlane[] = [];
  #inputs: Grid[] = [];
  #kernels: Grid[] = [];
  #outputs: Grid[] = [];
  #data: Float32Array | null = null;
  #step = 0;

  constructor(say: WindowWords, actions: StageActions) {
    this.#say = say;
    this.#actions = actions;
    this.element = h(
      'div',
      { class: 'stage card', tabindex: '-1' },
      this.#planes,
      this.#equation,
      this.#note,
    );
  }

  draw(config: Config, axes: readonly Axis[] | null): void {
    const isSame = this.#axes !== null && axes !== null && formOf(this.#config) === formOf(config);
    this.#config = config;
    this.#axes = axes;
    this.#data = null;
    if (isSame && axes) {
      // Only numbers have changed: who is typing stays where they are.
      this.#drawn = config.x.map((_, channel) => drawnPlane(config, axes, channel));
      for (const grid of [...this.#inputs, ...this.#kernels]) grid.refresh();
      this.#noteRounding();
      return;
    }
    const say = this.#say;
    const flat = config.size.map((input, i): Axis => {
      const [kernel, stride] = [config.kernel[i] as number, config.stride[i] as number];
      const none = { lo: 0, hi: 0, outputPadding: 0, output: 0, same: false };
      return { ...none, input, kernel, stride, dilation: 1, span: kernel };
    });
    const used = axes ?? flat;
    this.#drawn = config.x.map((_, channel) =>
      axes ? drawnPlane(config, axes, channel) : bare(config, channel),
    );
    this.#inputs = config.x.map((_, channel) => this.#inputGrid(channel));
    this.#kernels = config.operation === 'pool' ? [] : config.w.map((_, i) => this.#kernelGrid(i));
    this.#outputs = axes
      ? Array.from({ length: outputsOf(config) }, (_, o) => this.#outputGrid(o, used))
      : [];
    const { columns } = kernelRows(config);
    const most = Math.max(
      ...this.#drawn.map(({ width }) => width),
      ...(axes ? [planeAxes(axes)[1].output] : []),
    );
    this.element.style.setProperty('--most', `${most}`);
    const several = (grids: Grid[], name: (i: number) => string) =>
      grids.map((grid, i) =>
        h(
          'div',
          { class: 'plane' },
          grids.length > 1 && h('div', { class: 'plane-name' }, name(i)),
          h('div', { class: 'scroll' }, grid.element),
        ),
      );
    const group = (name: string, part: string, planes: unknown, style = '') =>
      h(
        'div',
        { class: `group ${part}`, 'data-part': part, style },
        h('h3', {}, name),
        h('div', { class: 'stack' }, planes as never),
      );
    const isTransposed = config.operation === 'transposed';
    const kernelName = (i: number) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      const group = isTransposed
        ? Math.floor(row / (config.channels / config.groups))
        : Math.floor(row / (config.outputs / config.groups));
      const [channel, output] = isTransposed
        ? [row, group * columns + column]
        : [group * columns + column, row];
      return `${say.inChannel(channel + 1)} → ${say.outChannel(output + 1)}`;
    };
    fill(
      this.#planes,
      group(
        say.input,
        'input',
        several(this.#inputs, (i) => say.inChannel(i + 1)),
      ),
      config.operation === 'pool'
        ? null
        : [
            h('span', { class: 'sign', 'aria-hidden': 'true' }, isTransposed ? '⊛' : config.flip ? '∗' : '⋆'),
            group(
              say.weights,
              'kernel',
              several(this.#kernels, kernelName),
              columns > 1 ? `--across:${columns}` : '',
            ),
          ],
      h('span', { class: 'sign', 'aria-hidden': 'true' }, config.operation === 'pool' ? '→' : '='),
      group(
        say.output,
        'output',
        axes ? several(this.#outputs, (i) => say.outChannel(i + 1)) : h('p', { class: 'quiet' }, '–'),
      ),
    );
    if (!axes) fill(this.#equation);
    this.#noteRounding();
  }

  #inputGrid(channel: number): Grid {
    const say = this.#say;
    const plane = () => this.#drawn[channel]!;
    const { height, width, top, left } = plane();
    const label = this.#config.channels > 1 ? `${say.input}, ${say.inChannel(channel + 1)}` : say.input;
    return new Grid({
      label,
      name: 'input-grid',
      rows: height,
      columns: width,
      cell: (row, column) => {
        const { kind, value } = plane().cell(row, column);
        const name = kind === 'padding' ? say.padding : label;
        return {
          text: value === null ? '' : shown(value),
          label: say.place(name, row + top + 1, column + left + 1),
          title: value === null ? undefined : titleOf(value),
          kind,
          editable: kind === 'input',
        };
      },
      write: (row, column, text) => {
        const { source } = plane().cell(row, column);
        if (source !== null) this.#write('x', channel, source, text);
      },
      look: (at) => this.#readers(channel, at && plane().cell(at[0], at[1]).source),
    });
  }

  #kernelGrid(index: number): Grid {
    const say = this.#say;
    const [rows, columns] = wide(this.#config.kernel);
    const label = this.#config.w.length > 1 ? `${say.kernel} ${index + 1}` : say.kernel;
    return new Grid({
      ...{ label, name: 'kernel-grid', rows, columns },
      cell: (row, column) => {
        const value = this.#config.w[index]![row * columns + column] as number;
        const text = shown(value);
        return {
          text,
          label: say.place(label, row + 1, column + 1),
          title: titleOf(value),
          kind: 'weight',
          editable: true,
        };
      },
      write: (row, column, text) => this.#write('w', index, row * columns + column, text),
    });
  }

  #outputGrid(output: number, axes: readonly Axis[]): Grid {
    const say = this.#say;
    const [rows, columns] = planeAxes(axes);
    const label = outputsOf(this.#config) > 1 ? `${say.output} ${output + 1}` : say.output;
    const stepOf = (row: number, column: number) => (output * rows.output + row) * columns.output + column;
    const scatters = isScatter(this.#config);
    return new Grid({
      ...{ label, name: 'output-grid', rows: rows.output, columns: columns.output },
      cell: (row, column) => ({ text: '…', label: say.place(label, row + 1, column + 1), kind: 'result' }),
      look: (at, by) => {
        if (at !== null && !scatters) this.#actions.go(stepOf(...at), by);
      },
      press: (row, column) => {
        if (!scatters) this.#actions.pin(stepOf(row, column));
      },
    });
  }

  /** What is no number leaves the number as it was. */
  #write(which: 'x' | 'w', plane: number, at: number, text: string): void {
    const value = Number(text.trim().replace('−', '-').replace(',', '.'));
    const planes = this.#config[which].map((one) => [...one]);
    if (text.trim() !== '' && Number.isFinite(value)) planes[plane]![at] = value;
    this.#actions.change({ [which]: planes });
  }

  /** Marks the outputs that read an input. */
  #readers(channel: number, source: number | null | undefined): void {
    for (const grid of this.#outputs) for (const cell of grid.cells) cell.classList.remove('reads');
    if (source === null || source === undefined || this.#axes === null || isScatter(this.#config)) return;
    const [, columns] = planeAxes(this.#axes);
    for (let step = 0; step < stepCount(this.#config, this.#axes); step++) {
      const { output, terms } = windowStep(this.#config, this.#axes, step);
      if (terms.some((term) => term.source === source && term.at.channel === channel))
        this.#outputs[output.channel]!.cells[output.row * columns.output + output.column]!.classList.add(
          'reads',
        );
    }
  }

  /** striate's numbers have come. */
  computed(data: Float32Array): void {
    this.#data = data;
    this.show(this.#step, false);
    this.#noteRounding();
  }

  #noteRounding(): void {
    const { x, w } = this.#config;
    const isAny = [...x.flat(), ...w.flat(), ...(this.#data ?? [])].some(isRounded);
    this.#note.textContent = [this.#say.checked, isAny ? this.#say.rounded : ''].join(' ');
  }

  show(step: number, isPlaying: boolean): void {
    this.#step = step;
    if (this.#axes === null) return;
    // What changes by itself several times a second is not read out.
    this.#equation.setAttribute('aria-live', isPlaying ? 'off' : 'polite');
    for (const grid of [...this.#inputs, ...this.#kernels, ...this.#outputs]) {
      grid.clear(...MARKS);
      grid.frame(null);
    }
    if (isScatter(this.#config)) this.#showScatter(step);
    else this.#showWindow(step);
  }

  #numbers(values: ArrayLike<number> | null, isLater: (at: number) => boolean): void {
    const [rows, columns] = planeAxes(this.#axes!);
    const area = rows.output * columns.output;
    this.#outputs.forEach((grid, o) => {
      for (let at = 0; at < area; at++) {
        const [row, column] = [Math.floor(at / columns.output), at % columns.output];
        const value = values?.[o * area + at];
        const label = this.#say.place(grid.element.getAttribute('aria-label') as string, row + 1, column + 1);
        const cell = grid.cells[at] as HTMLElement;
        grid.show(
          row,
          column,
          value === undefined ? '…' : shown(value),
          label,
          value === undefined ? undefined : titleOf(value),
        );
        if (value !== undefined) cell.dataset.value = `${value}`;
        cell.classList.toggle('later', isLater(o * area + at));
      }
    });
  }

  #showWindow(index: number): void {
    const config = this.#config;
    const axes = this.#axes as readonly Axis[];
    const step = windowStep(config, axes, index);
    const [rows, columns] = planeAxes(axes);
    const isPool = config.operation === 'pool';
    this.#numbers(this.#data, (at) => at > index);
    this.#outputs[step.output.channel]!.at(step.output.row, step.output.column)?.classList.add('now');
    const seen = new Set<number>();
    const used = new Set<number>();
    for (const { at, weight, kernel, tap, source } of step.terms) {
      const plane = this.#drawn[at.channel]!;
      const cell = this.#inputs[at.channel]!.at(at.row - plane.top, at.column - plane.left);
      cell?.classList.add('tap');
      if (cell && !isPool) cell.dataset.weight = `×${shown(weight)}`;
      // Padding that repeats an element: where it comes from.
      if (cell && source !== null && cell.classList.contains('padding')) cell.classList.add('copied');
      seen.add(at.channel);
      if (isPool) continue;
      used.add(kernel);
      this.#kernels[kernel]!.cells[tap]!.classList.add('tap');
    }
    this.#kernels.forEach((grid, i) => {
      grid.element.classList.toggle('unused', !used.has(i));
    });
    const isInserted = config.operation === 'transposed';
    const corner = [rows, columns].map((axis, i) => {
      const at = i === 0 ? step.output.row : step.output.column;
      return isInserted ? at + axis.lo - axis.span + 1 : at * axis.stride - axis.lo;
    }) as [number, number];
    this.#inputs.forEach((grid, channel) => {
      const plane = this.#drawn[channel]!;
      const box = {
        row: corner[0] - plane.top,
        column: corner[1] - plane.left,
        height: rows.span,
        width: columns.span,
      };
      grid.frame(seen.has(channel) || (isPool && channel === step.output.channel) ? box : null);
    });
    this.#sayWindow(step);
  }

  #sayWindow(step: ReturnType<typeof windowStep>): void {
    const say = this.#say;
    const { lines, total } = equation(this.#config, step);
    const { channel, row, column } = step.output;
    const place = (text: string) => {
      const said = say.said(row + 1, column + 1, text);
      return outputsOf(this.#config) > 1 ? say.saidChannel(channel + 1, said) : said;
    };
    this.#equation.dataset.total = `${step.result}`;
    if (lines.length === 1) {
      fill(this.#equation, h('p', {}, place(`${lines[0]} = `), h('strong', {}, total)));
      return;
    }
    const sums = step.partials.map((one) => (one < 0 ? `(${shown(one)})` : shown(one))).join(' + ');
    fill(
      this.#equation,
      lines.map((line, i) =>
        h(
          'p',
          { class: 'partial' },
          `${say.inChannel(step.terms[(i * step.terms.length) / lines.length]!.at.channel + 1)}: ${line} = ${shown(step.partials[i]!)}`,
        ),
      ),
      h('p', {}, place(`${sums} = `), h('strong', {}, total)),
    );
  }

  #showScatter(index: number): void {
    const config = this.#config;
    const axes = this.#axes as readonly Axis[];
    const [rows, columns] = planeAxes(axes);
    const { input, value, adds } = scatterStep(config, axes, index);
    const isLast = index === stepCount(config, axes) - 1;
    // The last step has everything: then it is striate's result that stands there.
    const numbers = isLast && this.#data ? this.#data : scatteredUpTo(config, axes, index).flat();
    this.#numbers(numbers, () => false);
    this.#inputs[input.channel]!.at(input.row, input.column)?.classList.add('now');
    let cut = 0;
    const used = new Set<number>();
    for (const { output, weight, tap, kernel } of adds) {
      used.add(kernel);
      this.#kernels[kernel]!.cells[tap]!.classList.add('tap');
      if (!isOnPlane(output, rows, columns)) cut++;
      else {
        const cell = this.#outputs[output.channel]!.at(output.row, output.column) as HTMLElement;
        cell.classList.add('tap');
        cell.dataset.weight = `+${shown(value * weight)}`;
      }
    }
    this.#kernels.forEach((grid, i) => {
      grid.element.classList.toggle('unused', !used.has(i));
    });
    const reached = new Set(adds.map(({ output }) => output.channel));
    this.#outputs.forEach((grid, o) => {
      const box = {
        row: input.row * rows.stride - rows.lo,
        column: input.column * columns.stride - columns.lo,
        height: rows.span,
        width: columns.span,
      };
      grid.frame(reached.has(o) ? box : null);
    });
    this.#sayScatter(index);
    if (cut > 0) this.#equation.append(h('p', { class: 'quiet' }, this.#say.cut(cut)));
  }

  #sayScatter(index: number): void {
    const { input, value, adds } = scatterStep(this.#config, this.#axes!, index);
    const first = adds.filter(({ kernel }) => kernel === adds[0]!.kernel);
    const weights = first.map(({ weight }) => shown(weight)).join(', ');
    const products = first.map(({ weight }) => shown(value * weight)).join(', ');
    const said = this.#say.said(
      input.row + 1,
      input.column + 1,
      `${shown(value)} × (${weights}) = (${products})`,
    );
    const text = this.#config.channels > 1 ? `${this.#say.inChannel(input.channel + 1)}, ${said}` : said;
    this.#equation.dataset.total = '';
    fill(this.#equation, h('p', {}, text), h('p', { class: 'quiet' }, this.#say.adds(shown(value))));
  }
}

/** All but the numbers. */
const formOf = ({ x: _x, w: _w, ...form }: Config): string => JSON.stringify(form);

/** The input alone, where no window fits. */
function bare(config: Config, channel: number): DrawnPlane {
  const [height, width] = wide(config.size);
  return {
    ...{ top: 0, left: 0, height, width },
    cell: (row, column) => {
      const source = row * width + column;
      return { kind: 'input', source, value: config.x[channel]![source] as number };
    },
  };
}
