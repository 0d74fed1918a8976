import { sizeOf, type TensorForm } from '../lowering';

/** A part of a buffer begins at a multiple of so many numbers: 256 bytes, as much as any device asks for. */
const partAlignment = 64;

/** The numbers of a buffer that values are parts of. */
export const jointSize = (forms: readonly Pick<TensorForm, 'shape'>[]): number =>
  forms.reduce((sum, form) => sum + Math.ceil(sizeOf(form) / partAlignment) * partAlignment, 0);
