import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

const standardStreams = [0, 1, 2];

/**
 * Has this process end in order though its terminal is gone. When it ends, Node 20 sets terminals back to how it found
 * them, and aborts when one does not answer; what is not the same file any more it leaves alone.
 */
export function endInOrderWithoutTerminal(): void {
  const terminals = standardStreams.filter((stream) => isatty(stream));
  process.on('exit', () => {
    for (const terminal of terminals) {
      if (isatty(terminal)) continue;
      try {
        closeSync(terminal);
        // Takes the lowest free number: the one that has just been closed.
        openSync('/dev/null', 'r+');
      } catch {
        // It has been closed already.
      }
    }
  });
}
