export { describeValue } from './describe-value';
export * from './errors';
export * from './kernel-registry';
export { nearestName } from './nearest-name';
export * from './operation';
export * from './ops';
export * from './random';
export * from './requirements';
