export { appendLine } from './append-line';
export { codeOf, reason } from './error-code';
export { flush } from './flush';
export { makeFolder, makeNewFolder } from './folder';
export { renamePatiently } from './rename';
export { NotReplaced, writeWhole } from './write-whole';
