export type { FourierEncoding } from './encoding';
export {
  FourierFeatures,
  type FourierFeaturesOptions,
  fourierEncodings,
  parseFourierFeatures,
} from './fourier-features';
