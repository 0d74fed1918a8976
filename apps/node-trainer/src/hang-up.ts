import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

const standardStreams = [0, 1, 2];

/**
 * Lets this process exit normally although its terminal is gone. On exit, Node 20 restores terminals to their original state,
 * and aborts when one does not answer; it leaves alone what is no longer the same file.
 */
export function endInOrderWithoutTerminal(): void {
  const terminals = standardStreams.filter((stream) => isatty(stream));
  process.on('exit', () => {
    for (const terminal of terminals) {
      if (isatty(terminal)) continue;
      try {
        closeSync(terminal);
        // It gets the lowest free number, the one that has just been closed.
        openSync('/dev/null', 'r+');
      } catch {
        // It is already closed.
      }
    }
  });
}
