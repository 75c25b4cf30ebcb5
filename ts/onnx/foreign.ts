/** What a file is that is no ONNX model, by its first bytes: what people have in its place, and what to do then. */
import { ModelError } from '../base/errors.ts';

/** At most so many bytes are looked at as text. */
const HEAD = 512;

/** By their first bytes, as Latin-1. */
const BEGINNINGS: readonly (readonly [begins: string, what: string, then: string])[] = [
  ['version https://git-lfs', 'a Git LFS pointer', "get the file itself by 'git lfs pull'"],
  ['\x89PNG', 'a PNG picture', ''],
  ['\xff\xd8\xff', 'a JPEG picture', ''],
  ['\x1f\x8b', 'a gzip file', 'unpack it first'],
  ['\x89HDF', 'an HDF5 file (of Keras)', 'export the model by tf2onnx'],
  ['\x80\x02', 'a Python pickle (of PyTorch)', 'export the model by torch.onnx.export'],
];

/** By the four bytes behind the first four. */
const IDENTIFIERS: readonly (readonly [identifier: string, what: string, then: string])[] = [
  ['TFL3', 'a TensorFlow Lite model', 'export the model by tf2onnx'],
  ['ORTM', 'a model in the ORT format', 'give the .onnx file that it was made of'],
];

/** What was not read as a model, `cause` says why: an error that says what the bytes are, where they are something that is known. */
export function refused(bytes: Uint8Array, file: string, cause: unknown): unknown {
  const is = foreignFile(bytes);
  return is === null ? cause : new ModelError(`${file}: ${is}`, { cause });
}

/** What the bytes are and what to do, for a sentence; null where they are nothing that is known. */
function foreignFile(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'it is empty, must be an ONNX model';
  const found = kindOf(bytes);
  if (found === null) return null;
  const [what, then] = found;
  return `it is ${what}, must be an ONNX model${then === '' ? '' : `: ${then}`}`;
}

function kindOf(bytes: Uint8Array): readonly [what: string, then: string] | null {
  const head = String.fromCharCode(...bytes.subarray(0, HEAD));
  for (const [begins, what, then] of BEGINNINGS) if (head.startsWith(begins)) return [what, then];
  for (const [identifier, what, then] of IDENTIFIERS) if (head.startsWith(identifier, 4)) return [what, then];
  if (head.startsWith('PK\x03\x04')) {
    // PyTorch's archive begins with its pickle.
    return head.includes('data.pkl')
      ? ['a PyTorch file', 'export the model by torch.onnx.export']
      : ['a zip file', 'unpack it first'];
  }
  // The length of a header in JSON, as 64 bits, and the header.
  if (/^\{\s*["}]/.test(head.slice(8)) && head.startsWith('\0\0\0\0', 4))
    return ['a safetensors file, which has weights only', 'export the model by torch.onnx.export'];
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^<(!doctype|html|head|body|!--)/i.test(text))
    return ['an HTML page', 'its address does not lead to the file itself'];
  if (text.startsWith('<?xml')) return ['an XML text', ''];
  if (/^[{[]\s*["{[\]}]/.test(text)) return ['a JSON text', ''];
  return null;
}
