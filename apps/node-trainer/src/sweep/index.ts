export {
  axisApplies,
  type Conduct,
  conduct,
  labelOf,
  requirePlan,
  Standing,
  settingsToTrain,
  type TrainTrial,
  totalOf,
  trialSettings,
} from './conduct';
export { givenAxes, isAxis, parseSeeds, readSweepFile } from './draft';
export { Ledger, readLedger } from './ledger';
export {
  knownTest,
  type Outcome,
  outcomeOf,
  type TestResult,
  testBest,
  trialsWithoutModel,
} from './outcome';
export { format, planRecord, readPlan, type SweepPlan, sweepFiles, writePlan, writeSweepFile } from './plan';
export { JsonSweepReport, type SweepReport, TerminalSweepReport } from './report';
export { type Share, shareOf } from './share';
export { serveTrial } from './train-trial';
export type { Trial, TrialProgress, TrialResult, Verdict } from './trial';
export { trainInProcess, trialCommand } from './trial-process';
