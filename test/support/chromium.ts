import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { browserProgram as program } from './find-browser.ts';

const { CHROME_PATH, REQUIRE_CHROMIUM } = process.env;

function whyMissing(): string | undefined {
  if (program === undefined)
    return 'There is no Chromium, Chrome or Edge; install one, or set CHROME_PATH to its program.';
  return existsSync(program) ? undefined : `CHROME_PATH is ${program}, which is not there.`;
}

const missing = whyMissing();

/** For tests that run in the browser themselves and so cannot look for it. */
export const chromiumState = {
  /** Why there is no browser. */
  missing,
  /** Whether it is a failure if a browser, or something in it, is missing. */
  required: Boolean(REQUIRE_CHROMIUM || (CHROME_PATH && missing)),
};

/**
 * Why the tests that need a browser are skipped, or undefined if there is one. With REQUIRE_CHROMIUM set, as in CI, they fail
 * instead.
 */
export function missingChromium(): string | undefined {
  if (missing !== undefined && chromiumState.required) throw new Error(missing);
  return missing;
}

/** Launch options for a headless Chromium that reaches only servers on this machine. */
export const chromiumOptions = (...graphics: string[]) => ({
  executablePath: program,
  args: [
    '--no-sandbox', // Not available in containers where tests run as root.
    '--disable-quic',
    '--disable-sync',
    '--disable-background-networking',
    '--disable-component-update',
    '--no-first-run',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ...graphics,
  ],
});

/** WebGL and WebGPU without a graphics card, the same on every machine: Chromium's SwiftShader. */
export const softwareGraphics = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** Starts a headless Chromium with a new profile that reaches only servers on this machine; by default without graphics. */
export const launchChromium = (graphics: readonly string[] = ['--disable-gpu']): Promise<Browser> =>
  chromium.launch(chromiumOptions(...graphics));
