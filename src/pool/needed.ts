/** What some programs need of pools: only those that have such pools, or call such verbs. */
import { part } from '../base/parts.js'
import { haveOptions } from '../options/checks.js'

export const forClosures = part(() => require('./closures.js') as typeof import('./closures.js'))
export const forMultiPools = part(() => require('./multi-access.js') as typeof import('./multi-access.js'))
export const forCare = part(() => require('./careful-calls.js') as typeof import('./careful-calls.js'))
export const forScopes = part(() => require('./scopes.js') as typeof import('./scopes.js'))
export const forStreams = part(() => require('./stream-verbs.js') as typeof import('./stream-verbs.js'))
export const forViews = part(() => require('./views.js') as typeof import('./views.js'))
export const forAllThreads = part(() => require('./all-threads.js') as typeof import('./all-threads.js'))
export const forReports = part(() => require('./report.js') as typeof import('./report.js'))
export const forMaps = part(() => require('../map/map.js') as typeof import('../map/map.js'))
export const forNatives = part(() => require('./natives.js') as typeof import('./natives.js'))

haveOptions(forMultiPools, forScopes, forAllThreads, forNatives)
