import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ExitCode } from '../exit-code';
import { addHelpNote } from '../help';
import { abortOnInterrupt } from '../interruption';
import { addressIn, integer, jsonHelp, path, queueOption } from '../options';
import { errors, output, printJson, tolerateClosedOutput } from '../output';
import { loadQueue, type QueueEvent, serve } from '../queue';
import { labelOf, shareOf, type Trial } from '../sweep';

interface WorkerOptions {
  queue?: string | true;
  jobs?: number;
  threads?: number;
  name?: string;
  takeOver: number;
  dataDir?: string;
  offline?: boolean;
  json?: boolean;
}

export function addWorkerCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('worker')
    .description('Train trials of sweeps that other machines put into a queue, until it is interrupted.')
    .addOption(queueOption('take trials from a queue'))
    .option(
      '--jobs <n>',
      'trials at once (default: as many as there are cores)',
      integer('--jobs', { min: 1 }),
    )
    .option(
      '--threads <n>',
      'threads of each (default: cores divided by jobs)',
      integer('--threads', { min: 1, max: 64 }),
    )
    .option('--name <name>', 'its name in the reports of a sweep (default: that of the machine)')
    .option(
      '--take-over <s>',
      'seconds after which a trial of a worker that no longer answers is taken over',
      integer('--take-over', { min: 1, max: 86_400 }),
      60,
    )
    .option('--data-dir <dir>', "folder here with the files of the sweeps' data set", path)
    .option('--offline', 'download nothing')
    .option('--json', jsonHelp);
  addHelpNote(
    command,
    'The address of the queue may have a user and a password, which are not shown. On a command line, other users of the machine can see them; HARMONIC_MLP_QUEUE is not visible to them.',
  );
  command.action(async (options: WorkerOptions) => {
    tolerateClosedOutput();
    setExitCode(await work(options));
  });
}

async function work({
  queue,
  jobs,
  threads,
  name,
  takeOver,
  dataDir,
  offline,
  json,
}: WorkerOptions): Promise<number> {
  const share = shareOf({ jobs, threads });
  const interruption = abortOnInterrupt(() => errors.say('Stopping: the trials go back into the queue …'));
  const { signal } = interruption;
  const events = json ? new JsonEvents() : new TerminalEvents();
  try {
    const { queueUrl, showAddress } = await loadQueue();
    if (!json) {
      const at = showAddress(queueUrl(addressIn(queue)));
      const { jobs: atOnce, threads: each } = share;
      output.say(
        `Worker on ${at}: ${atOnce} ${atOnce === 1 ? 'trial' : 'trials'} at once on ${each} ${each === 1 ? 'thread' : 'threads'} each. Stop it with Ctrl-C.`,
        2,
      );
    }
    await serve(addressIn(queue), {
      ...share,
      name,
      takeOver,
      dataDir: dataDir && resolve(dataDir),
      offline,
      signal,
      onNotice: (text) => errors.say(text),
      onEvent: (event) => events.tell(event),
    });
  } finally {
    interruption.release();
    // Nothing that still waits for an absent server keeps the process alive.
    setTimeout(() => process.exit(), 5000).unref();
  }
  return signal.aborted ? ExitCode.interrupted : ExitCode.success;
}

/** One JSON object per line on standard output. */
class JsonEvents {
  tell({ event, key, data, error, hasCheckpoint }: QueueEvent): void {
    const trial = (data as Trial | undefined)?.id;
    const message = error === undefined ? undefined : error instanceof Error ? error.message : String(error);
    printJson({ event, key, trial, hasCheckpoint, message });
  }
}

/** A line for what happens to each trial. */
class TerminalEvents {
  readonly #trials = new Map<string, string>();

  tell({ event, key, data, error, hasCheckpoint }: QueueEvent): void {
    if (event === 'started') {
      const { id, settings } = data as Trial;
      const { validation, backend, keep, ...telling } = settings;
      this.#trials.set(key, `${id} ${labelOf(telling)}`);
    }
    const what = {
      started: hasCheckpoint ? 'continues from a checkpoint' : 'started',
      finished: 'finished',
      'given back': 'given back',
      lost: 'taken over by another worker',
      failed: `failed: ${error instanceof Error ? error.message : error}`,
    }[event];
    const time = new Date().toTimeString().slice(0, 8);
    output.say(`${time}  ${this.#trials.get(key) ?? key}: ${what}`, 10);
  }
}
