import { PRODUCT_SCRATCH } from './product';

export { product } from './product';

/** The bytes of scratch memory that the kernels need. */
export const SCRATCH_BYTES: usize = PRODUCT_SCRATCH;
