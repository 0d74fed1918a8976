import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { version_core } from '@tensorflow/tfjs-core';

/** The machine on which the figures were measured. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  platform: string;
  node: string;
  v8: string;
  tfjs: string;
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() || 'unknown processor',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${platform()} ${arch()}`,
  node: process.version,
  v8: process.versions.v8,
  tfjs: version_core,
});

/** The version of an installed package, which need not export its package.json. */
export function versionOf(name: string): string {
  const entry = import.meta.resolve(name);
  const root = entry.slice(0, entry.lastIndexOf(`/${name}/`) + name.length + 2);
  return JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version;
}

/** The number of processors kept busy by other programs, measured while this one sleeps. */
export async function processorsTaken(milliseconds = 500): Promise<number> {
  const read = () => {
    const times = cpus().map((cpu) => cpu.times);
    const sum = (of: (time: (typeof times)[number]) => number) =>
      times.reduce((total, time) => total + of(time), 0);
    return { idle: sum(({ idle }) => idle), all: sum((time) => Object.values(time).reduce((a, b) => a + b)) };
  };
  const before = read();
  await setTimeout(milliseconds);
  const after = read();
  const busy = 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all);
  return busy * cpus().length;
}
