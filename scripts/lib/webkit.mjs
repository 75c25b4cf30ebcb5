// WebKitGTK for the tests: Debian's MiniBrowser, on a screen that is not there, driven by WebDriver's own protocol.
import { spawn, spawnSync } from 'node:child_process';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { aptInstall, attempt, mayUseApt } from './debian.mjs';
import { Problem } from './report.mjs';

const DRIVER = 'WebKitWebDriver';
const has = (command) => spawnSync('which', [command]).status === 0;
const isThere = () => has(DRIVER) && has('xvfb-run');

/** Makes sure that the driver is there; on Debian, as root, fetches it. */
export async function webkit() {
  if (!isThere() && mayUseApt())
    await attempt(() => aptInstall('WebKitGTK for the tests', ['webkit2gtk-driver', 'xvfb', 'xauth']));
  if (isThere()) return DRIVER;
  throw new Problem(
    `The tests need WebKitGTK's driver, ${DRIVER}, and xvfb-run. On Debian, as root: ` +
      '`apt-get install webkit2gtk-driver xvfb xauth`.',
  );
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A browser that opens pages one after the other; with switches of its engine as environment variables. */
export async function launchWebKit(switches = {}) {
  const driver = await webkit();
  const port = await freePort();
  const child = spawn('xvfb-run', ['--auto-servernum', driver, `--port=${port}`], {
    // Its sandbox needs namespaces, which containers have not.
    env: { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', ...switches },
    stdio: 'ignore',
    detached: true, // so that the screen and the browser are ended with it
  });
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {}
  };
  const call = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Problem(`${DRIVER}: ${value.error}: ${value.message}`);
    return value;
  };
  try {
    for (let tries = 0; ; tries++) {
      try {
        await call('GET', '/status');
        break;
      } catch (error) {
        if (tries > 300) throw new Problem(`${DRIVER} does not answer: ${error.message}`);
        await sleep(100);
      }
    }
    const { sessionId } = await call('POST', '/session', { capabilities: {} });
    return {
      async open(url) {
        await call('POST', `/session/${sessionId}/url`, { url });
        return () => call('POST', `/session/${sessionId}/url`, { url: 'about:blank' });
      },
      async close() {
        await call('DELETE', `/session/${sessionId}`).catch(() => {});
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}
