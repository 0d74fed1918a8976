import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import type { PublishedPackage } from './published-packages';

export interface Example {
  /** Such as `core-1`. */
  name: string;
  language: 'ts' | 'js';
  code: string;
  /** The packages that it imports. */
  imports: string[];
  /** For a page that Vite builds: a complete program, or the code that comes before the examples for Node. */
  inPage?: 'program' | 'beginning';
}

/** The ts and js blocks of a README that are complete programs: those that import something. Others are fragments. */
export function readmeExamples({ name, folder }: Pick<PublishedPackage, 'name' | 'folder'>): Example[] {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8').replaceAll('\r\n', '\n');
  return [...readme.matchAll(/^```(ts|js)\n(.*?)^```$/gms)]
    .filter(([, , code]) => /^import\b/m.test(code))
    .map(([, language, code], index) => ({
      name: `${name.split('/').at(-1)}-${index + 1}`,
      language: language as 'ts' | 'js',
      code,
      inPage: !code.includes('.wasm?url') ? undefined : code.includes('setBackend') ? 'program' : 'beginning',
      imports: ts
        .preProcessFile(code)
        .importedFiles.filter(({ fileName }) => !isBuiltin(fileName))
        .map(({ fileName }) => fileName.match(/^(@[^/]+\/)?[^/]+/)![0]),
    }));
}

/** The functions and methods that a README's text calls, as in `fromBytes(bytes)`. */
export function calledInText({ folder }: PublishedPackage): string[] {
  const text = readFileSync(join(folder, 'README.md'), 'utf8').replaceAll(/^```.*?^```/gms, '');
  const spans = text.match(/`[^`\n]+`/g) ?? [];
  return spans.flatMap((span) => [...span.matchAll(/\b([a-zA-Z]\w*)\(/g)].map(([, name]) => name));
}

/** The packages that the `npm install` lines of a README install from npm. */
export function installLines({ folder }: PublishedPackage): string[] {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  return [...readme.matchAll(/^npm install ([^#\n]*)/gm)].flatMap(([, names]) =>
    names.split(/\s+/).filter((name) => name !== '' && !name.endsWith('.tgz')),
  );
}
