import { periods } from './periods';

/** @deprecated The earlier name of `periods`. */
export const periodDistributions = periods;
