export type { Collecting } from './src/prometheus/collect.js'
export { collect } from './src/prometheus/collect.js'
export type { CollectOptions } from './src/prometheus/options.js'
