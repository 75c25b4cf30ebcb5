/** `striate`, the command line: its commands, their options, and how it ends. */
import { Command, CommanderError, Option } from 'commander';
import { bench } from './bench.ts';
import { compileModel } from './compile.ts';
import { lineOf, UsageError } from './problems.ts';
import { quantizeModel } from './quantize.ts';
import { run } from './run.ts';
import { see } from './see.ts';
import { clearFiles } from './sources.ts';
import { summary } from './summary.ts';
import { clearProgress, errorColors } from './terminal.ts';

/** The package's version, which the build puts in. */
declare const VERSION: string;

const several = (value: string, previous: string[]): string[] => [...previous, value];

const shapes = () =>
  new Option('--shape <name=1x3x224x224>', 'shape of an input with free axes; may be repeated')
    .argParser(several)
    .default([], 'as the file says; a free first axis is 1');

function commandsOf(program: Command): void {
  const command = (text: string, description: string): Command =>
    program
      .command(text)
      .description(description)
      .option('--json', 'JSON on standard output, and nothing else')
      .option('--variant <name>', 'kernels: simd or relaxed (default: the best that this runtime has)')
      .option('--threads <n>', "threads, or 'auto' (default: 1)");

  const withPictures = (one: Command, flag = '--image'): Command =>
    one
      .addOption(
        new Option(`${flag} <files...>`, "pictures: files, folders, URLs, or '-' for standard input").default(
          [],
          'none',
        ),
      )
      .option('--size <HxW>', "height and width of the input (default: the model's, else the picture's)")
      .option(
        '--fit <how>',
        'stretch, contain (with a margin) or cover (what stands out is cut off) (default: stretch; contain where boxes are found)',
      )
      .option(
        '--preset <name>',
        'imagenet, unit (0 to 1), signed (-1 to 1) or none (0 to 255) (default: imagenet for 1000 classes, signed for lines of text, else unit)',
      )
      .option('--scale <s>', 'what bytes are multiplied by, instead of what the preset says')
      .option('--mean <a,b,c>', 'what is subtracted then, of all channels or of each')
      .option('--std <a,b,c>', 'what they are divided by then')
      .option('--layout <name>', 'NCHW or NHWC (default: as the input looks)')
      .option('--order <name>', 'rgb or bgr', 'rgb');

  withPictures(
    command(
      'run <model>',
      'Runs a model and shows what it gives: the best of a row of scores, or statistics.',
    ),
  )
    .addOption(
      new Option(
        '--input <name=file.npy>',
        "an array for an input (.npy, or .npz with arrays by the inputs' names); may be repeated",
      )
        .argParser(several)
        .default([], 'none'),
    )
    .option('--outputs <a,b>', "values to give instead of the model's outputs: any that the graph computes")
    .option('--output <file>', 'writes the outputs: .npz, .json, or of one .npy or .png')
    .option('--top <k>', 'how many scores are shown', '5')
    .option('--labels <file>', "names of the classes: a line each, or JSON (default: the model's own)")
    .option('--boxes <file>', 'finds boxes and draws them: a .png or .jpg file, or a folder for several')
    .option('--score <s>', 'the least score of a box (default: 0.25, of text 0.6)')
    .option('--iou <s>', 'boxes of a class that share more than this are one', '0.45')
    .option('--read <model>', 'a second model that reads each box: text, or the best of a row of scores')
    .option('--characters <file>', "what the second model's classes are called: a line each, or JSON")
    .action(run);
  command('summary <model>', 'Shows what a model takes, gives and consists of, step by step.')
    .addOption(shapes())
    .action(summary);
  withPictures(
    command(
      'compile <model>',
      'Makes one file of a model that runs at once: without planning, without ONNX.',
    ),
  )
    .requiredOption(
      '--output <file.striate>',
      'where the file goes; run, summary and bench take it as a model',
    )
    .option('--weights <how>', 'how floats are stored: float32, float16 or int8', 'float32')
    .addOption(shapes())
    .option('--runs <n>', 'runs of which the times are medians', '10')
    .addHelpText(
      'after',
      '\nWith pictures the file is made for their shapes, and the values are compared on them; else on random values.',
    )
    .action(compileModel);
  withPictures(
    command('quantize <model>', 'Makes a model of 8-bit integers, from pictures such as it will see.'),
    '--images',
  )
    .requiredOption('--output <file>', 'where it goes: .striate (compiled for the pictures) or .onnx')
    .option('--method <name>', 'ranges of activations: minmax, percentile or mse', 'minmax')
    .option('--percentile <p>', 'what percentile keeps on each side, in percent', '99.99')
    .option('--exclude <a,b>', 'nodes that stay in floats (default: none)')
    .option('--threshold <dB>', 'layers that alone have fewer decibels stay in floats', '10')
    .option('--bits <n>', 'of the weights: 8, or 7 for machines without VNNI', '8')
    .option('--no-bias-correction', 'leaves mean errors as they are')
    .option(
      '--weights <how>',
      'how a compiled file stores what stays in floats: float32, float16 or int8',
      'float32',
    )
    .option('--runs <n>', 'runs of which the times are medians', '10')
    .addHelpText('after', '\nA few dozen pictures of different kinds are enough.')
    .action(quantizeModel);
  command('bench <models...>', 'Measures models in turns, and where the time of the first goes.')
    .addOption(shapes())
    .option('--runs <n>', 'runs of each (default: about two seconds of them)')
    .option('--steps <n>', 'how many of the longest steps are shown', '12')
    .addHelpText('after', '\n--variant simd,relaxed measures both.')
    .action(bench);
  withPictures(command('see <model>', 'Shows the maps of a layer for a picture, as a PNG file.'))
    .requiredOption('--layer <name>', 'the name of a step, or of a value that the graph computes')
    .requiredOption('--output <file.png>', 'where the picture goes')
    .option('--columns <n>', 'how many maps stand in a row (default: about as many as rows)')
    .option('--colormap <name>', 'gray, viridis or coolwarm', 'gray')
    .option('--normalize <how>', 'each map by itself, or all together', 'each')
    .option('--zoom <n>', 'pixels of an element (default: so many that maps have 64)')
    .action(see);
}

async function main(): Promise<number> {
  const program = new Command('striate')
    .description('Convolutional networks (ONNX) on WebAssembly.')
    .version(VERSION)
    .showHelpAfterError(false)
    .configureOutput({
      outputError: (text, write) =>
        write(`${lineOf(text.trim()).replace(/^error/, errorColors.red('striate'))}\n`),
    })
    .exitOverride();
  commandsOf(program);
  for (const one of program.commands) one.exitOverride().copyInheritedSettings(program);
  try {
    await program.parseAsync();
    return 0;
  } catch (cause) {
    clearProgress();
    clearFiles();
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${errorColors.red('striate')}: ${lineOf(cause)}\n`);
    return cause instanceof UsageError ? 2 : 1;
  }
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    clearProgress();
    clearFiles();
    process.exit(code);
  });
}
// Whoever reads the output may have seen enough: `striate summary model.onnx | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await main();
