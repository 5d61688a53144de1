/** What some programs need of options: only those that change one, or give one that there is not. */
import { part } from '../base/parts.js'

export const forChanges = part(() => require('./live-options.js') as typeof import('./live-options.js'))
export const forUnknown = part(() => require('./option-names.js') as typeof import('./option-names.js'))
