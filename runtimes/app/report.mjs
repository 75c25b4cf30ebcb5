/** What a runtime is asked: the smoke, and two threads. */
import { smoke } from './smoke.mjs';
import { threads } from './threads.mjs';

export const report = async () => ({ ...(await smoke()), threads: await threads() });
