import { describe, expect, it } from 'vitest';
import { datasets } from './datasets';
import { type DatasetFile, uncompressedBytes } from './description';

const checksum = /^[0-9a-f]{64}$/;

describe.each(datasets)('$name', (dataset) => {
  const { files, classes, classNames, imageShape, mirrors, archive } = dataset;

  it('has four files of unique names, and shapes that fit together', () => {
    const names = Object.values(files).map(({ name }) => name);
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[\w-]+-idx[123]-(ubyte|int)$/);
    for (const [images, labels] of [
      [files.trainImages, files.trainLabels],
      [files.testImages, files.testLabels],
    ]) {
      expect(images.shape).toEqual([labels.shape[0], ...imageShape]);
      for (const { name, shape } of [images, labels]) {
        // QMNIST names its labels idx2.
        expect(name).toContain(`-idx${shape.length}-`);
      }
    }
  });

  it('has checksums that are some, all different', () => {
    const all = Object.values(files).flatMap(({ sha256, gzip }: DatasetFile) => [sha256, gzip?.sha256]);
    const sums = all.filter((sum) => sum !== undefined);
    for (const sum of sums) expect(sum).toMatch(checksum);
    expect(new Set(sums).size).toBe(sums.length);
    for (const file of Object.values(files)) {
      if (file.gzip) expect(file.gzip.bytes).toBeLessThan(uncompressedBytes(file));
    }
    if (archive) expect(archive.sha256).toMatch(checksum);
    // Something has to vouch for the data.
    expect(sums.length > 0 || archive !== undefined).toBe(true);
  });

  it('names each class', () => {
    expect(classNames).toHaveLength(classes);
    expect(new Set(classNames).size).toBe(classes);
  });

  it('is served by HTTPS', () => {
    expect(mirrors.length).toBeGreaterThan(0);
    for (const mirror of mirrors) expect(mirror).toMatch(/^https:\/\/[^?#]+\/$/);
    for (const url of archive?.urls ?? []) expect(url).toMatch(/^https:\/\/.+\.zip$/);
  });
});

it('names are unique, and those of folders', () => {
  const names = datasets.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
});

it('no checksum stands for two files', () => {
  const sums = datasets.flatMap(({ files }) =>
    Object.values(files).flatMap(({ sha256, gzip }: DatasetFile) => [sha256, gzip?.sha256].filter(Boolean)),
  );
  expect(new Set(sums).size).toBe(sums.length);
});
