/** The model file as a program leaves it that changes files on purpose: not checked against its checksum. */
export function unchecked(bytes: Uint8Array): Uint8Array {
  const changed = Buffer.from(bytes);
  const [found] = /"crc32 [0-9a-f]{8}"/.exec(changed.toString('latin1')) ?? [];
  if (found !== undefined) changed.write('"none"'.padEnd(found.length), changed.indexOf(found));
  return new Uint8Array(changed);
}

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
