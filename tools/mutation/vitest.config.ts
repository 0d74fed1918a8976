import { statSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import {
  BaseSequencer,
  type Reporter,
  type TestModule,
  type TestSpecification,
  type Vitest,
} from 'vitest/node';
import base from '../../vitest.config.ts';

/** Runs what is quick first, small files and those beside the sources: the first failure ends the run of a mutant. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const rank = ({ moduleId }: TestSpecification) =>
      statSync(moduleId).size + (/[\\/]test[\\/]/.test(moduleId) ? 1e9 : 0);
    return files.sort((a, b) => rank(a) - rank(b));
  }
}

/** Says nothing, but that a file of tests could not be loaded: StrykerJS looks at tests, and would take it for one without any. */
class LoadErrors implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest) {
    this.#vitest = vitest;
  }

  onTestModuleEnd(module: TestModule) {
    for (const error of module.errors()) this.#vitest?.state.catchError(error, 'Load Error');
  }
}

/** The tests of one package, on the backend that is the quickest to start: StrykerJS runs them once for each mutant. */
export default defineConfig({
  resolve: base.resolve,
  test: {
    ...base.test,
    projects: undefined,
    include: JSON.parse(process.env.MUTATION_TESTS ?? '[]'),
    exclude: ['**/*-fuzz.test.ts'], // They are long, and what they see is different each time.
    provide: { onlyBackend: 'cpu' },
    isolate: false, // What the files of tests import is loaded once for a mutant, not once for each of them.
    sequence: { sequencer: QuickFirst },
    reporters: [new LoadErrors()],
  },
});
