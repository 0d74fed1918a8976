// What other programs that write into documents build on.
export { readBetweenMarkers, replaceBetweenMarkers } from './markers';
export { type MarkdownTable, toMarkdown } from './table';
