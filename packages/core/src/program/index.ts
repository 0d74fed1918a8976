export { attributeOf } from './attribute-of';
export { describeCall } from './describe-call';
export {
  type CompiledProgram,
  executorOf,
  type ProgramExecutor,
  type ProgramOutputs,
  setExecutor,
  type ThreadedExecutor,
} from './executors';
export { nextTurn } from './next-turn';
export { type Lifetime, lifetimesOf, type MemoryPlan, planMemory } from './plan-memory';
export * from './program';
export { type ProgramOutcome, programOf } from './program-of';
export {
  disposeRecording,
  type Origin,
  type Recording,
  type RecordingOutcome,
  recordStep,
  type SeenAttribute,
  type StepTensors,
} from './record-step';
export { canTakeOver, dynamicKey, findOverwritten } from './states';
export { type Steps, stepsOver } from './steps-over';
