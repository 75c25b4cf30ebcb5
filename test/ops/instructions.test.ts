/** What Rust and TypeScript say of the instructions. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { OP } from '../../ts/instructions/builder.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const rust = readdirSync(at('crates/core'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.rs'))
  .map((file) => ({ file, text: readFileSync(at(`crates/core/${file}`), 'utf8') }));

/** name -> opcode of every Rust operator that is in ENTRIES. */
function rustEntries(): Map<string, number> {
  const list = /pub const ENTRIES: &\[Entry\] = &\[([^\]]*)\]/.exec(
    rust.find(({ file }) => file.endsWith('ops/mod.rs'))!.text,
  )![1]!;
  const wanted = list
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  const found = new Map<string, number>();
  for (const { text } of rust) {
    for (const [, opcode, name] of text.matchAll(/Entry \{\s*opcode: (\d+),\s*name: "([a-z ]+)"/g))
      found.set(name!, Number(opcode));
  }
  expect([...found.keys()].length, 'operators in ENTRIES, and operators that are written').toBe(
    wanted.length,
  );
  return found;
}

test('the numbers of the instructions are the same in Rust and in TypeScript', () => {
  const inRust = Object.fromEntries(rustEntries());
  const inTypeScript = Object.fromEntries(
    Object.entries(OP).map(([name, opcode]) => [
      name.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`),
      opcode,
    ]),
  );
  expect(inTypeScript).toEqual(inRust);
});

test('every instruction has native tests', () => {
  const tests = rust.filter(({ file, text }) => file.startsWith('tests') || text.includes('#[cfg(test)]'));
  const missing = [...rustEntries()].filter(([name]) => {
    const type = name.replace(/(?:^| )([a-z])/g, (_, letter) => letter.toUpperCase());
    const known = new RegExp(`\\b(${name.toUpperCase().replaceAll(' ', '_')}|${type})\\b`);
    return !tests.some(({ file, text }) =>
      file.startsWith('tests') ? known.test(text) : file.endsWith(`ops/${name}.rs`),
    );
  });
  expect(missing, 'instructions without native tests').toEqual([]);
});
