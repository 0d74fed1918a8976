import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { version_core } from '@tensorflow/tfjs-core';
import { addonPath } from '../src/tensorflow';

const require = createRequire(import.meta.url);
const tfjs = (name: string) => JSON.stringify(require.resolve(`@tensorflow/${name}`));

/** A stand-in for tfjs-node: the cpu backend under another name, with the additional properties of tfjs-node's. */
export const standIn = (version: string) => `
  const tf = require(${tfjs('tfjs-core')});
  require(${tfjs('tfjs-backend-cpu')});
  tf.copyRegisteredKernels('cpu', 'tensorflow');
  tf.registerBackend('tensorflow', () =>
    Object.assign(tf.findBackendFactory('cpu')(), { binding: { TF_Version: '${version}' }, isUsingGpuDevice: false }));
`;

export interface Fake {
  version?: string;
  /** The package's program. */
  program?: string;
  /** Files to leave out. */
  without?: string[];
  /** Where its library is downloaded from. */
  server?: string;
}

export const library = join('deps', 'lib', 'libtensorflow.so.2.9.1');

/** Writes a tfjs-node. */
export async function fakePackage(
  folder: string,
  {
    version = version_core,
    program = standIn('2.9.1'),
    without = [],
    server = 'http://127.0.0.1',
  }: Fake = {},
): Promise<void> {
  const files = {
    'package.json': JSON.stringify({
      name: '@tensorflow/tfjs-node',
      version,
      main: 'index.js',
      binary: { host: server },
    }),
    'index.js': program,
    [addonPath()]: 'not an addon',
    [library]: 'not a library',
    // The script that the setup runs itself instead of npm.
    'scripts/install.js': `
      const fs = require('node:fs');
      for (const file of ${JSON.stringify([addonPath(), library])}) {
        fs.mkdirSync(require('node:path').dirname(file), { recursive: true });
        fs.writeFileSync(file, 'downloaded ' + process.argv.slice(2));
      }`,
    'binding/tfjs_backend.cc': '',
  };
  for (const [name, content] of Object.entries(files)) {
    if (without.includes(name)) continue;
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}
