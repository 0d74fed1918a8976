export { queueAddress, queueUrl, showAddress } from './address';
export { Coordinator, type CoordinatorOptions, type Trial, type TrialProgress } from './coordinator';
export { QueueError, type QueueErrorCode, TrialError } from './errors';
export type { Timing } from './timing';
export type { Difference, TrialResult } from './trial-record';
export { type JobEvent, type RunContext, type WorkOptions, work } from './worker';
