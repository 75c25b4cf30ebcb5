/**
 * A table of numbers that is moved through by the arrow keys: one place in the order of Tab, as in a spreadsheet. Of cells that may
 * be written the one that is there holds a field: a field for each would be laid out for a long time.
 */
import { fill, h } from './dom.ts';

export interface CellOptions {
  readonly text: string;
  /** What is said of it besides its number: where it is. */
  readonly label: string;
  /** All digits, where the text is rounded. */
  readonly title?: string | undefined;
  readonly kind: string;
  readonly editable?: boolean | undefined;
}

export interface GridOptions {
  readonly label: string;
  readonly rows: number;
  readonly columns: number;
  readonly name: string;
  cell(row: number, column: number): CellOptions;
  /** A cell's number was written: whatever was typed. */
  write?(row: number, column: number, text: string): void;
  /** A cell has the focus, or the pointer is over it; null when the pointer leaves. */
  look?(at: readonly [row: number, column: number] | null, by: 'focus' | 'pointer'): void;
  press?(row: number, column: number): void;
}

export class Grid {
  readonly element: HTMLElement;
  readonly #options: GridOptions;
  readonly #cells: HTMLElement[] = [];
  readonly #places = new Map<Element, number>();
  readonly #kinds: string[] = [];
  /** The text that the field was given last: what differs from it is being typed. */
  #given = '';
  readonly #frame = h('div', { class: 'frame', 'aria-hidden': 'true', hidden: true });
  #entry = -1;
  #over = -1;

  constructor(options: GridOptions) {
    this.#options = options;
    const { rows, columns, label, name } = options;
    const lines = Array.from({ length: rows }, (_, row) =>
      h(
        'div',
        { role: 'row', class: 'line' },
        Array.from({ length: columns }, (_, column) => this.#cell(row, column)),
      ),
    );
    this.element = h(
      'div',
      {
        class: `grid ${name}`,
        role: 'grid',
        'aria-label': label,
        style: `--columns:${columns};--rows:${rows}`,
        onkeydown: (event: KeyboardEvent) => this.#key(event),
        onfocusin: ({ target }: FocusEvent) => this.#focused(target as Element),
        onclick: ({ target }: MouseEvent) => {
          const at = this.#placeOf(target as Element);
          if (at >= 0) options.press?.(...this.#axes(at));
        },
        onpointerover: ({ target }: PointerEvent) => this.#hover(this.#placeOf(target as Element)),
        onpointerleave: () => this.#hover(-1),
      },
      lines,
      this.#frame,
    );
    this.#enter(0);
  }

  #axes(at: number): [row: number, column: number] {
    const { columns } = this.#options;
    return [Math.floor(at / columns), at % columns];
  }

  /** The cell that something lies in; -1 for none. */
  #placeOf(element: Element): number {
    return this.#places.get(element.closest('.cell') ?? element) ?? -1;
  }

  #cell(row: number, column: number): HTMLElement {
    const { text, label, kind, title } = this.#options.cell(row, column);
    const cell = h(
      'div',
      {
        role: 'gridcell',
        class: `cell ${kind}`,
        tabindex: '-1',
        'aria-label': `${label}: ${text}`,
        title,
        style: `--digits:${text.length}`,
      },
      h('span', { class: 'number' }, text),
    );
    this.#places.set(cell, this.#cells.length);
    this.#cells.push(cell);
    this.#kinds.push(kind);
    return cell;
  }

  #hover(at: number): void {
    if (at === this.#over) return;
    this.#over = at;
    this.#options.look?.(at < 0 ? null : this.#axes(at), 'pointer');
  }

  /** The focus goes on from a cell into its field, which is there by then. */
  #focused(target: Element): void {
    const at = this.#placeOf(target);
    if (at < 0) return;
    this.#enter(at);
    const field = this.#cells[at]!.querySelector('input');
    if (field !== null && target !== field) {
      field.focus();
      return;
    }
    field?.select();
    this.#options.look?.(this.#axes(at), 'focus');
  }

  /** Makes a cell the grid's place in the order of Tab. */
  #enter(at: number): void {
    const left = this.#entry;
    const cell = this.#cells[at];
    if (at === left || cell === undefined) return;
    this.#entry = at;
    const [row, column] = this.#axes(at);
    const { text, label, editable } = this.#options.cell(row, column);
    if (!editable) cell.tabIndex = 0;
    else {
      cell.removeAttribute('aria-label');
      const field: HTMLInputElement = h('input', {
        type: 'text',
        inputmode: 'decimal',
        tabindex: '0',
        value: text,
        'aria-label': label,
        autocomplete: 'off',
        spellcheck: 'false',
        onchange: () => this.#options.write?.(row, column, field.value),
      });
      this.#given = text;
      fill(cell, field);
    }
    if (left < 0) return;
    const before = this.#cells[left] as HTMLElement;
    before.tabIndex = -1;
    if (before.querySelector('input') === null) return;
    const was = this.#options.cell(...this.#axes(left));
    fill(before, h('span', { class: 'number' }, was.text));
    before.setAttribute('aria-label', `${was.label}: ${was.text}`);
  }

  #key(event: KeyboardEvent): void {
    const { rows, columns } = this.#options;
    const [row, column] = this.#axes(this.#entry);
    const to: Record<string, readonly [number, number]> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? rows - 1 : row, columns - 1],
    };
    const place = to[event.key];
    if (event.key === 'Enter' || event.key === ' ') {
      if (event.target instanceof HTMLInputElement) {
        if (event.key === 'Enter') event.target.dispatchEvent(new Event('change'));
        return;
      }
      event.preventDefault();
      this.#options.press?.(row, column);
      return;
    }
    if (place === undefined) return;
    event.preventDefault();
    const [r, c] = place;
    if (r >= 0 && r < rows && c >= 0 && c < columns) this.focus(r, c);
  }

  focus(row: number, column: number): void {
    this.at(row, column)?.focus();
  }

  at(row: number, column: number): HTMLElement | undefined {
    const { rows, columns } = this.#options;
    return row < 0 || column < 0 || row >= rows || column >= columns
      ? undefined
      : this.#cells[row * columns + column];
  }

  get cells(): readonly HTMLElement[] {
    return this.#cells;
  }

  /** Takes these classes, and the small weights, from all cells. */
  clear(...classes: string[]): void {
    for (const cell of this.#cells) {
      cell.classList.remove(...classes);
      delete cell.dataset.weight;
    }
  }

  /** The numbers and kinds as they are now, in the cells that there are. */
  refresh(): void {
    const { rows, columns } = this.#options;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const { text, label, title, kind } = this.#options.cell(row, column);
        const at = row * columns + column;
        const cell = this.#cells[at] as HTMLElement;
        cell.classList.replace(this.#kinds[at] as string, kind);
        this.#kinds[at] = kind;
        const field = cell.querySelector('input');
        cell.style.setProperty('--digits', `${text.length}`);
        if (field === null) this.show(row, column, text, label, title);
        else {
          this.#give(field, text);
          if (title === undefined) cell.removeAttribute('title');
          else cell.title = title;
        }
      }
    }
  }

  /** A number that did not change leaves what is being typed over it, and what is selected. */
  #give(field: HTMLInputElement, text: string): void {
    if (text === this.#given && field === document.activeElement) return;
    this.#given = text;
    field.value = text;
  }

  /** Another number in a cell that is not written. */
  show(row: number, column: number, text: string, label: string, title: string | undefined): void {
    const cell = this.at(row, column);
    const span = cell?.firstElementChild;
    if (!cell || !span) return;
    if (span.textContent !== text) {
      span.textContent = text;
      cell.style.setProperty('--digits', `${text.length}`);
    }
    cell.setAttribute('aria-label', `${label}: ${text}`);
    if (title === undefined) cell.removeAttribute('title');
    else cell.title = title;
  }

  /** The window's outline, in cells; it may reach over the edges. Null: none. */
  frame(box: { row: number; column: number; height: number; width: number } | null): void {
    this.#frame.hidden = box === null;
    if (box === null) return;
    const { row, column, height, width } = box;
    for (const [name, value] of Object.entries({ row, column, height, width }))
      this.#frame.style.setProperty(`--${name}`, `${value}`);
  }
}
