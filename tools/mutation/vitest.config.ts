import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

/** The tests of one package, on the backend that is the quickest to start: StrykerJS runs them once for each mutant. */
export default defineConfig({
  resolve: base.resolve,
  test: {
    ...base.test,
    projects: undefined,
    include: JSON.parse(process.env.MUTATION_TESTS ?? '[]'),
    provide: { onlyBackend: 'cpu' },
  },
});
