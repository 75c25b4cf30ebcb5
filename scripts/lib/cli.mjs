// The command line as one file, dist/cli.js: its libraries are inside, with their licences; striate itself lies beside it.
import fs from 'node:fs';
import path from 'node:path';
import { distName, ENTRIES } from './entries.mjs';
import { root } from './report.mjs';

/** The package's entries, imported as what they are beside the file. */
const besides = {
  name: 'besides',
  setup({ onResolve }) {
    onResolve({ filter: /^striate(\/|$)/ }, ({ path: entry }) => {
      if (!(entry in ENTRIES)) throw new Error(`${entry} is no entry`);
      return { path: `./${distName(entry)}.js`, external: true };
    });
  },
};

/** A comment with the licences of the packages from which a bundle has files. */
function licences(inputs) {
  const names = Object.keys(inputs).flatMap(
    (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
  );
  const texts = [...new Set(names)].sort().map((name) => {
    const folder = path.join(root, 'node_modules', name);
    const file = fs.readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    if (file === undefined) throw new Error(`${name} has no licence`);
    return `${name}\n\n${fs.readFileSync(path.join(folder, file), 'utf8').trim()}`;
  });
  return `/*\n${texts.join('\n\n').replaceAll('*/', '* /')}\n*/\n`;
}

export async function buildCli(dist) {
  const { build } = await import('esbuild');
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const outfile = path.join(dist, 'cli.js');
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['ts/cli/index.ts'],
    outfile,
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // What is CommonJS calls for Node's own modules.
    banner: {
      js: "#!/usr/bin/env node\nimport { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
    },
    define: { VERSION: JSON.stringify(version) },
    plugins: [besides],
    metafile: true,
    legalComments: 'none',
    logLevel: 'error',
  });
  fs.writeFileSync(outfile, outputFiles[0].text + licences(metafile.inputs), { mode: 0o755 });
}
