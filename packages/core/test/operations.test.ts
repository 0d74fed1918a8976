import { describeOnEachBackend } from '../../../test/support/backends';
import { operationSuite } from './operation-suite';

describeOnEachBackend('operations', (_, traits) => operationSuite({}, traits));
