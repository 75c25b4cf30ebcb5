// An AWS Lambda behind a function URL that answers a posted picture with the faces in it (../faces/answer.ts).
//
// Bundled for Node, with the model beside it:
//   npx striate compile blazeface-back.onnx --weights float16 --output blazeface-back.striate
//   npx esbuild handler.ts --bundle --platform=node --format=esm --outfile=handler.mjs
import { facesHandler } from '../faces/answer.ts';

/** A request as function URLs and HTTP APIs give it (payload format 2.0), as far as it is read. */
export interface Event {
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: { readonly http: { readonly method: string } };
}

/** The answer, in the same format. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const answer = facesHandler(() => new URL('./blazeface-back.striate', import.meta.url));

export async function handler({ body, isBase64Encoded = false, requestContext }: Event): Promise<Answer> {
  const { method } = requestContext.http;
  const bytes = body === undefined ? undefined : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  const request = new Request('http://localhost/', {
    method,
    ...(method !== 'GET' && method !== 'HEAD' && bytes && { body: new Uint8Array(bytes) }),
  });
  const response = await answer(request);
  return {
    statusCode: response.status,
    headers: { 'content-type': 'application/json' },
    body: await response.text(),
  };
}
