/** What some programs need of pools: only those that have such pools, or call such verbs. */
import { part } from '../base/parts.js'

export const forClosures = part(
  () => require('../origin/closure-origin.js') as typeof import('../origin/closure-origin.js'),
)
export const forMultiPools = part(
  () => require('../origin/multi-origin.js') as typeof import('../origin/multi-origin.js'),
)
export const forStreams = part(
  () => require('../threads/stream/stream-call.js') as typeof import('../threads/stream/stream-call.js'),
)
export const forReports = part(() => require('./report.js') as typeof import('./report.js'))
export const forMaps = part(() => require('../map/map.js') as typeof import('../map/map.js'))
