import type { TargetForm } from '../data';
import type { HarmonicMLPConfig } from '../model';
import { labelNumbers } from './multi-label';

/** What a model makes of the targets in examples that are values. */
export const targetForm = ({
  task,
  classes,
  outputs,
}: Pick<HarmonicMLPConfig, 'task' | 'classes' | 'outputs'>): TargetForm =>
  classes === undefined
    ? { field: 'targets', width: outputs, ...(task === 'multi-label' && { usable: labelNumbers }) }
    : { field: 'labels', classes };
