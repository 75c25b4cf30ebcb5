// A route of Next.js in its edge runtime (Vercel) that answers a posted picture with the faces in it (faces/answer.ts).
//
//   npm install striate next react react-dom
//   npx striate compile blazeface-back.onnx --weights float16 --output blazeface-back.striate
//   npx next build && npx next start
//   curl --data-binary @photo.jpg http://localhost:3000/api/faces
//
// The model is a file beside the application, which Next.js bundles.
import { facesHandler } from '../../../../faces/answer.ts';

export const runtime = 'edge';

const answer = facesHandler(() => new URL('../../../blazeface-back.striate', import.meta.url));

export const GET = (request: Request): Promise<Response> => answer(request);
export const POST = GET;
