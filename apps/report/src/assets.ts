import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Assets } from './page';

/** The script and the styles of pages, which the build makes; the sources and the build of this module lie at the same depth. */
export async function readAssets(): Promise<Assets> {
  const [script, style] = await Promise.all(
    ['script.js', 'style.css'].map((name) =>
      readFile(fileURLToPath(new URL(`../dist/page/${name}`, import.meta.url)), 'utf8'),
    ),
  );
  return { script, style };
}
