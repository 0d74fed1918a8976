export { describeValue } from './describe-value';
export * from './errors';
export { nearestName } from './nearest-name';
export * from './operation';
export * from './ops';
export * from './random';
export * from './requirements';
