import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const folder = join(root, 'node_modules', '.harmonic');
const file = (name) => join(folder, `${name.replaceAll(/\W+/g, '-')}.json`);

/** The value recorded under a name when something was last done; undefined if there is none or it cannot be read. */
export function readStamp(name) {
  try {
    return JSON.parse(readFileSync(file(name), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Records that something has been done. If the record cannot be written, it is done again the next time. */
export function writeStamp(name, value) {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file(name), JSON.stringify(value));
  } catch {
    // A read-only folder.
  }
}
