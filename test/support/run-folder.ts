import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder that all test files of a run share, with a space and a letter outside ASCII in its path. */
    runFolder: string;
  }
}

/** Makes a folder for what the test files of a run share, which goes with the run. */
export default async function makeRunFolder(project: TestProject): Promise<() => Promise<void>> {
  let folder = '';
  const make = async () => {
    folder = await mkdtemp(join(await realpath(tmpdir()), 'harmonic mlp é-'));
    project.provide('runFolder', folder);
  };
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  // What is made of the sources is made again when these have changed.
  project.onTestsRerun(async () => {
    await remove();
    await make();
  });
  await make();
  return remove;
}
