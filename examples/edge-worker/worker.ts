// A Worker (Cloudflare, workerd) that takes a posted picture and answers with the faces in it, by a model of integers: a third of
// the bytes. It is made of the ONNX file and of some pictures such as it will see, and prepared as faces/whole.ts says.
//
//   npx striate quantize blazeface-back.onnx --images pictures --preset signed --fit contain \
//     --weights float16 --output blazeface-back.striate
//   npx wrangler dev
//   curl --data-binary @photo.jpg http://localhost:8787/
//
// The model is part of the Worker; stored.ts has it in R2 or KV.
import { facesHandler } from '../faces/answer.ts';
import file from './blazeface-back.striate';

export default { fetch: facesHandler(() => file) };
