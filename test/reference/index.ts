/** The references of all areas: every file of this folder that exports `references`. */
/// <reference types="vite/types/importMeta.d.ts" />
import type { Reference } from './types.ts';

const files = import.meta.glob<{ references?: Record<string, Reference> }>(['./*.ts', '!./index.ts'], {
  eager: true,
});

export const references: Readonly<Record<string, Reference>> = Object.assign(
  {},
  ...Object.values(files).map((file) => file.references ?? {}),
);
