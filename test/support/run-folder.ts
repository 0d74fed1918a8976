import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder shared by all test files of a run, with a space and a non-ASCII letter in its path. */
    runFolder: string;
  }
}

/** Creates a folder for things that the test files of a run share, which is removed with the run. */
export default async function makeRunFolder(project: TestProject): Promise<() => Promise<void>> {
  let folder = '';
  const make = async () => {
    folder = await mkdtemp(join(await realpath(tmpdir()), 'harmonic mlp é-'));
    project.provide('runFolder', folder);
  };
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  // Anything made from the sources is made again if they have changed.
  project.onTestsRerun(async () => {
    await remove();
    await make();
  });
  await make();
  return remove;
}
