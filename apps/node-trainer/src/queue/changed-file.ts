import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/**
 * Keeps the content of a file elsewhere, whenever it has changed since it was last kept.
 *
 * @param keep returns whether it was kept.
 * @returns keeps the file, if it is there and not as it was.
 */
export function keepingChanges(
  file: string,
  keep: (bytes: Uint8Array) => Promise<boolean>,
): { keep(): Promise<void>; skip(): void } {
  const changed = () => statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  let known: number | undefined;
  return {
    async keep() {
      const at = changed();
      if (at === undefined || at === known) return;
      if (await keep(await readFile(file))) known = at;
    },
    /** What the file now is need not be kept. */
    skip() {
      known = changed();
    },
  };
}
