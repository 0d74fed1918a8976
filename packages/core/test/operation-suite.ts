import type { Tolerance } from '../../../test/support/allclose';
import type { SuiteTolerances } from './check';
import { activationSuite } from './suites/activations';
import { adamSuite } from './suites/adam';
import { batchNormSuite } from './suites/batch-norm';
import { crossEntropySuite } from './suites/cross-entropy';
import { denseSuite } from './suites/dense';
import { descendSuite } from './suites/descend';
import { dropoutSuite } from './suites/dropout';
import { fourierFeatureSuite } from './suites/fourier-features';
import { gaussianNoiseSuite } from './suites/gaussian-noise';
import { harmonicSuite } from './suites/harmonic';
import { layerNormSuite } from './suites/layer-norm';
import { lossSuite } from './suites/losses';
import { reluSuite } from './suites/relu';
import { unitsSuite } from './suites/units';

/**
 * Tests all operations on whichever backend is active when they run. A package of kernels registers its kernels, then calls
 * this inside its own `describe`.
 *
 * Dropout masks and counts have no tolerance: they are identical to the bit everywhere. `waves` are the tolerances for
 * results that involve a sine or cosine, and `noise` is that for normal noise, if they differ.
 */
export function operationSuite(
  tolerances: Partial<SuiteTolerances> = {},
  { waves, noise }: { waves?: SuiteTolerances; noise?: Tolerance } = {},
): void {
  const { results = { relative: 1e-5 }, gradients = { relative: 1e-5 } } = tolerances;
  denseSuite({ results, gradients });
  harmonicSuite({ results, gradients }, waves ?? { results, gradients });
  reluSuite({ results, gradients });
  activationSuite({ results, gradients }, waves ?? { results, gradients });
  batchNormSuite({ results, gradients });
  layerNormSuite({ results, gradients });
  fourierFeatureSuite(waves ?? { results, gradients });
  unitsSuite({ results, gradients });
  descendSuite({ results, gradients });
  dropoutSuite();
  gaussianNoiseSuite(noise);
  crossEntropySuite({ results, gradients });
  lossSuite({ results, gradients });
  adamSuite({ results, gradients });
}
