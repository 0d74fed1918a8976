export {
  bestTrial,
  type Configuration,
  isSweep,
  readSweep,
  type State,
  type Sweep,
  type Trial,
} from './read-sweep';
export { labelOf, scoreFormat, sweepCharts, titleOf } from './sweep-charts';
