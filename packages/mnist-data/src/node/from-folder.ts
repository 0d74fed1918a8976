import { basename } from 'node:path';
import { checkFile, requirePinned } from '../check-file';
import type { FetchOptions } from '../dataset-events';
import type { DatasetDescription, DatasetFile, DatasetRole } from '../description';
import { forEachFile } from '../for-each-file';
import type { NamedBytes } from '../from-files';
import { throwIfAborted } from '../platform';
import { DatasetFolder, readGiven } from './folder';
import { pinPath, readPin } from './pin';

/** The four files in a folder, uncompressed and verified against what is known about them. */
export async function readFolder(
  description: DatasetDescription,
  path: string,
  { verify = true, signal, onEvent }: Pick<FetchOptions, 'verify' | 'signal' | 'onEvent'>,
): Promise<Record<DatasetRole, NamedBytes>> {
  const folder = await DatasetFolder.open(path, description);
  const read = async (file: DatasetFile): Promise<NamedBytes> => {
    throwIfAborted(signal);
    const name = folder.locate(file.name);
    const bytes = await readGiven(name);
    const { content, unproven } = await checkFile(file, { name, bytes }, { verify, recompressed: true });
    if (unproven !== undefined) {
      const pin = await readPin(name);
      if (pin !== undefined) requirePinned(name, unproven, pin, pinPath(name));
      else onEvent?.({ type: 'unverified', file: basename(name), sha256: unproven, pinned: false });
    }
    return { name, bytes: content };
  };
  // Before any of them is read, which takes longer.
  for (const { name } of Object.values(description.files)) folder.locate(name);
  return forEachFile(description.files, read);
}
