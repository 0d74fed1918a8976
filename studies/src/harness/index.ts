export { prepareBackend } from './backend';
export { proposedFor, varianceOf } from './data';
export { predictions, toDraw } from './drawing';
export { keptStudy } from './kept';

export type { Findings, Setting, Study } from './study';
export {
  type ClassificationResult,
  type Training,
  trainClassification,
  trainRegression,
  withTrained,
} from './training';
export {
  type BestRate,
  type Contender,
  type Figures,
  repeat,
  type Tuned,
  tune,
  tuneAndChoose,
  tuneAndRepeat,
} from './tuning';
