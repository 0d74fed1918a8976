import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { conduct } from '../src/conduct';
import { readme } from '../src/documents';
import { keptStudy, type Study } from '../src/harness';
import { toMarkdown } from '../src/markdown';

const folder = mkdtempSync(join(tmpdir(), 'conducted-'));
const document = join(folder, 'document.md');
const results = join(folder, 'made-up.jsonl');
const table = (rows: string[]) => ({ columns: ['seeds'], rows: rows.map((row) => [row]) });

const study: Study = keptStudy<{ seeds: number }>(
  {
    ...{ name: 'made-up', summary: 'What?', duration: 'a moment', document: pathToFileURL(document).href },
    train: async ({ seeds }) => [{ seeds }],
    tablesOf: (found) => ({ only: table(found.map(({ seeds }) => `${seeds}`)) }),
  },
  folder,
);
const options = { study, seeds: 7, quick: false, reportOnly: false, json: false };
const empty = 'before\n<!-- study:only -->\n<!-- /study:only -->\nafter\n';
const filled = (seeds: number) =>
  empty.replace(
    '-->\n<',
    `-->\n\n${toMarkdown(table([`${seeds}`]))}\n\nMade by \`pnpm study made-up --seeds ${seeds}\`.\n\n<`,
  );

const printed: string[] = [];
vi.spyOn(console, 'log').mockImplementation((text) => printed.push(text));
vi.spyOn(console, 'error').mockImplementation((text) => printed.push(text));
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  writeFileSync(document, empty);
  rmSync(results, { force: true });
  printed.length = 0;
});

it('a study is kept, and its tables written, into what has changed alone', async () => {
  const before = readFileSync(readme, 'utf8');
  await conduct(options);
  expect(readFileSync(document, 'utf8')).toBe(filled(7));
  expect(readFileSync(results, 'utf8')).toContain('"seeds":7');
  expect(readFileSync(readme, 'utf8')).toBe(before);
  expect(printed.at(-1)).toMatch(/^The tables in docs\/file:.*document\.md are new\.$/);
  await conduct(options);
  expect(printed.at(-1)).toBe('The tables in the documents are the same.');
});

it('a report has the seeds of what is kept, which stays as it is', async () => {
  await conduct(options);
  // As an earlier version kept it.
  const kept = readFileSync(results, 'utf8').replace(/"tfjs":"[^"]*"/, '"tfjs":"4.0.0"');
  writeFileSync(results, kept);
  writeFileSync(document, empty);
  await conduct({ ...options, seeds: 5, reportOnly: true });
  expect(readFileSync(document, 'utf8')).toBe(filled(7));
  await conduct({ ...options, seeds: 5, reportOnly: true, json: true });
  expect(JSON.parse(printed.at(-2)!)).toMatchObject({ study: 'made-up', seeds: 7, figures: [{ seeds: 7 }] });
  expect(readFileSync(results, 'utf8')).toBe(kept);
});

it('a document without the markers is refused, with what was trained kept', async () => {
  writeFileSync(document, 'nothing');
  await expect(conduct(options)).rejects.toThrow('<!-- study:only --> followed by <!-- /study:only -->');
  expect(readFileSync(document, 'utf8')).toBe('nothing');
  expect(readFileSync(results, 'utf8')).toContain('"seeds":7');
});
