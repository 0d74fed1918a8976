export * from './errors';
export * from './kernel-registry';
export * from './operation';
export * from './ops';
export * from './random';
