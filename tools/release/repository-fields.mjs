// Writes the location of the source into the package.json of every published package: `repository`, `homepage`, `bugs`. The
// release workflow runs it before publishing, because npm's provenance requires that `repository.url` be the repository whose
// workflow publishes. This way, a fork that publishes under its own names refers to itself.
//
// node tools/release/repository-fields.mjs [folder of the repository]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url));
const { GITHUB_REPOSITORY: repository = '', GITHUB_SERVER_URL: server = 'https://github.com' } = process.env;

if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
  console.error(
    `GITHUB_REPOSITORY is "${repository}"; it must be the owner and name of the publishing repository, as owner/name. GitHub Actions sets it; elsewhere, set it yourself.`,
  );
  process.exit(1);
}

for (const name of readdirSync(join(root, 'packages')).sort()) {
  const directory = `packages/${name}`;
  const path = join(root, directory, 'package.json');
  if (!existsSync(path)) continue;
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  if (manifest.private) continue;
  Object.assign(manifest, {
    homepage: `${server}/${repository}/tree/main/${directory}#readme`,
    bugs: { url: `${server}/${repository}/issues` },
    repository: { type: 'git', url: `git+${server}/${repository}.git`, directory },
  });
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`${manifest.name}: ${manifest.repository.url}, ${directory}`);
}
