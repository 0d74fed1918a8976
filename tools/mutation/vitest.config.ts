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

/** How often each file of tests has failed, by the source file that was changed. */
const failures = new Map<string, Map<string, number>>();

/** The failures of the source file that is changed now. */
function failuresOf({ config: { related = [] } }: Vitest): Map<string, number> {
  const source = related.join();
  const known = failures.get(source) ?? new Map<string, number>();
  failures.set(source, known);
  return known;
}

/**
 * Runs first what has failed most for the same source file, then what is quick, small files and those beside the sources:
 * the first failure ends the run of a mutant.
 */
class LikelyFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const failed = failuresOf(this.ctx);
    const size = ({ moduleId }: TestSpecification) =>
      statSync(moduleId).size + (/[\\/]test[\\/]/.test(moduleId) ? 1e9 : 0);
    const count = ({ moduleId }: TestSpecification) => failed.get(moduleId) ?? 0;
    return files.sort((a, b) => count(b) - count(a) || size(a) - size(b));
  }
}

/**
 * Counts failures. It says nothing, but that a file of tests could not be loaded: StrykerJS looks at tests, and would take
 * it for one without any.
 */
class Failures implements Reporter {
  #vitest!: Vitest;

  onInit(vitest: Vitest) {
    this.#vitest = vitest;
  }

  onTestModuleEnd(module: TestModule) {
    for (const error of module.errors()) this.#vitest.state.catchError(error, 'Load Error');
    if (module.ok()) return;
    const failed = failuresOf(this.#vitest);
    failed.set(module.moduleId, (failed.get(module.moduleId) ?? 0) + 1);
  }
}

/** The tests of one package, on the backend that is the quickest to start: StrykerJS runs them once for each mutant. */
export default defineConfig({
  resolve: base.resolve,
  test: {
    ...base.test,
    projects: undefined,
    include: JSON.parse(process.env.MUTATION_TESTS ?? '[]'),
    exclude: ['**/*-fuzz.test.ts'], // They take long, and what they test differs each time.
    provide: { onlyBackend: 'cpu' },
    isolate: false, // The imports of test files are loaded once per mutant, not once per file.
    sequence: { sequencer: LikelyFirst },
    reporters: [new Failures()],
  },
});
