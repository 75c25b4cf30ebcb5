/** What the tests of the documents share: the files, their code blocks, words, tables and trees. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'] as const;

export const readText = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** A fenced block: the language, the other words of its first line, its lines, and the line where it begins. */
export interface Block {
  readonly language: string;
  readonly marks: readonly string[];
  readonly text: string;
  readonly line: number;
}

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ({ 1: info = '', 2: text = '', index }) => {
      const [language = '', ...marks] = info.split(/\s+/);
      return { language, marks, text, line: markdown.slice(0, index).split('\n').length };
    },
  );
}

/** The text outside of fenced blocks. */
export const proseOf = (markdown: string): string => markdown.replace(/^```[\s\S]*?^```$/gm, '');

/** The words set as `code`. */
export const codeWords = (markdown: string): string[] =>
  [...proseOf(markdown).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);

/** The section under a heading, up to the next one of its level or above. */
export function section(markdown: string, heading: string): string {
  const level = heading.match(/^#+/)?.[0].length ?? 0;
  const lines = markdown.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`there is no '${heading}'`);
  const isEnd = (line: string) => (line.match(/^(#+) /)?.[1]?.length ?? level + 1) <= level;
  const end = lines.findIndex((line, i) => i > start && isEnd(line));
  return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}

/** The cells of every table row, without the lines under the headings. */
export function tableRows(markdown: string): string[][] {
  const rows = proseOf(markdown)
    .split('\n')
    .filter((line) => /^\|.*\|$/.test(line) && !/^[|\s:-]+$/.test(line));
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );
}

/** The paths of a drawn tree: a name per line, two spaces of indentation per level, then what it is. */
export function treePaths(text: string): string[] {
  const above: string[] = [];
  return text.split('\n').flatMap((line) => {
    const [, indent = '', name = ''] = line.match(/^( *)(\S+)/) ?? [];
    if (name === '') return [];
    const depth = indent.length / 2;
    const own = path.posix.join(above[depth - 1] ?? '', name).replace(/\/$/, '');
    above[depth] = own;
    return [own];
  });
}

/** Folders directly under a folder (given from the root) that are the repository's own. */
export function foldersIn(folder: string): string[] {
  const ignored = readText('.gitignore')
    .split('\n')
    .map((line) => line.replaceAll('/', ''));
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() && entry.name !== '.git' && !(folder === '.' && ignored.includes(entry.name)),
    )
    .map(({ name }) => path.posix.join(folder, name));
}
