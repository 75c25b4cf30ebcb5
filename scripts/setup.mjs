// Finds what the build and the tests need and fetches only what is missing. Plain Node: it runs in a bare clone.
import { fileURLToPath } from 'node:url';
import { nodeModules } from './lib/modules.mjs';
import { main } from './lib/report.mjs';
import { rustForTests, rustForWasm } from './lib/rust.mjs';
import { wasmTools } from './lib/tools.mjs';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await nodeModules();
    const rust = await rustForWasm();
    await wasmTools(rust);
    const native = await rustForTests();
    console.log(
      `set up: Node ${process.versions.node}, ${rust.version} for wasm32, cargo of ${native} for tests`,
    );
  });
}
