/** The options of `collect`, and the one place where each is checked. */
import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { type Check, functionOf, reader } from '../options/checks.js'
import type { AnyPool } from '../pool/any-pool.js'
import type { AnyRegistry } from './metric.js'

/** Options of `collect`. */
export interface CollectOptions {
  /** The registry of prom-client that gets the metrics: `register`, its global one, or one of your own. */
  registry: AnyRegistry
  /**
   * The pools that are told of; it is called for each scrape. Those of a `MultiPool` are told of with it. What a pool has
   * counted goes on being told when it is no longer among them. Default: all of this isolate, as `pools()` lists them.
   */
  pools?: (() => Iterable<AnyPool>) | undefined
  /** What the names of all metrics begin with: letters, digits, `_` and `:`, and no digit first. Default `pool_`. */
  prefix?: string | undefined
  /** Further labels of all series, with their values. None is called `pool`, as that of this package is. */
  labels?: Readonly<Record<string, string>> | undefined
}

const OUR_LABELS = ['pool', 'outcome', 'reason', 'event', 'thread', 'le']

const METHODS = ['registerMetric', 'getSingleMetric', 'removeSingleMetric'] as const

const registry: Check<AnyRegistry> = (value, option) => {
  const methods = value as Record<string, unknown> | null
  const isObject = typeof methods === 'object' && methods !== null
  if (isObject && METHODS.every((method) => typeof methods[method] === 'function')) return value as AnyRegistry
  throw wrongType(option, value, 'a registry of prom-client')
}

const prefix: Check<string> = (value, option) => {
  if (typeof value !== 'string') throw wrongType(option, value, 'a string')
  if (/^([a-z_:][\w:]*)?$/i.test(value)) return value
  throw outOfRange(option, value, 'letters, digits, _ and :, and no digit first')
}

const labels: Check<Readonly<Record<string, string>>> = (value, option) => {
  if (typeof value !== 'object' || value === null) throw wrongType(option, value, 'an object')
  const given = { ...(value as Record<string, unknown>) }
  for (const [label, text] of Object.entries(given)) {
    if (!/^[a-z_]\w*$/i.test(label) || label.startsWith('__')) throw misuse(`${option}.${label} is no name of a label`)
    if (OUR_LABELS.includes(label)) {
      throw misuse(`${option}.${label}: ${OUR_LABELS.join(', ')} are labels of the metrics themselves`)
    }
    if (typeof text !== 'string') throw wrongType(`${option}.${label}`, text, 'a string')
  }
  return given as Record<string, string>
}

const read = reader('the options of collect', { registry, pools: functionOf, prefix, labels })

export function checkCollectOptions(options: unknown): CollectOptions {
  const checked = read(options)
  if (checked.registry === undefined) throw wrongType('registry', undefined, 'a registry of prom-client')
  return checked as CollectOptions
}
