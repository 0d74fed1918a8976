import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  addHelpNote,
  besideRun,
  errors,
  isRun,
  jsonHelp,
  makeFolder,
  NotReplaced,
  output,
  path,
  printJson,
  reason,
  runFiles,
  shown,
  TrainerError,
  writeWhole,
} from '@harmonic-mlp/node-trainer';
import type { Command } from 'commander';
import { readAssets } from './assets';
import { type Report, renderPage, runReport, runsReport, sweepReport } from './page';
import { type Examination, examineModel, type Run, readRun } from './run';
import { bestTrial, isSweep, readSweep } from './sweep';

interface ReportOptions {
  out?: string;
  svg?: boolean;
  png?: boolean;
  json?: boolean;
}

/** The name of a report's file, and of the folder of its plots. */
const [reportName, plotsName] = [besideRun.report, 'plots'];

export function addReportCommand(program: Command): void {
  const command = program
    .command('report')
    .description('Write a report of a run, of several runs side by side, or of a sweep.')
    .argument('<folder...>', 'the folder of a run or a sweep', (text: string, earlier: string[] = []) => [
      ...earlier,
      path(text),
    ])
    .option('--out <file>', `file to write (default: ${reportName} in the first folder)`, path)
    .option('--svg', `also write each plot as an SVG file, in the folder ${plotsName} beside the report`)
    .option('--png', `also write each plot as a PNG file, in the folder ${plotsName} beside the report`)
    .option('--json', jsonHelp)
    .option('--debug', 'print the stack trace of an error')
    .action((folders: string[], options: ReportOptions) =>
      report(folders, options, (problem) => command.error(`error: ${problem}`)),
    );
  addHelpNote(
    command,
    'The report is one HTML file that needs no other and no network. What a file is missing or damaged for is said in it.',
  );
}

async function report(
  folders: string[],
  { out, ...options }: ReportOptions,
  misused: (problem: string) => never,
): Promise<void> {
  const kinds = await Promise.all(folders.map(kindOf));
  if (folders.length > 1 && kinds.includes('sweep')) misused('A sweep is reported alone: pass one folder.');
  const file = fileFor(out, folders[0]);
  const made = await (kinds[0] === 'sweep' ? reportOfSweep(folders[0]) : reportOfRuns(folders));
  const page = renderPage(made, await readAssets(), new Date());
  await write(file, page);
  const plots =
    options.svg || options.png ? await writePlots(made, join(dirname(file), plotsName), options) : [];
  for (const problem of made.problems) errors.say(`Warning: ${problem}`, 2);
  if (options.json) {
    printJson({
      event: 'report',
      file: resolve(file),
      plots: plots.map((plot) => resolve(plot)),
      problems: made.problems,
    });
  } else {
    output.say(`The report is in ${shown(file)}`);
    if (plots.length > 0) output.say(`The plots are in ${shown(dirname(plots[0]))}`);
  }
}

/** @throws {TrainerError} `FILE_NOT_FOUND` for a folder that holds neither a run nor a sweep. */
async function kindOf(folder: string): Promise<'run' | 'sweep'> {
  if (isSweep(folder)) return 'sweep';
  if ((await isRun(folder)) || existsSync(join(folder, besideRun.rangeTest))) return 'run';
  const problem = !existsSync(folder)
    ? 'There is no such folder.'
    : statSync(folder).isDirectory()
      ? `It holds neither a run, which has a ${runFiles.config}, nor a sweep, which has a sweep.json.`
      : 'It is a file.';
  const fix = 'Pass the folder of a run, such as one in runs, or that of a sweep.';
  throw new TrainerError('FILE_NOT_FOUND', { problem, fix, file: folder });
}

function fileFor(out: string | undefined, folder: string): string {
  if (out === undefined) return join(folder, reportName);
  return existsSync(out) && statSync(out).isDirectory() ? join(out, reportName) : out;
}

async function reportOfRuns(folders: readonly string[]): Promise<Report> {
  const runs = await Promise.all(folders.map(readRun));
  const [run, ...others] = runs;
  if (others.length > 0) return runsReport(runs);
  const model = usableModel(run);
  return runReport(run, model && { model, ...(await examined(run, model)) });
}

async function reportOfSweep(folder: string): Promise<Report> {
  const sweep = await readSweep(folder);
  const trial = bestTrial(sweep);
  if (trial === undefined) return sweepReport(sweep);
  const run = await readRun(trial.folder);
  const model = usableModel(run);
  const examination = model && (await examined(run, model));
  sweep.problems.push(...run.problems.filter((problem) => !sweep.problems.includes(problem)));
  return sweepReport(sweep, examination && { ...examination, model: model!, trial });
}

/** The best model of a run or, where it is damaged, the last one; undefined if there is none. */
const usableModel = ({ files, damage }: Run): 'best' | 'last' | undefined =>
  (['best', 'last'] as const).find(
    (name) =>
      files.some((file) => file.name === runFiles[name]) &&
      !damage.some(({ file }) => basename(file) === runFiles[name]),
  );

/** What a model of a run does; nothing, and a problem, if it cannot be read. */
async function examined({ folder, problems }: Run, model: 'best' | 'last'): Promise<Examination> {
  if (errors.isTerminal) errors.say(`Evaluating the ${model} model …`);
  try {
    return await examineModel(join(folder, runFiles[model]));
  } catch (error) {
    problems.push((error as Error).message);
    return {};
  }
}

async function writePlots(
  { charts }: Report,
  folder: string,
  { svg, png }: ReportOptions,
): Promise<string[]> {
  // ECharts is large, and a report alone does not need it here.
  const { PngPlotter, plotFile, svgOf } = await import('./plots');
  const plotter = png ? PngPlotter.load() : undefined;
  const written: string[] = [];
  for (const chart of charts) {
    if (svg) written.push(await write(plotFile(folder, chart, 'svg'), svgOf(chart)));
    if (plotter) written.push(await write(plotFile(folder, chart, 'png'), await plotter.draw(chart)));
  }
  return written;
}

/** @throws {TrainerError} `UNWRITABLE`; what was there before is unchanged. */
async function write(file: string, content: string | Uint8Array): Promise<string> {
  try {
    await makeFolder(dirname(file));
    await writeWhole(file, content);
    return file;
  } catch (error) {
    const fix = `Give another --out.${existsSync(file) ? ' What was written before is still there.' : ''}`;
    if (error instanceof NotReplaced) throw error.with({ fix });
    const problem = `The file cannot be written: ${reason(error)}.`;
    throw new TrainerError('UNWRITABLE', { problem, fix, file: resolve(file) }, { cause: error });
  }
}
