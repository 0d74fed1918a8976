export * from './errors';
export * from './operation';
export * from './ops';
export * from './random';
