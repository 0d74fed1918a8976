export { checkerboard } from './checkerboard';
export { chirp } from './chirp';
export { type MadeDataOptions, type MadeDataset, type MadeExamples, makeData } from './made-dataset';
export { parabola } from './parabola';
export { madeDataSettings } from './settings';
export { spirals } from './spirals';
export { squareWave } from './square-wave';
export { madeDatasets } from './table';
export { waves } from './waves';
