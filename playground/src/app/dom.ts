/** Elements of a page in one call: h('button', { class: 'quiet', onclick: go }, 'Go'). */

export type Child = Node | string | number | null | undefined | false | readonly Child[];
type Value = string | number | boolean | undefined | null | ((event: never) => unknown);
export type Properties = Readonly<Record<string, Value>>;

/** What must be set as a property, since the attribute says only what it was at first. */
const LIVE = ['value', 'checked', 'disabled', 'hidden', 'open', 'indeterminate', 'selected'];

/** An element with attributes, live properties, listeners (`on...`) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  append(element, children);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** The same for SVG. */
export function svg(tag: string, properties: Properties = {}, ...children: readonly Child[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  append(element, children);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  return element;
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child as Node | string);
  }
}

function set(element: Element, name: string, value: Value): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'function') {
    element.addEventListener(name.slice(2), value as EventListener);
  } else if (LIVE.includes(name)) {
    (element as unknown as Record<string, unknown>)[name] = value;
  } else if (value !== false) {
    element.setAttribute(name, value === true ? '' : `${value}`);
  }
}

/** Puts these in the place of what the element holds. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren();
  append(element, children);
}

/** A choice with its label. */
export function select(
  label: string,
  value: string,
  choices: readonly (readonly [value: string, text: string])[],
  change: (value: string) => void,
  properties: Properties = {},
): HTMLElement {
  const list = h(
    'select',
    { onchange: (event: Event) => change((event.target as HTMLSelectElement).value), ...properties },
    choices.map(([one, text]) => h('option', { value: one, selected: one === value }, text)),
  );
  return h('label', { class: 'field' }, h('span', {}, label), list);
}

/** A number with its label; what is no number, or outside, is left for `change` to say. */
export function number(
  label: string,
  value: number,
  limits: { readonly min: number; readonly max: number; readonly step?: number | 'any' },
  change: (value: number) => void,
  properties: Properties = {},
): HTMLElement {
  const input = h('input', {
    type: 'number',
    ...limits,
    value: `${value}`,
    onchange: (event: Event) => {
      const field = event.target as HTMLInputElement;
      const given = field.valueAsNumber;
      if (Number.isNaN(given)) field.value = `${value}`;
      else change(given);
    },
    ...properties,
  });
  return h('label', { class: 'field' }, h('span', {}, label), input);
}

/** A tick with its label. */
export function tick(
  label: string,
  checked: boolean,
  change: (checked: boolean) => void,
  properties: Properties = {},
): HTMLElement {
  const box = h('input', {
    type: 'checkbox',
    checked,
    onchange: (event: Event) => change((event.target as HTMLInputElement).checked),
    ...properties,
  });
  return h('label', { class: 'tick' }, box, h('span', {}, label));
}

/** Whether the user asked for less motion. */
export const isStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
