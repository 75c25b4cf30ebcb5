// A server on Deno that answers a posted picture with the faces in it (faces/answer.ts).
//
//   npm install striate        (or `deno add npm:striate`)
//   deno run --allow-net --allow-read deno.ts blazeface-back.striate
//   curl --data-binary @photo.jpg http://localhost:8000/
import { facesHandler } from './faces/answer.ts';

/** What of Deno is used. */
declare const Deno: {
  readonly args: readonly string[];
  serve(options: { port: number }, handler: (request: Request) => Promise<Response>): unknown;
};

const [file = 'blazeface-back.striate', port = '8000'] = Deno.args;

Deno.serve(
  { port: Number(port) },
  facesHandler(() => file),
);
