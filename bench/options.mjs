// What the user asked for: the parts and the options of `npm run bench`.
import { parseArgs } from 'node:util';
import { PARTS } from './parts.mjs';
import { PEERS } from './peers.mjs';

const width = Math.max(...Object.keys(PARTS).map((part) => part.length));

export const HELP = `Measures the package, most of it in turns with its peers: onnxruntime-web, tfjs-backend-wasm and native onnxruntime.

  npm run bench -- [PART...] [options]

Parts (default: all):
${Object.entries(PARTS)
  .map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`)
  .join('\n')}

  --filter TEXT            only what has TEXT in its name or group, for example 'depthwise' or 'sixteen'
  --variant simd|relaxed   default: both, one after the other
  --threads N[,N...]       default: 1; each number in a process of its own
  --peers NAME[,NAME...]   of ${PEERS.join(', ')}, or none; default: all
  --rounds N               samples of each contender, whose median counts; default: what each part needs
  --json FILE              all figures
  --svg FILE               a plot of the layers' ratios to the peers
  --help                   this text

The peers are installed into bench/node_modules on demand. Ends with 1 when an output differs from a peer's.
`;

const VARIANTS = ['relaxed', 'simd'];

const list = (text) => text.split(',').map((one) => one.trim());

function oneOf(what, value, choices) {
  if (choices.includes(value)) return value;
  throw new RangeError(
    `bench: ${what} is '${value}', must be ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`,
  );
}

function count(what, text, least) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && text.trim() !== '') return value;
  throw new RangeError(`bench: ${what} is '${text}', must be an integer, at least ${least}`);
}

/** The options as values; throws an error with a sentence for the user. */
export function readOptions(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      filter: { type: 'string', default: '' },
      variant: { type: 'string' },
      threads: { type: 'string', default: '1' },
      peers: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      svg: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { filter, variant, threads, peers, rounds, json, svg, help } = values;
  for (const [name, file] of Object.entries({ json, svg })) {
    if (file === '') throw new RangeError(`bench: --${name} is empty, must be a file`);
  }
  const names = Object.keys(PARTS);
  return {
    parts:
      positionals.length > 0
        ? [...new Set(positionals.map((part) => oneOf('the part', part, names)))]
        : names,
    filter,
    variants: variant === undefined ? VARIANTS : [oneOf('--variant', variant, VARIANTS)],
    threads: list(threads).map((one) => count('--threads', one, 1)),
    peers:
      peers === undefined
        ? PEERS
        : peers === 'none'
          ? []
          : list(peers).map((one) => oneOf('--peers', one, [...PEERS, 'none'])),
    rounds: rounds === undefined ? undefined : count('--rounds', rounds, 1),
    json,
    svg,
    help,
  };
}

/** Whether something of this name (and group) is wanted. */
export const matches = (filter, ...texts) =>
  texts.some((text) => text.toLowerCase().includes(filter.toLowerCase()));
