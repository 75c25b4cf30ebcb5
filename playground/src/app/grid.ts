/**
 * A table of numbers that is moved through by the arrow keys: one place in the order of Tab, as in a spreadsheet. Cells that may
 * be written hold a field.
 */
import { h } from './dom.ts';

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
  readonly #kinds: string[] = [];
  readonly #frame = h('div', { class: 'frame', 'aria-hidden': 'true', hidden: true });
  #entry = 0;

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
      },
      lines,
      this.#frame,
    );
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('pointerleave', () => options.look?.(null, 'pointer'));
    this.#enter(0);
  }

  #cell(row: number, column: number): HTMLElement {
    const { text, label, kind, editable, title } = this.#options.cell(row, column);
    const at = row * this.#options.columns + column;
    const field = editable
      ? h('input', {
          type: 'text',
          inputmode: 'decimal',
          value: text,
          'aria-label': label,
          tabindex: '-1',
          autocomplete: 'off',
          spellcheck: 'false',
          onchange: (event: Event) =>
            this.#options.write?.(row, column, (event.target as HTMLInputElement).value),
        })
      : null;
    const cell = h(
      'div',
      {
        role: 'gridcell',
        class: `cell ${kind}`,
        tabindex: field ? undefined : '-1',
        'aria-label': field ? undefined : `${label}: ${text}`,
        title,
        style: `--digits:${text.length}`,
        onpointerenter: () => this.#options.look?.([row, column], 'pointer'),
        onfocusin: () => {
          this.#enter(at);
          field?.select();
          this.#options.look?.([row, column], 'focus');
        },
        onclick: () => this.#options.press?.(row, column),
      },
      field ?? h('span', { class: 'number' }, text),
    );
    this.#cells.push(cell);
    this.#kinds.push(kind);
    return cell;
  }

  /** What takes the focus in a cell. */
  #focusable(at: number): HTMLElement {
    const cell = this.#cells[at] as HTMLElement;
    return cell.querySelector('input') ?? cell;
  }

  #enter(at: number): void {
    if (this.#cells.length === 0) return;
    this.#focusable(this.#entry).tabIndex = -1;
    this.#entry = at;
    this.#focusable(at).tabIndex = 0;
  }

  #key(event: KeyboardEvent): void {
    const { rows, columns } = this.#options;
    const [row, column] = [Math.floor(this.#entry / columns), this.#entry % columns];
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
    this.#focusable(row * this.#options.columns + column).focus();
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
          field.value = text;
          if (title === undefined) cell.removeAttribute('title');
          else cell.title = title;
        }
      }
    }
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
