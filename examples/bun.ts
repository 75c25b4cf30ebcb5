// A server on Bun that answers a posted picture with the faces in it (faces/answer.ts).
//
//   bun add striate
//   bun bun.ts blazeface-back.striate
//   curl --data-binary @photo.jpg http://localhost:3000/
import { facesHandler } from './faces/answer.ts';

/** What of Bun is used. */
declare const Bun: {
  serve(options: { port: number; fetch(request: Request): Promise<Response> }): { readonly port: number };
};

const [file = 'blazeface-back.striate', port = '3000'] = process.argv.slice(2);

const server = Bun.serve({ port: Number(port), fetch: facesHandler(() => file) });
console.log(`Listening on http://localhost:${server.port}/`);
