export { ColumnMoments } from './column-moments';
export { describeValue } from './describe-value';
export * from './errors';
export * from './kernel-registry';
export { nearestName } from './nearest-name';
export { randomNormal } from './normal';
export {
  finiteNumbers,
  isList,
  type Matrix,
  matrixOf,
  matrixOfArray,
  type Numbers,
  requireEach,
  type UsableNumbers,
} from './numbers';
export * from './operation';
export * from './ops';
export {
  foldIn,
  type RandomKey,
  randomBits,
  randomKey,
  randomPermutation,
  randomUniform,
  threefry2x32,
} from './random';
export { requireShape } from './require-shape';
export * from './requirements';
