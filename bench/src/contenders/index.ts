import type { LabeledDataset } from '@harmonic-mlp/mnist-data';
import type { Contender } from '../contender';
import { contenderWithKernels } from '../kernels';
import { versionOf } from '../machine';
import type { Peer } from '../options';
import { threadCounts } from '../threads';
import { fitting } from './fit';
import { jaxJs } from './jax-js';
import { compiledPyTorch, findPyTorch, pyTorch } from './pytorch';
import { stockTfjs } from './stock-tfjs';
import { tfjsLayers } from './tfjs-layers';
import { thisProject } from './this-project';

export { type CudaMode, cudaModes, timeCudaStep } from './cuda';
export { requireCaptured } from './fit';
export { findPyTorch } from './pytorch';
export { thisProject } from './this-project';

/** The participants: this project's fit with one thread first, then with more, its uncaptured steps, then its peers. */
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
  const versions: Record<string, string> = {};
  const missing: string[] = [];
  const contenders = [
    ...threadCounts.map((count) => fitting(data, count)),
    contenderWithKernels(own),
    { ...own, name: 'harmonic-mlp without kernels', isSlow: true, predictsAlike: false },
  ];
  if (peers.includes('tfjs')) contenders.push(stockTfjs, tfjsLayers);
  if (peers.includes('jax-js')) {
    contenders.push(await jaxJs());
    versions['jax-js'] = versionOf('@jax-js/jax');
  }
  if (peers.includes('pytorch') || peers.includes('torch-compile')) {
    const found = findPyTorch(python);
    if ('reason' in found) missing.push(`PyTorch is left out: ${found.reason}`);
    else {
      versions.PyTorch = found.version;
      if (peers.includes('pytorch')) contenders.push(...(await pyTorch(found.python)));
      if (peers.includes('torch-compile')) {
        const compiled = await compiledPyTorch(found.python);
        if ('reason' in compiled) missing.push(`torch.compile does not work here: ${compiled.reason}`);
        else contenders.push(...compiled);
      }
    }
  }
  return { contenders, versions, missing };
}
