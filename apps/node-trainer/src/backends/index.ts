export {
  type Backend,
  BackendMissing,
  type BackendName,
  type BackendOptions,
  backendNames,
} from './backend';
export { Choices } from './choices';
export { milliseconds, ranked, startChosenBackend } from './choose';
export { place, release } from './place';
export type { Workload } from './probe';
export { processor } from './processor';
export { runTrial } from './run-trial';
export { startBackend, watched, withBackend } from './start';
export { counted, rememberThreads, startingThreads, type ThreadStart } from './threads';
export { type Finding, type Trial, trialCommand, tryBackend } from './trial';
