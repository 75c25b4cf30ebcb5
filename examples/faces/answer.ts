// What servers, edge functions and Lambdas of these examples do: a posted picture in, the faces in it out, as JSON.
//
//   { width, height, faces: [{ score, box: [x1, y1, x2, y2], points: [[x, y], ...] }], cold, ms, cpuMs, variant, memoryBytes }
//
// `cold` is true of the request that loads the model; `ms` is its time, and `cpuMs` what the process has computed meanwhile. Edge functions
// cannot tell: their clocks stand still while they compute. `npm run bench -- servers` measures theirs from outside.
import { type ModelSource, memory, runtime } from 'striate';
import type { DecodedPicture } from 'striate/image';
import { decoded, facesIn, modelOnce } from './compiled.ts';

/** Longer bodies are refused unread. */
const MOST_BYTES = 10 * 2 ** 20;

const problem = (status: number, error: string): Response => Response.json({ error }, { status });

/** Milliseconds that the process has computed for; null where the runtime does not say. */
function computed(): number | null {
  const { process, EdgeRuntime } = globalThis as {
    process?: { cpuUsage?(): { user: number; system: number } };
    EdgeRuntime?: unknown; // has the function, to refuse it
  };
  if (EdgeRuntime !== undefined || !process?.cpuUsage) return null;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Answers a posted picture with its faces. `source` gives the compiled model, as loadCompiled takes it; it is asked at the first request,
 * with what the runtime gives a handler besides the request.
 */
export function facesHandler<Context extends readonly unknown[]>(
  source: (...context: Context) => ModelSource | Promise<ModelSource>,
): (request: Request, ...context: Context) => Promise<Response> {
  const load = modelOnce(source);
  let isCold = true;
  return async (request, ...context) => {
    try {
      if (request.method !== 'POST') return problem(405, 'post a picture: JPEG, PNG, WebP, GIF or BMP');
      if (Number(request.headers.get('content-length') ?? 0) > MOST_BYTES) return tooLong();
      const [start, before] = [performance.now(), computed()];
      const model = await load(...context);
      const cold = isCold;
      isCold = false;
      const bytes = new Uint8Array(await request.arrayBuffer());
      if (bytes.length > MOST_BYTES) return tooLong();
      let picture: DecodedPicture;
      try {
        picture = await decoded(bytes);
      } catch (error) {
        return problem(415, (error as Error).message);
      }
      const faces = facesIn(picture, model);
      const { width, height } = picture;
      const [ms, cpuMs] = [performance.now() - start, before === null ? null : computed()! - before];
      const { variant } = runtime();
      const { memoryBytes } = memory.stats();
      return Response.json({ width, height, faces, cold, ms, cpuMs, variant, memoryBytes });
    } catch (error) {
      return problem(500, (error as Error).message);
    }
  };
}

const tooLong = (): Response => problem(413, `the picture must have at most ${MOST_BYTES} bytes`);
