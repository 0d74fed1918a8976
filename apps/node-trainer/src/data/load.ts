import { requireApplicable } from 'harmonic-mlp/settings';
import type { Dataset } from './dataset';
import { FormulaDataset } from './formula-dataset';
import { loadImages } from './load-images';
import { dataSettings } from './settings';
import { type DataSource, madeDatasetOf } from './source';

/**
 * Loads or makes a data set.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for what does not apply to it.
 */
export async function loadData(source: DataSource, options: { offline?: boolean } = {}): Promise<Dataset> {
  const { dataset, dataDir, verify, transpose } = source;
  requireApplicable({ dataDir, verify, transpose }, { dataset }, { table: Object.values(dataSettings) });
  const made = madeDatasetOf(dataset);
  return made === undefined ? await loadImages(source, options) : FormulaDataset.of(made, source);
}
