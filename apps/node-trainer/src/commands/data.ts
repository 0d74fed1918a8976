import { basename } from 'node:path';
import { requireOneOf } from '@harmonic-mlp/core';
import type { DatasetDescription } from '@harmonic-mlp/mnist-data';
import { datasets } from '@harmonic-mlp/mnist-data/datasets';
import {
  type DatasetStatus,
  downloadDataset,
  type FileStatus,
  inspectDataset,
} from '@harmonic-mlp/mnist-data/node';
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { DownloadReport } from '../download-report';
import { TrainerError } from '../errors';
import { ExitCode } from '../exit-code';
import { cacheFolder } from '../folders';
import { addHelpNote } from '../help';
import { abortOnInterrupt } from '../interruption';
import { nameOption } from '../name-option';
import { jsonHelp, path } from '../options';
import { errors, output, printJson } from '../output';
import { printTable } from '../table';

interface DataOptions {
  json?: boolean;
}

interface FetchOptions extends DataOptions {
  mirror?: string[];
}

interface VerifyOptions extends DataOptions {
  dataDir?: string;
}

const names = datasets.map(({ name }) => name);

export function addDataCommand(program: Command, setExitCode: (code: number) => void): void {
  const data = program
    .command('data')
    .description('List the known data sets, download them, and verify their files.');
  addHelpNote(
    data,
    `Downloaded files are kept in ${cacheFolder()}; set HARMONIC_MLP_DATA for another folder.`,
  );
  data
    .command('list')
    .description('List the known data sets, and where each one is on this machine.')
    .option('--json', jsonHelp)
    .action(list);
  data
    .command('fetch')
    .description('Download data sets to the cache and check them, unless they are already there.')
    .addArgument(new Argument('<names...>', `data sets: ${names.join(', ')}`).argParser(datasetNames))
    .option(
      '--mirror <url>',
      'web folder to download from, instead of the known ones; repeat it to try several in turn',
      webFolder,
    )
    .option('--json', jsonHelp)
    .action(fetchAll);
  data
    .command('verify')
    .description('Compare the files of data sets with their published checksums.')
    .addArgument(
      new Argument(
        '[names...]',
        `data sets: ${names.join(', ')} (default: all that are on this machine)`,
      ).argParser(datasetNames),
    )
    .option('--data-dir <dir>', 'folder with the files of one data set', path)
    .option('--json', jsonHelp)
    .action(async (given: string[], options: VerifyOptions) => setExitCode(await verify(given, options)));
}

/** Collects names of data sets. */
const datasetNames = (text: string, earlier: string[] = []): string[] => [
  ...earlier,
  requireOneOf('The data set', text, names),
];

/** Collects addresses. */
function webFolder(text: string, earlier: string[] = []): string[] {
  if (!/^https?:\/\/./.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('It must be an address that begins with https:// or http://.');
  }
  return [...earlier, text];
}

const byName = (name: string): DatasetDescription => datasets.find((dataset) => dataset.name === name)!;

/** Where a data set is, in a word. */
const places: Record<DatasetStatus['source'], string> = {
  package: 'embedded',
  cache: 'downloaded',
  directory: 'given',
  none: 'not here',
};

/** The bytes to download. */
function downloadBytes({ files, archive }: DatasetDescription): number | undefined {
  if (archive !== undefined) return archive.bytes;
  const sizes = Object.values(files).map(({ gzip }) => gzip?.bytes);
  return sizes.every((bytes) => bytes !== undefined)
    ? sizes.reduce((sum, bytes) => sum + bytes, 0)
    : undefined;
}

async function list({ json }: DataOptions): Promise<void> {
  const rows: string[][] = [];
  for (const dataset of datasets) {
    const status = await inspectDataset(dataset, { resolveFrom: import.meta.url });
    const { name, title, files, classes, imageShape, normalization, license, citation } = dataset;
    const [training, test] = [files.trainImages.shape[0], files.testImages.shape[0]];
    const bytes = downloadBytes(dataset);
    if (json) {
      printJson({
        event: 'dataset',
        name,
        title,
        training,
        test,
        imageShape,
        classes,
        normalization,
        license,
        citation,
        downloadBytes: bytes,
        source: status.source,
        folder: status.folder,
      });
      continue;
    }
    rows.push([
      name,
      `${training.toLocaleString('en')} + ${test.toLocaleString('en')}`,
      String(classes),
      bytes === undefined ? '?' : `${Math.round(bytes / 1e6)} MB`,
      places[status.source],
      license.split(';')[0],
    ]);
  }
  if (json) return;
  printTable(
    [
      { title: 'name' },
      { title: 'images', optional: true },
      { title: 'classes', align: 'right', optional: true },
      { title: 'download', align: 'right' },
      { title: 'where' },
      { title: 'license', optional: true },
    ],
    rows,
  );
}

async function fetchAll(given: string[], { mirror, json }: FetchOptions): Promise<void> {
  const report = new DownloadReport();
  const interruption = abortOnInterrupt(() => report.end());
  try {
    for (const name of given) {
      const folder = await downloadDataset(name, {
        mirrors: mirror,
        signal: interruption.signal,
        onEvent: (event) => report.event(event),
      });
      report.end();
      if (json) printJson({ event: 'fetched', name, folder });
      else output.say(`${byName(name).title} is in ${folder}`, 2);
    }
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw new TrainerError(
      'INTERRUPTED',
      'Interrupted. What has been downloaded is kept; run the same command to continue.',
    );
  } finally {
    report.end();
    interruption.release();
  }
}

const failures: ReadonlySet<FileStatus['state']> = new Set(['damaged', 'missing']);

const verdicts: Record<FileStatus['state'], string> = {
  published: 'as published',
  pinned: 'as first seen',
  unverified: 'cannot be compared with a published checksum',
  present: 'there',
  damaged: 'damaged',
  missing: 'missing',
};

async function verify(given: string[], { dataDir, json }: VerifyOptions): Promise<number> {
  if (dataDir !== undefined && given.length !== 1) {
    throw new TrainerError('INVALID_ARGUMENT', {
      argument: 'dataDir',
      value: dataDir,
      problem: 'With --data-dir, name the one data set whose files are in that folder.',
    });
  }
  const chosen = given.length > 0 ? given : names;
  const statuses = await Promise.all(
    chosen.map((name) =>
      inspectDataset(name, { resolveFrom: import.meta.url, directory: dataDir, checksums: true }),
    ),
  );
  const found = given.length > 0 ? statuses : statuses.filter(({ source }) => source !== 'none');
  for (const status of found) {
    if (json) printVerified(status);
    else printFiles(status);
  }
  if (found.length === 0) errors.say('There are no data sets on this machine yet.');
  const isGood = ({ files }: DatasetStatus) =>
    Object.values(files).every(({ state }) => !failures.has(state));
  return found.every(isGood) ? ExitCode.success : ExitCode.failure;
}

function printVerified({ files, ...status }: DatasetStatus): void {
  const told = Object.entries(files).map(([role, { error, ...file }]) => [
    role,
    { ...file, reason: error?.describe(nameOption) },
  ]);
  printJson({ event: 'verified', ...status, files: Object.fromEntries(told) });
}

function printFiles({ title, source, folder, files }: DatasetStatus): void {
  const { bold, red } = output.colors;
  if (source === 'none') {
    output.say(`${bold(title)} is not on this machine.`);
    return;
  }
  output.say(`${bold(title)} in ${folder}`, 2);
  const width = Math.max(...Object.values(files).map(({ path }) => basename(path).length));
  for (const { path, state, error } of Object.values(files)) {
    // The error names the file itself.
    const line = error?.describe(nameOption) ?? `${basename(path).padEnd(width)}  ${verdicts[state]}`;
    output.say(`  ${failures.has(state) ? red(line) : line}`, 2);
  }
}
