export { type Coordination, coordinate } from './coordinate';
export { loadQueue, type QueueEvent, type QueueModule } from './module';
export { keyOf } from './pool';
export { serve } from './serve';
