import type { SuiteTolerances } from './check';
import { adamSuite } from './suites/adam';
import { batchNormSuite } from './suites/batch-norm';
import { crossEntropySuite } from './suites/cross-entropy';
import { denseSuite } from './suites/dense';
import { dropoutSuite } from './suites/dropout';
import { harmonicSuite } from './suites/harmonic';
import { reluSuite } from './suites/relu';

/**
 * The tests of all operations on whichever backend is active when they run. A package of kernels registers them,
 * and then calls this inside a `describe` of its own.
 *
 * Dropout masks and counts have no tolerance: they are the same bit for bit everywhere. `waves` are the
 * tolerances of what a sine or cosine is in, where they are others.
 */
export function operationSuite(
  tolerances: Partial<SuiteTolerances> = {},
  { waves }: { waves?: SuiteTolerances } = {},
): void {
  const { results = { relative: 1e-5 }, gradients = { relative: 1e-5 } } = tolerances;
  denseSuite({ results, gradients });
  harmonicSuite({ results, gradients }, waves ?? { results, gradients });
  reluSuite({ results, gradients });
  batchNormSuite({ results, gradients });
  dropoutSuite();
  crossEntropySuite({ results, gradients });
  adamSuite({ results, gradients });
}
