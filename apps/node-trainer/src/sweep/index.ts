export { serveTrial } from './train-trial';
export { trainInProcess, trialCommand } from './trial-process';
