/** What only pools need that measure. */
import { part } from '../base/parts.js'

export const forMeasures = part(() => require('./measured.js') as typeof import('./measured.js'))
