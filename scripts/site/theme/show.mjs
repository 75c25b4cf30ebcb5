// What a block of the book prints, as typed values, and these as HTML: the same in the build, in the worker and in the page.
// It imports nothing: whoever calls `typed` brings the library.

/** Elements shown of a tensor; of more, the first. */
const MOST = 1024;

/** Strings of numbers with at most four decimals: sums of what is shown are then those of what is computed, or say "~". */
const figure = (value) =>
  typeof value !== 'number'
    ? String(value)
    : Number.isInteger(value) || !Number.isFinite(value)
      ? String(value)
      : Math.abs(value) >= 1e-4 && Math.abs(value) < 1e7
        ? String(Number(value.toFixed(4)))
        : value.toExponential(2);

function text(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return figure(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return `[${Array.from(value, text).join(', ')}]`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value !== 'object' || value === null) return String(value);
  const own = value.toString !== Object.prototype.toString && Object.hasOwn(value, 'toString');
  if (own || (value.constructor !== Object && value.toString !== Object.prototype.toString))
    return String(value);
  return `{ ${Object.entries(value)
    .map(([key, one]) => `${key}: ${text(one)}`)
    .join(', ')} }`;
}

function base64(bytes) {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 4096) binary += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(binary);
}

const isPicture = (value) =>
  typeof value === 'object' &&
  value !== null &&
  ArrayBuffer.isView(value.data) &&
  value.width > 0 &&
  value.height > 0;

/** One printed value. `library`: { Tensor, encodePng }. */
function typedOne(value, { Tensor, encodePng }) {
  if (value instanceof Tensor) {
    const { dtype, shape } = value;
    return { kind: 'tensor', dtype, shape: [...shape], values: Array.from(value.data.subarray(0, MOST)) };
  }
  if (isPicture(value)) {
    const { width, height } = value;
    return { kind: 'picture', width, height, png: base64(encodePng(value)) };
  }
  if (typeof value === 'string' && value.startsWith('<svg')) return { kind: 'chart', svg: value };
  return { kind: 'text', text: text(value) };
}

/** What a call of console.log prints: texts beside each other are one line, behind a picture its caption. */
export function typed(values, library) {
  const found = [];
  for (const value of values) {
    const one = typedOne(value, library);
    const last = found.at(-1);
    if (one.kind === 'text' && last?.kind === 'text') last.text += ` ${one.text}`;
    else if (one.kind === 'text' && last?.kind === 'picture')
      last.caption = `${last.caption === undefined ? '' : `${last.caption} `}${one.text}`;
    else found.push(one);
  }
  return found;
}

const escaped = (value) => String(value).replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

/** A matrix as a table: cells coloured by their sign and size. */
function grid(rows, largest) {
  const cell = (value) => {
    const share =
      largest > 0 && Number.isFinite(value) ? Math.round((100 * Math.abs(value)) / largest) / 100 : 0;
    const sign = value < 0 ? ' class="minus"' : '';
    return `<td${sign} style="--share:${share}">${escaped(figure(value))}</td>`;
  };
  return `<table class="live-tensor"><tbody>${rows
    .map((row) => `<tr>${row.map(cell).join('')}</tr>`)
    .join('')}</tbody></table>`;
}

const WIDEST = 16;
const PLANES = 8;

function tensorHtml({ dtype, shape, values }) {
  const head = `<figcaption>Tensor ${escaped(dtype)} [${shape.join(', ')}]</figcaption>`;
  const [height, width] = [shape.length > 1 ? shape.at(-2) : 1, shape.at(-1) ?? 1];
  const size = shape.reduce((product, one) => product * one, 1);
  const planes = height * width === 0 ? 0 : size / (height * width);
  if (size === 0 || width > WIDEST || height > WIDEST || planes > PLANES || values.length < size) {
    const some = values.slice(0, 12).map(figure).join(', ');
    return `<figure>${head}<pre tabindex="0">${escaped(some)}${size > 12 ? ', ...' : ''}</pre></figure>`;
  }
  const largest = values.reduce((most, value) => (Math.abs(value) > most ? Math.abs(value) : most), 0);
  const tables = Array.from({ length: planes }, (_, plane) =>
    grid(
      Array.from({ length: height }, (__, row) =>
        values.slice((plane * height + row) * width, (plane * height + row + 1) * width),
      ),
      largest,
    ),
  );
  return `<figure>${head}<div class="live-planes">${tables.join('')}</div></figure>`;
}

function pictureHtml({ width, height, png, caption }) {
  // Whole squares for each pixel of what is small.
  const scale = Math.max(1, Math.floor(200 / width));
  const about = caption === undefined ? 'A picture' : escaped(caption);
  const image = `<img class="live-picture" alt="${about}, ${width} x ${height} pixels" width="${width * scale}" height="${height * scale}" src="data:image/png;base64,${png}">`;
  const below = caption === undefined ? '' : `<figcaption>${escaped(caption)}</figcaption>`;
  return `<figure class="live-figure">${image}${below}</figure>`;
}

/** The HTML of printed values, errors among them. */
export function html(outputs) {
  return outputs
    .map((one) => {
      if (one.kind === 'tensor') return tensorHtml(one);
      if (one.kind === 'picture') return pictureHtml(one);
      if (one.kind === 'chart')
        return `<div class="live-chart">${one.svg.replace(/<style>[\s\S]*?<\/style>/, '')}</div>`;
      if (one.kind === 'error') {
        const at = one.line === undefined ? '' : ` (line ${one.line})`;
        return `<pre class="live-error" tabindex="0">${escaped(one.text)}${at}</pre>`;
      }
      return `<pre${one.kind === 'right' ? ' class="live-right"' : ''} tabindex="0">${escaped(one.text)}</pre>`;
    })
    .join('\n');
}

/** What is printed as plain text: for the tests, and for raw Markdown. */
export function plain(outputs) {
  return outputs
    .map((one) => {
      if (one.kind === 'tensor')
        return `Tensor ${one.dtype} [${one.shape.join(', ')}]: ${one.values.slice(0, 64).map(figure).join(' ')}`;
      if (one.kind === 'picture')
        return `(a picture of ${one.width} x ${one.height} pixels${one.caption === undefined ? '' : `: ${one.caption}`})`;
      if (one.kind === 'chart') return `(${one.svg.match(/aria-label="([^"]*)"/)?.[1] ?? 'a chart'})`;
      return one.text;
    })
    .join('\n');
}

const WORDS =
  /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\b(await|async|break|case|catch|class|const|continue|default|else|export|extends|finally|for|from|function|if|import|in|let|new|null|of|return|static|super|switch|this|throw|true|false|try|typeof|undefined|using|while|yield)\b|\b(\d[\w.]*)\b|([&<>])/g;
const KINDS = ['comment', 'string', 'word', 'number'];

/** JavaScript with its comments, strings, words and numbers marked. */
export const highlighted = (code) =>
  code.replace(WORDS, (all, ...parts) => {
    const kind = KINDS[parts.slice(0, 4).findIndex((part) => part !== undefined)];
    return kind === undefined ? escaped(all) : `<span class="${kind}">${escaped(all)}</span>`;
  });

/** A block as it stands in the page before scripts run: the code, and what it printed in the build. */
export function blockHtml({ id, code, check = '', answer = '', outputs }) {
  const data = (name, value) =>
    value === '' ? '' : ` data-${name}="${escaped(value).replaceAll('\n', '&#10;')}"`;
  return `<div class="live" v-pre id="${id}"${data('check', check)}${data('answer', answer)}>
<pre class="live-code"><code>${highlighted(code)}</code></pre>
<div class="live-output" role="status">${html(outputs)}</div>
</div>`;
}
