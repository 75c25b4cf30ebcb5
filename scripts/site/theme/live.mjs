// A block of code in a page that is edited and run in place: in a worker, with a button that stops it and a limit of time, its
// code in a link that can be sent. No framework: the block stands in the page as HTML already (show.mjs).
import { highlighted, html } from './show.mjs';

const LIMIT = 20_000;
const PREFIX = '#run=';

/** Text in a link: compressed, in letters that links may have. */
async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

async function unpacked(text) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).text();
}

/** `#run=code-2.<code>`: the block and its code. */
function inLink() {
  if (!location.hash.startsWith(PREFIX)) return null;
  const [id, code] = location.hash.slice(PREFIX.length).split('.');
  return code === undefined ? null : { id, code };
}

/** The line of a syntax error, which only a script of the page is told. A module with such an error never runs. */
function syntaxLine(module) {
  return new Promise((resolve) => {
    const url = URL.createObjectURL(new Blob([module], { type: 'text/javascript' }));
    const script = Object.assign(document.createElement('script'), { type: 'module', src: url });
    const listen = (event) => {
      if (event.filename !== url) return;
      event.preventDefault();
      end(event.lineno > 0 ? event.lineno : undefined);
    };
    const end = (line) => {
      window.removeEventListener('error', listen);
      URL.revokeObjectURL(url);
      script.remove();
      resolve(line);
    };
    window.addEventListener('error', listen);
    script.onerror = () => end(undefined);
    script.onload = () => setTimeout(() => end(undefined));
    document.head.append(script);
  });
}

function button(text, title, onclick) {
  const made = document.createElement('button');
  Object.assign(made, { type: 'button', textContent: text, title, onclick });
  return made;
}

class Live {
  constructor(block, workerUrl) {
    this.block = block;
    this.workerUrl = workerUrl;
    this.pre = block.querySelector('.live-code');
    this.output = block.querySelector('.live-output');
    this.original = this.pre.textContent;
    this.still = this.output.innerHTML;
    this.worker = null;
    this.edit();
    this.bar();
  }

  /** The code as text that is edited, over the same text with its colours. */
  edit() {
    const area = document.createElement('textarea');
    area.value = this.original;
    area.spellcheck = false;
    area.setAttribute('aria-label', 'Code. Control and Enter runs it, Escape leaves it.');
    area.setAttribute('autocapitalize', 'off');
    area.setAttribute('autocomplete', 'off');
    const box = document.createElement('div');
    box.className = 'live-edit';
    this.pre.replaceWith(box);
    box.append(this.pre, area);
    this.pre.setAttribute('aria-hidden', 'true');
    const paint = () => {
      // A last empty line has its height too.
      this.pre.firstElementChild.innerHTML = `${highlighted(area.value)}\n`;
    };
    area.oninput = paint;
    area.onkeydown = (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.run();
      } else if (event.key === 'Escape') area.blur();
      else if (event.key === 'Tab' && !event.shiftKey) {
        event.preventDefault();
        area.setRangeText('  ', area.selectionStart, area.selectionEnd, 'end');
        paint();
      }
    };
    this.area = area;
    this.paint = paint;
    paint();
  }

  bar() {
    const { check, answer } = this.block.dataset;
    const bar = document.createElement('div');
    bar.className = 'live-bar';
    this.runButton = button(check ? 'Check' : 'Run', 'Control and Enter', () => this.run());
    this.stopButton = button('Stop', 'Ends the run', () => this.stop('Stopped.'));
    this.stopButton.disabled = true;
    const reset = button('Reset', 'The code and output as they were', () => this.reset());
    const link = button('Link', 'Copies a link to this page with the code as it is', () => this.share());
    this.status = document.createElement('span');
    this.status.className = 'live-status';
    bar.append(this.runButton, this.stopButton, reset, link);
    if (answer) {
      bar.append(button('Show an answer', 'Puts an answer in the place of the code', () => this.put(answer)));
    }
    bar.append(this.status);
    this.block.insertBefore(bar, this.output);
  }

  put(code) {
    this.area.value = code;
    this.paint();
  }

  reset() {
    this.stop('');
    this.put(this.original);
    this.output.innerHTML = this.still;
  }

  async share() {
    const hash = `${PREFIX}${this.block.id}.${await packed(this.area.value)}`;
    history.replaceState(history.state, '', hash);
    try {
      await navigator.clipboard.writeText(location.href);
      this.status.textContent = 'The link is copied.';
    } catch {
      this.status.textContent = 'The link is in the address bar.';
    }
  }

  stop(text) {
    clearTimeout(this.timer);
    this.worker?.terminate();
    this.worker = null;
    this.stopButton.disabled = true;
    this.runButton.disabled = false;
    this.status.textContent = text;
  }

  run() {
    this.stop('Running ...');
    const outputs = [];
    const show = () => {
      this.output.innerHTML = html(outputs);
    };
    const { check = '' } = this.block.dataset;
    const started = performance.now();
    const end = () => {
      this.stop(`${Math.round(performance.now() - started)} ms`);
      if (outputs.length === 0)
        outputs.push({ kind: 'text', text: 'Nothing was printed: console.log shows values.' });
      show();
    };
    const worker = new Worker(this.workerUrl, { type: 'module' });
    this.worker = worker;
    this.stopButton.disabled = false;
    this.runButton.disabled = true;
    this.output.innerHTML = '';
    worker.onmessage = async ({ data }) => {
      if (data.ready) worker.postMessage({ code: this.area.value, check });
      else if (data.outputs) {
        outputs.push(...data.outputs);
        show();
      } else if (data.error) {
        const line = data.module === '' ? data.error.line : await syntaxLine(data.module);
        outputs.push({ ...data.error, ...(line && { line }) });
        end();
      } else end();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      outputs.push({ kind: 'error', text: event.message || 'The worker could not be started.' });
      end();
    };
    this.timer = setTimeout(() => {
      outputs.push({ kind: 'error', text: `Stopped after ${LIMIT / 1000} seconds.` });
      show();
      this.stop('');
    }, LIMIT);
  }
}

/** Makes the blocks of a page alive, each once; one that the address names gets the code that is in it. */
export function enliven(page, workerUrl) {
  const link = inLink();
  for (const block of page.querySelectorAll('.live:not([data-alive])')) {
    block.dataset.alive = '';
    const live = new Live(block, workerUrl);
    if (link?.id !== block.id) continue;
    unpacked(link.code).then(
      (code) => {
        live.put(code);
        live.status.textContent = 'The code is from the link.';
        block.scrollIntoView({ block: 'center' });
      },
      () => {
        live.status.textContent = 'The link is broken: its code cannot be read.';
      },
    );
  }
}
