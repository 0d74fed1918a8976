/** The model file as a program leaves it that changes files on purpose: not checked against its checksum. */
export function unchecked(bytes: Uint8Array): Uint8Array {
  const changed = Buffer.from(bytes);
  const [found] = /"crc32 [0-9a-f]{8}"/.exec(changed.toString('latin1')) ?? [];
  if (found !== undefined) changed.write('"none"'.padEnd(found.length), changed.indexOf(found));
  return new Uint8Array(changed);
}
