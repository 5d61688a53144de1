/** What some programs need of a submission: only those in which somebody traces tasks. */
import { part } from '../base/parts.js'

export { isTraced } from '../observe/task-channels.js'

export const forTracing = part(() => require('./tracing.js') as typeof import('./tracing.js'))
