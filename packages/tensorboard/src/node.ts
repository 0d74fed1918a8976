export { type EventFile, eventFile } from './event-file';
