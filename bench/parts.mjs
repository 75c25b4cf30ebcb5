// The parts of `npm run bench`. A part is a module in parts/ with one function:
//
//   run(bench)   measures, prints with bench.print and gives what goes into the JSON
//
// `bench` is { options, rounds(default), threads, peak: { variant: GFLOP/s }, print(text), progress(text) }: see main.mjs.
export const PARTS = {
  layers: {
    about: 'single layers: convolutions, poolings, gradients',
    load: () => import('./parts/layers.mjs'),
  },
  models: { about: 'whole models', load: () => import('./parts/models.mjs') },
  scaling: {
    about: 'the cost of a multiply-accumulate from 1 MFLOP to 10 GFLOP',
    load: () => import('./parts/scaling.mjs'),
  },
  gradients: { about: 'gradients beside the forward pass', load: () => import('./parts/gradients.mjs') },
  choices: {
    about: 'whether the plan chooses the fastest algorithm',
    load: () => import('./parts/choices.mjs'),
  },
  eager: { about: 'the cost of a call', load: () => import('./parts/eager.mjs') },
  training: {
    about: 'steps of training, beside PyTorch, with one thread and with several',
    load: () => import('./parts/training.mjs'),
  },
  images: { about: 'pictures as inputs, beside sharp', load: () => import('./parts/images.mjs') },
  quantized: {
    about: 'layers and networks on bytes, beside float32',
    load: () => import('./parts/quantized.mjs'),
  },
  compiled: {
    about: 'models made ahead of time: bytes, and starts',
    load: () => import('./parts/compiled.mjs'),
  },
  litert: {
    about: 'layers and networks beside LiteRT.js, in one page of Chromium',
    load: () => import('./parts/litert.mjs'),
  },
  size: { about: 'what a page has to load', load: () => import('./parts/size.mjs') },
  families: {
    about: 'what each module of the kernels costs',
    load: () => import('./parts/families.mjs'),
  },
  parallel: { about: 'two threads beside two processes', load: () => import('./parts/parallel.mjs') },
  denormals: { about: 'what numbers below 1.2e-38 cost', load: () => import('./parts/denormals.mjs') },
  start: { about: 'from the import to the first result', load: () => import('./parts/start.mjs') },
  responsive: {
    about: 'whether a page stays alive while a model runs',
    load: () => import('./parts/responsive.mjs'),
  },
  servers: {
    about: 'the examples that are servers: their starts, and what a picture costs',
    load: () => import('./parts/servers.mjs'),
  },
  codecs: {
    about: "pictures' files to pixels and back, beside jSquash and sharp",
    load: () => import('./parts/codecs.mjs'),
  },
};
