export { type Examination, examineModel, type Mistake, type TestOutcome } from './examine-model';
export { dataAddress } from './png';
export { type Run, readRun } from './read-run';
export { confusionChart, curvesOf, learnedChart, rangeTestChart } from './run-charts';
