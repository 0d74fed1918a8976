import { createHash } from 'node:crypto';
import { version_core } from '@tensorflow/tfjs-core';
import type { Trial } from '../sweep';
import { version } from '../version';

/** Workers of the same versions train the same trials to the same bits. */
export const pool = `trials-${version}-tfjs-${version_core}`;

/** A hash of all that a trial's result depends on, except what computes it. */
export function keyOf({ settings, dataFingerprint }: Trial): string {
  const { dataDir: _, checkpointSteps: __, checkpointSeconds: ___, keep: ____, ...own } = settings;
  const sorted = Object.entries({ ...own, dataFingerprint, pool }).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32);
}
