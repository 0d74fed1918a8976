// Compiles the AssemblyScript kernels in `assembly/` twice, for plain and for relaxed SIMD, and writes both modules, as text
// that any bundler accepts, and their types to `generated/`. The modules differ in their multiply-adds only:
// in hexadecimal digits, which keep bytes apart, and in alternating pieces, the second is within reach of gzip from the first.
// In base64, one after the other, they take twice as much once compressed.
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
      '-O3s', // For speed, but without a copy of a pass in each kernel that uses it.
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

/** Near the best for gzip, whose matches start at most 32 KiB back. */
const digitsOfPiece = 2048;
const [fixedDigits, relaxedDigits] = [fixed, relaxed].map(({ wasm }) => Buffer.from(wasm).toString('hex'));
const pieces = [];
for (let at = 0; at < Math.max(fixedDigits.length, relaxedDigits.length); at += digitsOfPiece) {
  const [ofFixed, ofRelaxed] = [fixedDigits, relaxedDigits].map((digits) =>
    digits.slice(at, at + digitsOfPiece),
  );
  pieces.push(`  { fixed: '${ofFixed}', relaxed: '${ofRelaxed}' },\n`);
}
writeFileSync(
  new URL('modules.ts', generated),
  `/** The kernels with fixed-width SIMD and with relaxed SIMD, whose multiply-adds are fused: piece by piece, in hexadecimal digits. */
export const pieces = [
${pieces.join('')}];
`,
);
