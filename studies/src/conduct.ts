import { readFileSync, writeFileSync } from 'node:fs';
import { documents, readme } from './documents';
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
  const textsOf = (tables: Findings['tables'] = {}) =>
    Object.fromEntries(Object.entries(tables).map(([marker, table]) => [marker, captioned(table)]));
  const texts = textsOf(findings.tables);
  if (json) console.log(JSON.stringify({ study: study.name, seeds, quick, ...findings }, null, 2));
  else console.log(Object.values(texts).join('\n\n'));
  if (quick) return;
  if (!reportOnly) await study.keep?.(findings, seeds);
  writeDocument(new URL(study.document, documents), texts);
  writeDocument(readme, textsOf(findings.readmeTables));
  console.error(`docs/${study.document} has the new tables.`);
}

/** Puts texts between the markers of a file: all of them, or none. */
function writeDocument(path: URL, texts: { readonly [marker: string]: string }): void {
  const document = Object.entries(texts).reduce(
    (text, [marker, content]) => replaceBetweenMarkers(text, marker, content),
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, document);
}
