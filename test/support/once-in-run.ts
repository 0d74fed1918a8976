import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inject } from 'vitest';

/**
 * Makes something once for all test files of a run: the first to request it makes it, and the others wait.
 *
 * @param name the name of its folder.
 * @param make makes it in that folder, and returns a JSON value.
 */
export async function onceInRun<T>(name: string, make: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(inject('runFolder'), name);
  const outcome = `${folder}.json`;
  const isFirst = await mkdir(folder).then(
    () => true,
    (error) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  if (isFirst) {
    const made = await make(folder).then(
      (value) => ({ value }),
      (error) => ({ error: String(error) }),
    );
    await writeFile(`${outcome}.tmp`, JSON.stringify(made));
    await rename(`${outcome}.tmp`, outcome);
  }
  while (!existsSync(outcome)) await setTimeout(50);
  const { value, error } = JSON.parse(await readFile(outcome, 'utf8'));
  if (error !== undefined) throw new Error(error);
  return value;
}
