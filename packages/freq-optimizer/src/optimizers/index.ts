export type { CheckedSettings, OptimizerDefinition, OptimizerSetting, OptimizerSettings } from './definition';
export { makeOptimizer, type OptimizerName, optimizers } from './registry';
