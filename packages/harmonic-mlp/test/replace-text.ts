import { unchecked } from '../../../test/support/unchecked';

/**
 * The file with a text of its header replaced on purpose by another of the same length; JSON inside JSON has escaped quotes.
 */
export function replaceText(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const changed = Buffer.from(unchecked(bytes));
  const position = changed.indexOf(from);
  if (position < 0 || from.length !== to.length) throw new Error(`Cannot replace ${from} by ${to}.`);
  changed.write(to, position);
  return changed;
}
