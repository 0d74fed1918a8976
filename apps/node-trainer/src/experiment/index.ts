export { type Experiment, prepareExperiment } from './prepare';
export { type GivenSettings, givenSettings, inGivenFile, resolveValues } from './values';
