/** What some programs need of thread pools: only those that hand in batches. */
import { part } from '../../base/parts.js'

export const forBatches = part(() => require('./call-batch.js') as typeof import('./call-batch.js'))
