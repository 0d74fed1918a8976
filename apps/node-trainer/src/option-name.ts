/**
 * What the command line calls the options and functions that the packages' errors mention. It has no other ones: advice
 * that mentions them is left out of a message.
 */
const optionNames: { readonly [option: string]: string | undefined } = {
  activation: '--activation',
  baseFreq: '--base-freq',
  batchSize: '--batch-size',
  cache: 'HARMONIC_MLP_DATA',
  dataset: '--dataset',
  directory: '--data-dir',
  downloadDataset: 'data fetch',
  dropout: '--dropout',
  epochs: '--epochs',
  hidden: '--hidden',
  learningRate: '--lr',
  maxFreq: '--max-freq',
  mirrors: '--mirror',
  offline: '--offline',
  residual: '--residual',
  seed: '--seed',
  transposed: '--transpose',
  validation: '--validation',
  'verify: false': '--no-verify',
  weightDecay: '--weight-decay',
};

/** What the command line calls an option of the packages; undefined if it has none of that name. */
export const optionName = (option: string): string | undefined => optionNames[option];
