// A Worker (Cloudflare, workerd) that takes a posted picture and answers with the faces in it.
//
//   npx striate compile blazeface-back.onnx --weights float16 --output blazeface-back.striate
//   npx wrangler dev
//   curl --data-binary @photo.jpg http://localhost:8787/
//
// The model is part of the Worker; stored.ts has it in R2 or KV.
import { facesHandler } from '../faces/answer.ts';
import file from './blazeface-back.striate';

export default { fetch: facesHandler(() => file) };
