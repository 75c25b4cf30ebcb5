// What servers, edge functions and Lambdas of these examples do: a posted picture in, the faces in it out, as JSON.
//
//   { width, height, faces: [{ score, box: [x1, y1, x2, y2], points: [[x, y], ...] }], cold, variant, memoryBytes }
//
// The model was compiled ahead of time (whole.ts): a cold start reads no ONNX and plans nothing.
import { type CompiledModel, init, loadCompiled, type ModelSource, memory, runtime, scope } from 'striate';
import { decodeImage, fromImage } from 'striate/image';
import { facesOf, options } from './whole.ts';

/** Longer bodies are refused unread. */
const MOST_BYTES = 10 * 2 ** 20;
/** 12 million pixels of three bytes, and what decoding takes besides, are far from the isolate's 128 MB. */
const MOST_PIXELS = 12e6;

const problem = (status: number, error: string): Response => Response.json({ error }, { status });

/**
 * Answers a posted picture with its faces. `source` gives the compiled model, as loadCompiled takes it; it is asked at the first request,
 * and what was loaded is kept for those that follow.
 */
export function facesHandler(source: () => ModelSource): (request: Request) => Promise<Response> {
  let loading: Promise<CompiledModel> | null = null;
  const modelOnce = (): Promise<CompiledModel> => {
    loading ??= init().then(() => loadCompiled(source()));
    // A failed attempt may be repeated.
    loading.catch(() => {
      loading = null;
    });
    return loading;
  };
  return async (request) => {
    const isCold = loading === null;
    try {
      return await answer(request, modelOnce, isCold);
    } catch (error) {
      return problem(500, (error as Error).message);
    }
  };
}

async function answer(
  request: Request,
  modelOnce: () => Promise<CompiledModel>,
  isCold: boolean,
): Promise<Response> {
  if (request.method !== 'POST') return problem(405, 'post a picture: JPEG, PNG, WebP, GIF or BMP');
  if (Number(request.headers.get('content-length') ?? 0) > MOST_BYTES)
    return problem(413, `the picture must have at most ${MOST_BYTES} bytes`);
  const model = await modelOnce();
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > MOST_BYTES) return problem(413, `the picture must have at most ${MOST_BYTES} bytes`);
  let picture: Awaited<ReturnType<typeof decodeImage>>;
  try {
    picture = await decodeImage(bytes, { maxPixels: MOST_PIXELS });
  } catch (error) {
    return problem(415, (error as Error).message);
  }
  const faces = scope(() => facesOf(picture, model.run(fromImage(picture, options))));
  return Response.json({
    width: picture.width,
    height: picture.height,
    faces,
    cold: isCold,
    variant: runtime().variant,
    memoryBytes: memory.stats().memoryBytes,
  });
}
