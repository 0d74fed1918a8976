export type * from './chart';
export { formatValue } from './format';
export { optionOf, stillOptionOf } from './option';
export { heightOf } from './size';
export { dark, light, type Theme } from './theme';
