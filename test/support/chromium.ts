import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const { env } = process;
const { CHROME_PATH, PATH = '', REQUIRE_CHROMIUM } = env;
const programFolders = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA];

/** Where each system keeps Chromium and the browsers that are made of it. */
function* usualPlaces(): Generator<string> {
  if (process.platform === 'darwin') {
    for (const name of ['Google Chrome', 'Chromium', 'Microsoft Edge'])
      yield `/Applications/${name}.app/Contents/MacOS/${name}`;
  } else if (process.platform === 'win32') {
    for (const program of [
      'Google\\Chrome\\Application\\chrome.exe',
      'Microsoft\\Edge\\Application\\msedge.exe',
    ])
      for (const folder of programFolders) if (folder) yield join(folder, program);
  } else {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'])
      for (const folder of PATH.split(delimiter)) yield join(folder, name);
  }
}

/** The path in CHROME_PATH, or of a Chromium, Chrome or Edge that is installed on this machine. */
function findChromium(): string | undefined {
  if (!CHROME_PATH) return [...usualPlaces()].find(existsSync);
  if (!existsSync(CHROME_PATH)) throw new Error(`CHROME_PATH is ${CHROME_PATH}, which is not there.`);
  return CHROME_PATH;
}

/**
 * Why the tests that need a browser are skipped, or undefined where there is one. With REQUIRE_CHROMIUM set, as in CI,
 * they fail instead.
 */
export function missingChromium(): string | undefined {
  if (findChromium() !== undefined) return undefined;
  const reason = 'There is no Chromium, Chrome or Edge; install one, or set CHROME_PATH to its program.';
  if (REQUIRE_CHROMIUM) throw new Error(reason);
  return reason;
}

/** Starts a headless Chromium with a profile of its own, which reaches this machine's servers and nothing else. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: [
      '--no-sandbox', // Containers, where tests run as root, have none.
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
}
