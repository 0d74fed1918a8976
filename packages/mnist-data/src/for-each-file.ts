import type { DatasetDescription, DatasetFile, DatasetRole } from './description';

/** Applies a function to each of the four files, one after the other. */
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
