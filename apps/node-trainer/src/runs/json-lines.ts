/** What a file of JSON objects, one a line, holds. */
export interface JsonLines {
  /** The objects, each with the number of its line, from 1. */
  lines: { number: number; value: Record<string, unknown> }[];
  /** The numbers of the lines that hold no object; a last line that was cut short is not one of them. */
  damaged: number[];
}

/** Reads as much as can be read: a process may have been killed while it wrote a line. */
export function parseJsonLines(text: string): JsonLines {
  const read: JsonLines = { lines: [], damaged: [] };
  const all = text.split('\n');
  for (const [i, line] of all.entries()) {
    if (line.trim() === '') continue;
    const value = parsed(line);
    if (value !== undefined) read.lines.push({ number: i + 1, value });
    else if (i < all.length - 1) read.damaged.push(i + 1);
  }
  return read;
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
