// Browsers for the tests. A Chromium: CHROME_PATH, an installed one that starts, Debian's package, playwright's download, in this
// order. A Firefox: FIREFOX_PATH, an installed one, Debian's package. And what opens pages in them.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { aptInstall, attempt, mayUseApt } from './debian.mjs';
import { exists } from './files.mjs';
import { Problem, root, run, step } from './report.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge'];
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

const firefoxNames = ['firefox-esr', 'firefox'];
const firefoxElsewhere = [
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
];

function installed(called = names, places = elsewhere) {
  const exe = process.platform === 'win32' ? '.exe' : '';
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const onPath = called.flatMap((name) => folders.map((folder) => path.join(folder, name + exe)));
  return [...onPath, ...places].find((file) => exists(file) && starts(file));
}

async function downloaded() {
  const { chromium } = await import('playwright-core');
  const file = chromium.executablePath();
  return exists(file) && starts(file) ? file : undefined;
}

const starts = (file) => spawnSync(file, ['--version'], { timeout: 20_000 }).status === 0;

/** The path of a browser that starts; fetches one when there is none. */
export async function chromium() {
  const { CHROME_PATH } = process.env;
  if (CHROME_PATH) {
    if (starts(CHROME_PATH)) return CHROME_PATH;
    throw new Problem(
      `CHROME_PATH is ${CHROME_PATH}, which does not start; it must be a Chromium or Chrome.`,
    );
  }
  let found = installed() ?? (await downloaded());
  if (!found && mayUseApt()) {
    await attempt(() => aptInstall('Chromium for the tests', ['chromium']));
    found = installed();
  }
  if (!found) {
    const cli = path.join(root, 'node_modules/playwright-core/cli.js');
    await attempt(() =>
      step("Chromium for the tests, playwright's download", () =>
        run(process.execPath, [cli, 'install', '--no-shell', 'chromium']),
      ),
    );
    found = await downloaded();
  }
  if (found) return found;
  throw new Problem(
    'The browser tests need a Chromium or Chrome that starts. Install one (on Debian, as root, ' +
      '`apt-get install chromium`), or name yours in CHROME_PATH.',
  );
}

/** The path of a Firefox that starts; on Debian, as root, fetches one when there is none. */
export async function firefox() {
  const { FIREFOX_PATH } = process.env;
  if (FIREFOX_PATH) {
    if (starts(FIREFOX_PATH)) return FIREFOX_PATH;
    throw new Problem(`FIREFOX_PATH is ${FIREFOX_PATH}, which does not start; it must be a Firefox.`);
  }
  let found = installed(firefoxNames, firefoxElsewhere);
  if (!found && mayUseApt()) {
    await attempt(() => aptInstall('Firefox for the tests', ['firefox-esr']));
    found = installed(firefoxNames, firefoxElsewhere);
  }
  if (found) return found;
  throw new Problem(
    "The playground's tests need a Firefox that starts. Install one (on Debian, as root, " +
      '`apt-get install firefox-esr`), or name yours in FIREFOX_PATH.',
  );
}

/** A browser of puppeteer that opens pages one after the other, in the form that launchWebKit gives, too. */
async function opening(options) {
  const { default: puppeteer } = await import('puppeteer-core');
  const browser = await puppeteer.launch(options);
  return {
    async open(url) {
      const page = await browser.newPage();
      await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 0 });
      return () => page.close();
    },
    close: () => browser.close(),
  };
}

/** What a Chromium without a screen is started with; as root it has no sandbox. */
export const chromiumFlags = [
  '--disable-gpu',
  '--disable-background-networking',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

export const launchChromium = async () => opening({ executablePath: await chromium(), args: chromiumFlags });

export const launchFirefox = async () => opening({ browser: 'firefox', executablePath: await firefox() });
