import type { LabeledDataset } from '@harmonic-mlp/mnist-data';
import type { Contender } from '../contender';
import { contenderWithKernels } from '../kernels';
import { versionOf } from '../machine';
import type { Peer } from '../options';
import { captured } from './captured';
import { jaxJs } from './jax-js';
import { findPyTorch, pyTorch } from './pytorch';
import { stockTfjs } from './stock-tfjs';
import { thisProject } from './this-project';

export { thisProject } from './this-project';

/** The participants: this project with kernels first, then captured, then without, then its peers. */
export interface Field {
  contenders: Contender[];
  /** The peers' versions. */
  versions: Record<string, string>;
  /** The missing contenders, and how to get them. */
  missing: string[];
}

/**
 * @param data the data set for an epoch.
 * @param python the Python to use. Default: the first on the path that has PyTorch.
 */
export async function gatherField(
  data: LabeledDataset,
  { peers, python }: { peers: readonly Peer[]; python?: string | undefined },
): Promise<Field> {
  const own = thisProject(data);
  const contenders = [contenderWithKernels(own), captured, { ...own, name: `${own.name} without kernels` }];
  const versions: Record<string, string> = {};
  const missing: string[] = [];
  if (peers.includes('tfjs')) contenders.push(stockTfjs);
  if (peers.includes('jax-js')) {
    contenders.push(await jaxJs());
    versions['jax-js'] = versionOf('@jax-js/jax');
  }
  if (peers.includes('pytorch')) {
    const found = findPyTorch(python === undefined ? ['python3', 'python'] : [python]);
    if (found === undefined) {
      missing.push(
        `PyTorch is left out: ${python ?? 'neither python3 nor python'} ${python === undefined ? 'has' : 'does not have'} it. To compare with it: pip install torch, or name a Python by --python.`,
      );
    } else {
      contenders.push(...(await pyTorch(found.python)));
      versions.PyTorch = found.version;
    }
  }
  return { contenders, versions, missing };
}
