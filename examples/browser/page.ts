// A page that finds faces in a picture, or in what the camera sees, and draws a box around each. Files for any static server:
//
//   npx esbuild page.ts --bundle --format=esm --minify --outfile=page.js
//   npx striate compile blazeface-back.onnx --weights float16 --output blazeface-back.striate
//
// The model runs in a worker (runAsync), so that the page answers meanwhile.
import { init, loadCompiled, runtime } from 'striate';
import { fromImage, type PictureSource } from 'striate/image';
import { facesOf, options, type PlacedFace } from '../faces/whole.ts';

const find = <E extends Element>(selector: string): E => document.querySelector(selector) as E;
const status = find<HTMLElement>('[role=status]');
const canvas = find<HTMLCanvasElement>('canvas');
const chooser = find<HTMLInputElement>('input');
const button = find<HTMLButtonElement>('button');

const say = (text: string): void => {
  status.textContent = text;
};

const ready = (async () => {
  await init();
  const model = await loadCompiled(new URL('blazeface-back.striate', document.baseURI));
  say(`Ready (${runtime().variant}).`);
  return model;
})();
ready.catch((error: Error) => say(error.message));

/** Finds and draws; gives how many milliseconds finding took. */
async function show(
  picture: PictureSource & CanvasImageSource,
  width: number,
  height: number,
): Promise<void> {
  const model = await ready;
  const start = performance.now();
  const x = fromImage(picture, options);
  const results = await model.runAsync(x).finally(() => x.dispose());
  const faces = facesOf(picture, results);
  for (const one of Object.values(results)) one.dispose();
  const took = performance.now() - start;
  draw(picture, faces, width, height);
  say(`${faces.length === 1 ? '1 face' : `${faces.length} faces`}, ${took.toFixed(0)} ms`);
}

function draw(picture: CanvasImageSource, faces: readonly PlacedFace[], width: number, height: number): void {
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.drawImage(picture, 0, 0);
  context.lineWidth = Math.max(2, width / 300);
  const size = Math.max(12, width / 50);
  context.font = `${size}px sans-serif`;
  context.textBaseline = 'bottom';
  for (const { score, box } of faces) {
    const [left = 0, top = 0, right = 0, bottom = 0] = box;
    context.strokeStyle = context.fillStyle = '#00e5a0';
    context.strokeRect(left, top, right - left, bottom - top);
    const text = `${Math.round(100 * score)} %`;
    context.fillRect(left, top - size * 1.2, context.measureText(text).width + size / 2, size * 1.2);
    context.fillStyle = '#000';
    context.fillText(text, left + size / 4, top);
  }
}

chooser.addEventListener('change', async () => {
  const [file] = chooser.files ?? [];
  if (file === undefined) return;
  stopCamera();
  try {
    const bitmap = await createImageBitmap(file);
    await show(bitmap, bitmap.width, bitmap.height);
    bitmap.close();
  } catch (error) {
    say(`${file.name}: ${(error as Error).message}`);
  }
});

let camera: MediaStream | null = null;

function stopCamera(): void {
  for (const track of camera?.getTracks() ?? []) track.stop();
  camera = null;
  button.setAttribute('aria-pressed', 'false');
}

button.addEventListener('click', async () => {
  if (camera !== null) return stopCamera();
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    button.setAttribute('aria-pressed', 'true');
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: camera });
    await video.play();
    while (camera !== null) {
      await show(video, video.videoWidth, video.videoHeight);
      await new Promise(requestAnimationFrame);
    }
  } catch (error) {
    stopCamera();
    say(`camera: ${(error as Error).message}`);
  }
});
addEventListener('pagehide', stopCamera);
