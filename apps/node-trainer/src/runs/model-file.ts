import { open } from 'node:fs/promises';

/** The largest header that the format allows, in bytes. */
const largestHeader = 100_000_000;

/**
 * What is wrong with a safetensors file, as far as its header shows: it is cut short, or something else. Its tensors are not
 * read, so that this takes no longer for a large model.
 *
 * @returns a sentence, or undefined when nothing is.
 */
export async function flawOfModelFile(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const start = Buffer.alloc(8);
    await file.read(start, 0, 8, 0);
    const length = Number(start.readBigUInt64LE());
    if (size < 8 || length > largestHeader) return 'It is not a safetensors file.';
    if (size < 8 + length) return 'It is cut short.';
    const header = Buffer.alloc(length);
    await file.read(header, 0, length, 8);
    const ends = Object.values(JSON.parse(header.toString())).map(
      (tensor) => Object(tensor).data_offsets?.[1] ?? 0,
    );
    return size < 8 + length + Math.max(0, ...ends) ? 'It is cut short.' : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return 'It is not a safetensors file.';
    throw error;
  } finally {
    await file.close();
  }
}
