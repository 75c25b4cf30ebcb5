/** What a tab is given by the page, and what the page needs of a tab. */
import type { ask } from './calls.ts';
import type { Language } from './words.ts';

export interface Context {
  readonly language: Language;
  /** What the address says for this tab. */
  readonly parameters: URLSearchParams;
  /** Puts the tab's state into the address. */
  keep(state: Readonly<Record<string, string | undefined>>): void;
  readonly ask: typeof ask;
}

export interface Tab {
  /** Ends whatever runs: timers, cameras, training. */
  dispose(): void;
}
