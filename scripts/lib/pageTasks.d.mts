import type { Page } from 'puppeteer-core';

/** Milliseconds that the tasks of a page in Chromium computed while `work` ran, the longest first. */
export function tasksOf(page: Page, work: () => Promise<unknown>): Promise<number[]>;
