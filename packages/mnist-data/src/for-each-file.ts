import type { DatasetDescription, DatasetFile, DatasetRole } from './description';

/** What a function makes of each of the four files, one after another. */
export async function forEachFile<T>(
  files: DatasetDescription['files'],
  make: (file: DatasetFile) => Promise<T>,
): Promise<Record<DatasetRole, T>> {
  return {
    trainImages: await make(files.trainImages),
    trainLabels: await make(files.trainLabels),
    testImages: await make(files.testImages),
    testLabels: await make(files.testLabels),
  };
}
