import { readFileSync, writeFileSync } from 'node:fs';
import { documents } from './documents';
import { type Findings, replaceBetweenMarkers, type StudyTable, toMarkdown } from './harness';
import type { Options } from './options';
import { Progress } from './progress';

/** Conducts a study, prints its tables or figures, and writes the tables into its document. */
export async function conduct({ study, seeds, quick, reportOnly, json }: Options): Promise<void> {
  const progress = new Progress();
  let findings: Findings;
  try {
    findings = await study.run({ seeds, quick, reportOnly, onProgress: (where) => progress.update(where) });
  } finally {
    progress.end();
  }
  const command = study.hasOwnSeeds
    ? `pnpm study ${study.name}`
    : `pnpm study ${study.name} --seeds ${findings.seeds ?? seeds}`;
  const captioned = (table: StudyTable) => `${toMarkdown(table)}\n\nMade by \`${command}\`.`;
  const texts = Object.fromEntries(
    Object.entries(findings.tables).map(([marker, table]) => [marker, captioned(table)]),
  );
  if (json) console.log(JSON.stringify({ study: study.name, seeds, quick, ...findings }, null, 2));
  else console.log(Object.values(texts).join('\n\n'));
  if (quick) return;
  if (!reportOnly) await study.keep?.(findings, seeds);
  writeDocument(study.document, texts);
  console.error(`docs/${study.document} has the new tables.`);
}

/** Puts texts between the markers of a file in docs: all of them, or none. */
function writeDocument(name: string, texts: { readonly [marker: string]: string }): void {
  const path = new URL(name, documents);
  const document = Object.entries(texts).reduce(
    (text, [marker, content]) => replaceBetweenMarkers(text, marker, content),
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, document);
}
