// Compiles the AssemblyScript kernels in `assembly/` twice, for plain and for relaxed SIMD, and writes both modules, as text
// that any bundler accepts, and their types to `generated/`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = fileURLToPath(new URL('.', import.meta.url));
const generated = new URL('generated/', import.meta.url);
mkdirSync(generated, { recursive: true });

const sections = { start: 8, data: 11 };

/** The ids of a module's sections; see "Modules" in the binary format of the WebAssembly specification. */
function sectionsOf(bytes) {
  const ids = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++]);
    let size = 0;
    for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
      byte = bytes[at++];
      size |= (byte & 0x7f) << shift;
    }
    at += size;
  }
  return ids;
}

async function compile(features) {
  const files = new Map();
  const { error, stderr } = await asc.main(
    [
      'assembly/index.ts',
      '--baseDir',
      folder,
      ...features.flatMap((feature) => ['--enable', feature]),
      '--config',
      'none',
      '--outFile',
      'kernels.wasm',
      '--bindings',
      'raw',
      '--runtime',
      'stub',
      '--importMemory',
      '--noAssert',
      '-O3',
    ],
    { writeFile: (name, contents) => void files.set(name, contents) },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  const wasm = files.get('kernels.wasm');
  const ids = sectionsOf(wasm);
  // The memory belongs to another module, so nothing may be written to it on load.
  for (const [name, id] of Object.entries(sections)) {
    if (ids.includes(id)) throw new Error(`The module has a ${name} section; kernels must not have one.`);
  }
  return { wasm, types: files.get('kernels.d.ts') };
}

const fixed = await compile(['simd']);
const relaxed = await compile(['simd', 'relaxed-simd']);
writeFileSync(new URL('kernels.d.ts', generated), fixed.types);
writeFileSync(
  new URL('modules.ts', generated),
  `/** The kernels with fixed-width SIMD, in base64. */
export const fixed =
  '${Buffer.from(fixed.wasm).toString('base64')}';
/** The kernels with relaxed SIMD, whose multiply-adds are fused, in base64. */
export const relaxed =
  '${Buffer.from(relaxed.wasm).toString('base64')}';
`,
);
