import { part } from '../base/parts.js'

/** Most programs send no such values, or not before they have sent others. */
export const rare = part(() => require('./rare.js') as typeof import('./rare.js'))
