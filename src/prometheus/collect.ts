import { misuse, wrongType } from '../base/errors.js'
import { Map, Set, queueMicrotask } from '../base/intrinsics.js'
import { type Counted, enlisted } from '../base/registry.js'
import { Readings } from '../observe/readings.js'
import { ThreadReadings } from '../observe/thread-readings.js'
import { metricsOf } from './metrics.js'
import { type CollectOptions, checkCollectOptions } from './options.js'

/** What `collect` gives. */
export interface Collecting {
  /** Takes the metrics out of the registry, and reads no more. A second call does nothing. */
  stop(): void
  /** Is `stop()`, for `using`. */
  [Symbol.dispose](): void
}

/** What can be counted of these pools. */
function countedOf(pools: unknown): Set<Counted> {
  if (typeof (pools as Iterable<object> | null | undefined)?.[Symbol.iterator] !== 'function') {
    throw wrongType('what pools gives', pools, 'an iterable of pools')
  }
  const known = new Map(enlisted().map(({ pool, counted }) => [pool, counted]))
  const all = new Set<Counted>()
  for (const pool of pools as Iterable<object>) {
    const counted = known.get(pool)
    if (counted === undefined) throw wrongType('what pools gives', pool, 'pools; a view is none')
    for (const each of [counted, ...(counted.members ?? [])]) all.add(each)
  }
  return all
}

/**
 * Has a registry of prom-client tell of all pools of this isolate. Pools are read when the registry is scraped: nothing is
 * done for a task, and nothing between two scrapes.
 *
 * ```js
 * import { register } from 'prom-client'
 * import { collect } from 'workpool/prometheus'
 *
 * collect({ registry: register })
 * ```
 *
 * All series have the label `pool`, the name of the pool. Pools of one name are one sum, and what a pool has counted stays
 * in it when the pool is gone, so no counter falls. The histograms are of pools with the option `measure`. Once per process
 * or isolate is enough; pools that are made later are told of, too.
 *
 * @returns what ends it
 * @throws TypeError or RangeError with code `ERR_POOL_OPTION` if an option is wrong, or if the registry has a metric of
 *   one of these names; then nothing is registered
 */
export function collect(options: CollectOptions): Collecting {
  const { registry, pools, prefix = 'pool_', labels = {} } = checkCollectOptions(options)
  let chosen: Set<Counted> | undefined
  const readings = new Readings(true, pools && (() => chosen!))
  const threads = new ThreadReadings()

  const read = () => {
    chosen = pools && countedOf(pools())
    const those = enlisted().filter(({ counted }) => chosen === undefined || chosen.has(counted))
    return { pools: readings.read(), threads: threads.read(those) }
  }
  let scrape: ReturnType<typeof read> | undefined
  // A registry asks all its metrics one after the other: they tell of one moment.
  const now = () => {
    if (scrape === undefined) {
      scrape = read()
      queueMicrotask(() => (scrape = undefined))
    }
    return scrape
  }

  const metrics = metricsOf(prefix, labels, now)
  for (const metric of metrics) {
    if (!metric.isIn(registry)) continue
    readings.stop()
    throw misuse(`the registry has a metric ${metric.name}; another prefix makes other names`)
  }
  for (const metric of metrics) metric.register(registry)
  const stop = (): void => {
    readings.stop()
    for (const metric of metrics) metric.leave(registry)
  }
  return { stop, [Symbol.dispose]: stop }
}
