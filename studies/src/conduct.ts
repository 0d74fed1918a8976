import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeWhole } from '@harmonic-mlp/node-trainer';
import { documents, readme } from './documents';
import type { Findings } from './harness';
import { type MarkdownTable, replaceBetweenMarkers, toMarkdown } from './markdown';
import type { Options } from './options';
import { Progress } from './progress';

/** Conducts a study, prints its tables or figures, keeps these, and writes the tables into the documents. */
export async function conduct({ study, quick, reportOnly, json, ...options }: Options): Promise<void> {
  const progress = new Progress();
  let findings: Findings;
  try {
    const onProgress = (where: string) => progress.update(where);
    findings = await study.run({ seeds: options.seeds, quick, reportOnly, onProgress });
  } finally {
    progress.end();
  }
  const { seeds = options.seeds } = findings;
  const command = study.hasOwnSeeds
    ? `pnpm study ${study.name}`
    : `pnpm study ${study.name} --seeds ${seeds}`;
  const captioned = (table: MarkdownTable) => `${toMarkdown(table)}\n\nMade by \`${command}\`.`;
  const textsOf = (tables: Findings['tables'] = {}) =>
    Object.fromEntries(
      Object.entries(tables).map(([marker, table]) => [`study:${marker}`, captioned(table)]),
    );
  const texts = textsOf(findings.tables);
  if (json) console.log(JSON.stringify({ study: study.name, quick, ...findings, seeds }, null, 2));
  else console.log(Object.values(texts).join('\n\n'));
  if (quick) return;
  if (!reportOnly) await study.keep?.(findings, seeds);
  const changed = [
    changedDocument(`docs/${study.document}`, new URL(study.document, documents), texts),
    changedDocument('README.md', readme, textsOf(findings.readmeTables)),
  ].filter((document) => document !== undefined);
  for (const { path, text } of changed) await writeWhole(path, text);
  const names = changed.map(({ name }) => name).join(' and ');
  console.error(names ? `The tables in ${names} are new.` : 'The tables in the documents are the same.');
}

/** A document with texts between its markers; undefined if they are there already. */
function changedDocument(
  name: string,
  url: URL,
  texts: { readonly [marker: string]: string },
): { name: string; path: string; text: string } | undefined {
  const before = readFileSync(url, 'utf8');
  const text = Object.entries(texts).reduce(
    (document, [marker, content]) => replaceBetweenMarkers(document, marker, content),
    before,
  );
  return text === before ? undefined : { name, path: fileURLToPath(url), text };
}
