/** The page: its head with tabs, language and colours, the tab that the address names, and the address itself. */
import { hashOf, parameters } from './app/address.ts';
import { ask } from './app/calls.ts';
import type { Context, Tab } from './app/context.ts';
import { fill, h, select } from './app/dom.ts';
import { type ShellWords, words } from './app/shellWords.ts';
import { LANGUAGES, type Language, languageOf } from './app/words.ts';

/** Each part is loaded when it is first opened. */
const TABS = {
  window: () => import('./window/view.ts'),
  kernels: () => import('./kernels/view.ts'),
  layers: () => import('./layers/view.ts'),
  draw: () => import('./draw/view.ts'),
  train: () => import('./train/view.ts'),
};
type TabName = keyof typeof TABS;

const THEMES = ['auto', 'light', 'dark'] as const;
/** Parameters of the page itself; all others belong to the tab. */
const OWN = ['tab', 'lang', 'theme', 'hide'];

const root = document.querySelector('#app') as HTMLElement;
/** What each tab had in the address when it was left. */
const left = new Map<TabName, string>();
let open: { name: TabName; language: Language; tab: Tab | null } | null = null;
let written = '';

const tabOf = (given: URLSearchParams): TabName => {
  const name = given.get('tab') ?? 'window';
  return name in TABS ? (name as TabName) : 'window';
};

function read() {
  const given = parameters();
  const language = languageOf(given.get('lang'), navigator.languages);
  const theme = THEMES.find((one) => one === given.get('theme')) ?? 'auto';
  const hidden = (given.get('hide') ?? '').split(',').filter((one) => one !== '');
  return { given, language, theme, hidden, name: tabOf(given) };
}

/** Writes the address without a new entry in the history. */
function write(entries: Readonly<Record<string, string | undefined>>): void {
  written = hashOf(entries);
  history.replaceState(null, '', written === '' ? location.pathname + location.search : written);
}

const own = (): Record<string, string | undefined> => {
  const given = parameters();
  return Object.fromEntries(OWN.map((key) => [key, given.get(key) ?? undefined]));
};

function show(): void {
  const { given, language, theme, hidden, name } = read();
  const say = words[language] as ShellWords;
  open?.tab?.dispose();
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
  document.documentElement.dataset.theme = theme;
  document.title = `${say.tabs[name]} – ${say.name}`;
  hideParts(hidden);
  const content = h(
    'main',
    { id: 'content', class: `tab ${name}`, tabindex: '-1' },
    h('p', { class: 'loading' }, say.loading),
  );
  fill(
    root,
    h('a', { class: 'skip', href: '#content', onclick: skip }, say.skip),
    head(say, name, language, theme),
    content,
  );
  const state: { name: TabName; language: Language; tab: Tab | null } = { name, language, tab: null };
  open = state;
  const context: Context = {
    language,
    parameters: new URLSearchParams([...given].filter(([key]) => !OWN.includes(key))),
    keep: (entries) => {
      if (open === state) write({ ...own(), ...entries });
    },
    ask,
  };
  TABS[name]().then(
    (part) => {
      if (open === state) state.tab = part.mount(content, context);
    },
    (error: Error) => fill(content, h('p', { class: 'fault' }, `${say.failed} ${error.message}`)),
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#content')?.focus();
}

/** A style sheet of its own, since parts come and go. */
function hideParts(hidden: readonly string[]): void {
  const sheet =
    document.querySelector('#hidden-parts') ?? document.head.appendChild(h('style', { id: 'hidden-parts' }));
  const names = hidden.filter((name) => /^[\w-]+$/.test(name));
  sheet.textContent =
    names.length === 0
      ? ''
      : `${names.map((name) => `[data-part~="${name}"]`).join(',')}{display:none!important}`;
}

function head(say: ShellWords, name: TabName, language: Language, theme: string): HTMLElement {
  return h(
    'header',
    { class: 'head' },
    h('div', { class: 'brand' }, h('h1', {}, say.name), h('p', { 'data-part': 'intro' }, say.claim)),
    h(
      'nav',
      { 'aria-label': say.navigation, 'data-part': 'tabs' },
      (Object.keys(TABS) as TabName[]).map((one) =>
        h(
          'a',
          {
            href: `#tab=${one}`,
            'aria-current': one === name ? 'page' : undefined,
            onclick: (event: Event) => go(event, one),
          },
          say.tabs[one],
        ),
      ),
    ),
    h(
      'div',
      { class: 'settings', 'data-part': 'settings' },
      select(say.language, language, Object.entries(LANGUAGES), (value) => change({ lang: value })),
      select(
        say.theme,
        theme,
        THEMES.map((one) => [one, say.themes[one]] as const),
        (value) => change({ theme: value === 'auto' ? undefined : value }),
      ),
      share(say),
    ),
  );
}

/** To a tab as it was left. */
function go(event: Event, name: TabName): void {
  event.preventDefault();
  const { given, name: from } = read();
  if (name === from) return;
  left.set(from, new URLSearchParams([...given].filter(([key]) => !OWN.includes(key))).toString());
  const back = Object.fromEntries(new URLSearchParams(left.get(name) ?? ''));
  const hash = hashOf({ ...own(), tab: name === 'window' ? undefined : name, ...back });
  history.pushState(null, '', hash === '' ? location.pathname + location.search : hash);
  written = hash;
  show();
  document.querySelector<HTMLElement>('nav [aria-current]')?.focus();
}

function change(by: Record<string, string | undefined>): void {
  const { given } = read();
  write({ ...Object.fromEntries(given), ...by });
  const focused = [...root.querySelectorAll('.settings select')].indexOf(
    document.activeElement as HTMLElement,
  );
  show();
  if (focused >= 0) root.querySelectorAll<HTMLElement>('.settings select')[focused]?.focus();
}

/** The link, and what those who open it do not get to see. */
function share(say: ShellWords): HTMLElement {
  const hidden = new Set(read().hidden);
  const status = h('span', { role: 'status', class: 'quiet' });
  const link = (): string => {
    const list = [...hidden].join(',');
    const entries = { ...Object.fromEntries(parameters()), hide: list === '' ? undefined : list };
    return `${location.origin}${location.pathname}${location.search}${hashOf(entries)}`;
  };
  const copy = async () => {
    await navigator.clipboard.writeText(link());
    status.textContent = say.copied;
  };
  const ticks = Object.entries(say.parts).map(([part, text]) =>
    h(
      'label',
      { class: 'tick' },
      h('input', {
        type: 'checkbox',
        checked: hidden.has(part),
        onchange: (event: Event) => {
          if ((event.target as HTMLInputElement).checked) hidden.add(part);
          else hidden.delete(part);
        },
      }),
      h('span', {}, text),
    ),
  );
  return h(
    'details',
    { class: 'share' },
    h('summary', {}, say.share),
    h(
      'div',
      { class: 'card' },
      h('fieldset', { class: 'block' }, h('legend', {}, say.hide), ticks),
      h(
        'div',
        { class: 'buttons' },
        h('button', { type: 'button', class: 'primary', onclick: copy }, say.copyLink),
        status,
      ),
    ),
  );
}

addEventListener('hashchange', () => {
  if (location.hash !== written) show();
});
addEventListener('popstate', () => {
  if (location.hash !== written) {
    written = location.hash;
    show();
  }
});
show();
