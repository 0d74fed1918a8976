import { existsSync } from 'node:fs';
import { findSwiftShader } from './find-browser';

/** Where a graphics card appears on Linux. */
const cards = ['/dev/dri', '/dev/nvidiactl', '/dev/dxg'];

/**
 * Opens something on the machine's own graphics adapter, or else on SwiftShader, which comes with Chromium. Processes started
 * later find the same adapter.
 *
 * @param open returns undefined if it finds no adapter.
 */
export async function onAnyAdapter<T>(open: () => Promise<T | undefined>): Promise<T | undefined> {
  const swiftShader = process.env.VK_DRIVER_FILES === undefined ? findSwiftShader() : undefined;
  if (swiftShader === undefined) return open();
  const opened = cards.some(existsSync) ? await open() : undefined;
  if (opened !== undefined) return opened;
  process.env.VK_DRIVER_FILES = swiftShader;
  return open();
}
