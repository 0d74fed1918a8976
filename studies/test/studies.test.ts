import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockFolder } from '@harmonic-mlp/node-trainer';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readme, resultsFolder } from '../src/documents';
import { type Findings, keptStudy, prepareBackend } from '../src/harness';
import { readBetweenMarkers, toMarkdown } from '../src/markdown';
import { studies } from '../src/studies';
import { tables } from '../src/studies/tables';

const docs = (file: string) => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');

/** The cells of a table in Markdown, without the rule below the header. */
const cellsOf = (markdown: string): string[][] =>
  markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|: -]+$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );

beforeAll(prepareBackend);

const setting = { seeds: 7, quick: false, onProgress() {} };

// That one trains in other processes, of the build: its own test has its tables.
it.each(studies.filter(({ name }) => name !== 'classification').map((study) => [study.name, study] as const))(
  'the tables of the study %s stand in its document',
  async (_, study) => {
    const before = memory().numTensors;
    const reports: string[] = [];
    const { tables, figures } = await study.run({
      seeds: 2,
      quick: true,
      onProgress: (where) => reports.push(where),
    });
    expect(reports.length).toBeGreaterThan(0);
    expect(memory().numTensors).toBe(before);
    expect(JSON.parse(JSON.stringify(figures))).toEqual(figures);
    const document = docs(study.document);
    expect(Object.keys(tables).length).toBeGreaterThan(0);
    for (const [marker, { columns, rows }] of Object.entries(tables)) {
      const [header, ...lines] = cellsOf(readBetweenMarkers(document, `study:${marker}`));
      expect(header).toEqual(columns);
      expect(lines.map(([name]) => name)).toEqual(rows.map(([name]) => name));
      for (const row of rows) expect(row).toHaveLength(columns.length);
    }
  },
);

it.each(studies.map((study) => [study.name, study] as const))(
  'the tables of the study %s are those that its results in the repository give',
  async (_, study) => {
    const { tables, readmeTables, seeds } = await study.run({ ...setting, reportOnly: true });
    const command = `pnpm study ${study.name}${study.hasOwnSeeds ? '' : ` --seeds ${seeds}`}`;
    const requireTables = (document: string, all: Findings['tables'] = {}) => {
      const made = [...document.matchAll(/Made by `(.*)`/g)].filter(([, by]) => by === command);
      expect(made).toHaveLength(Object.keys(all).length);
      for (const [marker, table] of Object.entries(all))
        expect(readBetweenMarkers(document, `study:${marker}`)).toBe(
          `${toMarkdown(table)}\n\nMade by \`${command}\`.`,
        );
    };
    requireTables(docs(study.document), tables);
    requireTables(readFileSync(readme, 'utf8'), readmeTables);
  },
);

describe('a study that keeps its results', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-study-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const study = keptStudy(
    {
      ...{ name: 'made-up', summary: 'What?', duration: 'a moment', document: 'none.md' },
      train: async ({ seeds }) => [{ error: 1 / 3 }, { error: seeds }, { error: Number.POSITIVE_INFINITY }],
      tablesOf: (results) => ({
        only: { columns: ['error'], rows: results.map(({ error }) => [`${error}`]) },
      }),
    },
    folder,
  );
  const file = join(folder, 'made-up.jsonl');
  async function keep() {
    const findings = await study.run(setting);
    await study.keep!(findings, setting.seeds);
    return findings;
  }

  it('reports them as it has reported them first, with their seeds', async () => {
    await expect(study.run({ ...setting, reportOnly: true })).rejects.toThrow(
      /made-up\.jsonl: It is missing\. Run pnpm study made-up/,
    );
    const { tables } = await keep();
    expect(await study.run({ ...setting, seeds: 5, reportOnly: true })).toMatchObject({ tables, seeds: 7 });
    expect(tables.only.rows).toEqual([[`${1 / 3}`], ['7'], ['Infinity']]);
    expect(JSON.parse(readFileSync(file, 'utf8').split('\n')[0])).toMatchObject({
      ...{ event: 'study', study: 'made-up', seeds: 7 },
      versions: { tfjs: expect.any(String) },
    });
  });

  it.each([
    ['damaged', (text: string) => text.slice(0, -3), 'It is damaged in line 4.'],
    ['cut off', (text: string) => text.replace(/.+\n$/, ''), 'It should hold 3 results, but has 2.'],
    ['of another study', (text: string) => text.replace('made-up', 'other'), 'It holds something else.'],
  ])('refuses a file that is %s', async (_, change, problem) => {
    await keep();
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    await expect(study.run({ ...setting, reportOnly: true })).rejects.toThrow(problem);
  });
});

it('regressions agree with PyTorch, and with the results in the repository', {
  timeout: 120_000,
}, async () => {
  const { figures } = await tables.run({ seeds: 2, quick: false, onProgress() {} });
  const kept = await tables.run({ seeds: 0, quick: false, reportOnly: true, onProgress() {} });
  expect(kept.figures).toHaveLength(4);
  (kept.figures as { here: number[] }[]).forEach(({ here }, i) => {
    const again = (figures as { here: number[] }[])[i].here;
    again.forEach((error, seed) => {
      expect(error / here[seed]).toBeCloseTo(1, 6);
    });
  });
  for (const { network, here, pytorch } of figures as {
    network: string;
    here: number[];
    pytorch: number[];
  }[]) {
    // Rounding decides on which side of its kink a ReLU is; measured: 1e-6 and 0.003.
    const tolerance = network === 'ReLU' ? 0.01 : 2e-5;
    here.forEach((error, i) => {
      expect(Math.abs(error / pytorch[i] - 1)).toBeLessThan(tolerance);
    });
  }
});

describe('the command', () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

  const start = (...args: string[]) => {
    expect(existsSync(main), `${main} is there: build first, as "pnpm test" does`).toBe(true);
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (data) => {
      output.stdout += data;
    });
    const started = new Promise<void>((resolve) => {
      child.stderr.on('data', (data) => {
        output.stderr += data;
        resolve();
      });
    });
    const ended = new Promise<{ code: number | null } & typeof output>((resolve) => {
      child.on('close', (code) => resolve({ code, ...output }));
    });
    return { child, started, ended };
  };

  it('prints tables, and with --quick writes none', async () => {
    const [before, kept] = [docs('tables.md'), docs('study/results/tables.jsonl')];
    const { code, stdout, stderr } = await start('tables', '--quick').ended;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('cars, harmonic, seed 1 of 2'),
    });
    expect(cellsOf(stdout)[0]).toEqual(cellsOf(readBetweenMarkers(before, 'study:tables'))[0]);
    expect([docs('tables.md'), docs('study/results/tables.jsonl')]).toEqual([before, kept]);
  });

  it('prints JSON and nothing else with --json', async () => {
    const { code, stdout } = await start('tables', '--quick', '--json', '--seeds', '3').ended;
    expect(code).toBe(0);
    const { study, seeds, quick, figures } = JSON.parse(stdout);
    expect({ study, seeds, quick }).toEqual({ study: 'tables', seeds: 3, quick: true });
    expect(figures[0].here).toHaveLength(3);
  });

  it('refuses to add to results that another one is adding to', async () => {
    mkdirSync(resultsFolder, { recursive: true });
    const unlock = await lockFolder(resultsFolder, () => {});
    try {
      const { code, stderr } = await start('classification').ended;
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/results: The folder is in use by another run .*Wait for it, or stop it/s);
    } finally {
      unlock();
    }
  });

  it('trains in other processes with what it has in the repository left alone', {
    tags: 'long',
    timeout: 300_000,
  }, async () => {
    const before = docs('study/classification.md');
    const { code, stdout, stderr } = await start('classification', '--quick').ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('mnist-512-256, GELU, final: c0-s110, epoch 2 of 2');
    const [header, ...rows] = cellsOf(stdout);
    expect(header[0]).toBe('network');
    expect(rows.slice(0, 2).map(([name]) => name)).toEqual(expect.arrayContaining(['ReLU', 'GELU']));
    expect(docs('study/classification.md')).toBe(before);
  });

  it('ends with 130 after Ctrl-C', async () => {
    const { child, started, ended } = start('authors');
    await started;
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });

  it.each([
    [[]],
    [['nothing']],
    [['tables', '--seeds', '1']],
    [['classification', '--seeds', '3']],
    [['tables', '--report-only', '--seeds', '3']],
    [['tables', '--report-only', '--quick']],
    [['tables', '--fast']],
  ])('refuses %j with 2', async (args) => {
    const { code, stdout, stderr } = await start(...args).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('error:');
  });

  it('says for how many seeds there are figures of PyTorch', async () => {
    const { code, stderr } = await start('tables', '--quick', '--seeds', '31').ended;
    expect(code).toBe(1);
    expect(stderr).toContain('seeds is 31; it must be at most 10');
  });
});
