/** What `init({ wasm })` makes of each source: the variant and a result, or the sentence of its error. */
import { disposeRuntime, init, relu, runtime, tensor } from 'striate';

export async function loading(sources) {
  const said = {};
  for (const [name, make] of Object.entries(sources)) {
    disposeRuntime();
    try {
      await init({ wasm: await make() });
      said[name] = `${runtime().variant} ${relu(tensor([-1, 2])).toArray()}`;
    } catch (error) {
      said[name] = `${error.name}: ${error.message}`;
    }
  }
  disposeRuntime();
  return said;
}
