export {
  axisApplies,
  type Conduct,
  conduct,
  labelOf,
  requirePlan,
  Standing,
  type TrainTrial,
  totalOf,
  trialSettings,
} from './conduct';
export { givenAxes, isAxis, parseSeeds, readSweepFile } from './draft';
export { Ledger, readLedger } from './ledger';
export { type Outcome, outcomeOf, type TestResult, testBest } from './outcome';
export { format, planRecord, readPlan, type SweepPlan, sweepFiles, writePlan, writeSweepFile } from './plan';
export { JsonSweepReport, TerminalSweepReport } from './report';
export { serveTrial } from './train-trial';
export type { Trial, TrialProgress, TrialResult, Verdict } from './trial';
export { trainInProcess, trialCommand } from './trial-process';
