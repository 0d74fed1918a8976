export type { EventSink } from './event-sink';
export { EventWriter, type Image, type WriteBytes } from './event-writer';
export { type TensorBoardOptions, tensorBoard } from './tensor-board';
