import { PRODUCT_SCRATCH } from './product';

export {
  BACKGROUND_MAX_DEPTH,
  background,
  backgroundProduct,
  backgroundTransposedProduct,
  countForeground,
} from './background-product';
export { product } from './product';
export { cos, sin } from './sine';

/** The bytes of scratch memory that the kernels need. */
export const SCRATCH_BYTES: usize = PRODUCT_SCRATCH;
