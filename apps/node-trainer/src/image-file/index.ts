export { readImage } from './read-image';
