import { statSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from '../../vitest.config.ts';

/** Runs small files first: one that fails ends the run of a mutant. */
class SmallFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const rank = ({ moduleId }: TestSpecification) => [
      Number(/[\\/]test[\\/]/.test(moduleId)),
      statSync(moduleId).size,
    ];
    return files.sort((a, b) => {
      const [x, y] = [rank(a), rank(b)];
      return x[0] - y[0] || x[1] - y[1];
    });
  }
}

/** The tests of one package, on the backend that is the quickest to start: StrykerJS runs them once for each mutant. */
export default defineConfig({
  resolve: base.resolve,
  test: {
    ...base.test,
    projects: undefined,
    include: JSON.parse(process.env.MUTATION_TESTS ?? '[]'),
    provide: { onlyBackend: 'cpu' },
    sequence: { sequencer: SmallFirst },
  },
});
