import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';

const { env } = process;
const { CHROME_PATH, PATH = '' } = env;
const programFolders = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA];

/** Where each system installs Chromium and the browsers based on it. */
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

/** The path in CHROME_PATH, or that of a Chromium, Chrome, or Edge installed on this machine. */
export const browserProgram = CHROME_PATH || [...usualPlaces()].find(existsSync);

/**
 * The file through which Vulkan finds SwiftShader, the software graphics adapter that comes with a browser on Linux. It is
 * next to the browser, whose command may be a link, or a script of the same name elsewhere.
 */
export function findSwiftShader(): string | undefined {
  if (process.platform !== 'linux' || browserProgram === undefined || !existsSync(browserProgram)) return;
  const elsewhere = join(dirname(browserProgram), '..', 'lib', basename(browserProgram));
  return [dirname(realpathSync(browserProgram)), elsewhere]
    .map((folder) => join(folder, 'vk_swiftshader_icd.json'))
    .find(existsSync);
}
