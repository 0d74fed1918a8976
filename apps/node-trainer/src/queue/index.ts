export { type Coordination, coordinate, requireQueue } from './coordinate';
export { loadQueue, type QueueEvent, type QueueModule } from './module';
export { keyOf } from './pool';
export { serve } from './serve';
