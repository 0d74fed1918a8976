/** Stands for a space at which a line does not break; from Unicode's private use area. */
const firm = '\ue000';

/** A text that stays on one line, such as a command: it can be copied even where the terminal itself breaks it. */
export const unbroken = (text: string): string => text.replaceAll(' ', firm);

/** A text as it is shown, with all its spaces. */
export const withSpaces = (text: string): string => text.replaceAll(firm, ' ');

/** The number of characters that a text takes up on a terminal; escape codes for colors take none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins such a code.
export const shownLength = (text: string): number => text.replace(/\x1b\[[\d;]*m/g, '').length;

/**
 * Breaks the lines of a text between words, so that none is longer than `width` unless a word is. The continuation of a line is
 * indented as the line is, and by `indent` more.
 */
export function wrapped(text: string, width: number, indent = 0): string {
  return text
    .split('\n')
    .map((line) => wrappedLine(line, width, indent))
    .join('\n');
}

function wrappedLine(line: string, width: number, indent: number): string {
  if (shownLength(line) <= width) return line;
  const own = line.match(/^ */)![0];
  // A margin wider than half the terminal leaves too little room.
  const margin = own.length + indent <= width / 2 ? ' '.repeat(own.length + indent) : '';
  const lines: string[] = [];
  let current = own;
  for (const word of line.trimStart().split(' ')) {
    const isEmpty = current.trim() === '';
    const longer = isEmpty ? current + word : `${current} ${word}`;
    if (!isEmpty && shownLength(longer) > width) {
      lines.push(current);
      current = margin + word;
    } else {
      current = longer;
    }
  }
  return [...lines, current].join('\n');
}
