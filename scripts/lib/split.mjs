// Splits the kernels' module, in the text format: a core with what every application may need, and side modules with the
// instructions that only some operators need, each of which is instantiated over the core's memory, stack and table of functions.
//
// Rust reaches an instruction through the table alone: by its entry's `decode`, and by the methods of what that makes. So the names in
// the table's slots say which instructions a function belongs to; it goes to a side module when no slot or export of the core reaches
// it. In the core such slots hold the function that refuses an instruction which is not there, until the side module fills them.

/** By side module: the Rust modules whose instructions it holds. */
export const SIDES = {
  bytes: /^(quantized_|quantize|interleave|integer)/,
  gradients:
    /^(conv::(weight_|planes)|pool::gradient|norm_gradient|unary_gradient|(loss|cross_entropy)::(Gradient|decode_gradient)|update)/,
  sampling: /^(deform|grid_sample|roi_)/,
  resampling: /^(resample|antialias)/,
  selection: /^(sort|scatter|suppress|cumulate|triangle|compare|choose|random|dropout|loss|cross_entropy)/,
  axes: /^(accumulate|reduce|softmax|stats|select)/,
  recurrent: /^recurrent/,
  pictures: /^picture/,
};

const REFUSES = 'striate_core::instructions::absent';

const formsOf = (text) => text.split(/\n(?= \()/).map((form) => form.replace(/\n\)\s*$/, ''));

/** The names in the slots of the table, without the hashes of crates. */
function slotNames(named) {
  const element = formsOf(named).find((form) => form.startsWith(' (elem '));
  const names = element.slice(element.indexOf(' func ')).matchAll(/\$(?:"((?:[^"\\]|\\.)*)"|([^\s)]+))/g);
  return [...names].map(([, quoted, plain]) => (quoted ?? plain).replaceAll(/\[[0-9a-f]+\]/g, ''));
}

/** The side module of a function of striate-core that has a slot; undefined: the core. */
function sideOf(name) {
  const place = name.match(/striate_core::(?:instructions|kernels)::([\w:]+)/)?.[1] ?? '';
  return Object.keys(SIDES).find((side) => SIDES[side].test(place));
}

/** What `roots` call, and these themselves. */
function reached(roots, callees) {
  const seen = new Set(roots);
  for (const name of seen) for (const callee of callees.get(name) ?? []) seen.add(callee);
  return seen;
}

/** `(func $1 (param $0 i32) (result i32)` of a function's text, without what else it says. */
const signature = (text) =>
  text.match(/^ \(func \$\S+((?: \((?:param|result)[^)]*\))*)/)[1].replaceAll(/\$\d+ /g, '');

/**
 * Texts of the core and of each side module.
 *
 *   text    the module, as wasm-dis writes it, optimised
 *   named   the module with the names of its functions; its table has the same slots
 */
export function split(text, named) {
  const forms = formsOf(text);
  const of = (...kinds) => forms.filter((form) => kinds.some((kind) => form.startsWith(` (${kind} `)));
  const functions = new Map(of('func').map((form) => [form.match(/\$\d+/)[0], form]));
  const [elements, ...others] = of('elem');
  if (others.length > 0 || !elements.includes('(i32.const 1) func')) {
    throw new Error('the kernels have another table than the build expects');
  }
  const slots = elements.slice(elements.indexOf(' func ')).match(/\$\d+/g);
  const names = slotNames(named);
  if (names.length !== slots.length) throw new Error('the table has changed while it was optimised');
  const refuses = slots[names.indexOf(REFUSES)];
  if (!refuses) throw new Error(`no slot holds ${REFUSES}`);

  const callees = new Map(
    [...functions].map(([name, body]) => [
      name,
      [...body.matchAll(/\((?:return_call|call|ref\.func) (\$\d+)/g)].map(([, callee]) => callee),
    ]),
  );
  const exported = of('export', 'start').flatMap((form) => form.match(/\(func (\$\d+)/)?.[1] ?? []);
  const slotsOf = (side) => slots.filter((_, slot) => sideOf(names[slot]) === side);
  const core = reached([...exported, ...slotsOf(undefined)], callees);
  const owners = new Map();
  for (const side of Object.keys(SIDES)) {
    for (const name of reached(slotsOf(side), callees)) owners.set(name, [...(owners.get(name) ?? []), side]);
  }
  // What several side modules reach is the core's.
  for (const [name, { length }] of owners)
    if (length > 1) for (const each of reached([name], callees)) core.add(each);

  const shared = { functions: new Set(), globals: new Set() };
  const sides = {};
  for (const side of Object.keys(SIDES)) {
    const own = [...functions.keys()].filter((name) => owners.get(name)?.includes(side) && !core.has(name));
    const bodies = own.map((name) => functions.get(name));
    const called = new Set(own.flatMap((name) => callees.get(name)).filter((name) => !own.includes(name)));
    const globals = new Set(
      bodies.flatMap((body) => body.match(/(?<=\(global\.[gs]et )\$\S+?(?=[\s)])/g) ?? []),
    );
    for (const name of called) shared.functions.add(name);
    for (const name of globals) shared.globals.add(name);
    const fills = slots.flatMap((name, slot) =>
      sideOf(names[slot]) === side && own.includes(name)
        ? ` (elem (table $0) (i32.const ${slot + 1}) func ${name})`
        : [],
    );
    sides[side] = moduleOf([
      ...of('type'),
      ...of('import').filter((form) => form.includes('(memory ')),
      ` (import "core" "table" ${tableType(of('table'))})`,
      ...[...globals].map(
        (name) => ` (import "core" "${exportName(name)}" (global ${name} ${globalType(of('global'), name)}))`,
      ),
      ...[...called].map(
        (name) => ` (import "core" "${exportName(name)}" (func ${name}${signature(functions.get(name))}))`,
      ),
      ...fills,
      ...bodies,
    ]);
  }
  const isElsewhere = (name) => owners.has(name) && !core.has(name);
  return {
    core: moduleOf([
      ...of('type', 'import', 'global', 'data', 'table', 'export', 'start'),
      ` (export "table" (table $0))`,
      ...[...shared.globals].map((name) => ` (export "${exportName(name)}" (global ${name}))`),
      ...[...shared.functions].map((name) => ` (export "${exportName(name)}" (func ${name}))`),
      ` (elem (table $0) (i32.const 1) func ${slots.map((name) => (isElsewhere(name) ? refuses : name)).join(' ')})`,
      ...[...functions].filter(([name]) => core.has(name)).map(([, body]) => body),
    ]),
    sides,
  };
}

const moduleOf = (forms) => `(module\n${forms.join('\n')}\n)\n`;

/** `$12` or `$global$0`, under the name by which the side modules import it. */
const exportName = (name) =>
  name.startsWith('$global') ? `g${name.slice('$global$'.length)}` : `f${name.slice(1)}`;

const tableType = (tables) => tables.find((form) => form.includes('funcref')).trim();

const globalType = (globals, name) =>
  globals.find((form) => form.startsWith(` (global ${name} `)).match(/\$\S+ (\(mut \w+\)|\w+)/)[1];
