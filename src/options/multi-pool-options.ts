/** The options of a MultiPool, and the one place where each is checked. */
import { outOfRange, wrongType } from '../base/errors.js'
import { type Check, integer, reader } from './checks.js'
import { POOL, type PoolSettings, toSettings } from './options.js'
import { relayOf } from '../base/relay.js'
import { THREADS } from './thread-options.js'
import { STRATEGY_WORDS, type Strategy } from './strategy.js'

/** Options of a MultiPool itself. `MultiPool.create` also takes those of the pools that it makes. */
export interface MultiPoolOptions {
  /** How many pools to make. An integer from 1 to 1,024; needed. */
  pools: number
  /** Which pool is asked first for a task. Default `round-robin`. */
  strategy?: Strategy | undefined
}

const LARGEST = 1_024
const COUNT = `an integer from 1 to ${LARGEST}`
const count = integer(1, COUNT, LARGEST)

const WORDS = STRATEGY_WORDS.map((word) => `'${word}'`).join(', ')
const ALLOWED_STRATEGY = `one of ${WORDS}, or a function`

const strategy: Check<Strategy> = (value, option) => {
  if (typeof value === 'function') return value as Strategy
  if (typeof value !== 'string') throw wrongType(option, value, ALLOWED_STRATEGY)
  if ((STRATEGY_WORDS as readonly string[]).includes(value)) return value as Strategy
  throw outOfRange(option, value, ALLOWED_STRATEGY)
}

const readCreateOptions = reader('the options of MultiPool.create', { ...POOL, pools: count, strategy })
const OF = 'the options of MultiPool.of'
const readOfClosures = reader(OF, { strategy, defaults: POOL.defaults })
const readOfThreads = reader(OF, { strategy, defaults: THREADS.defaults })
const DEFAULT: Strategy = 'round-robin'

/** What every `MultiPool.of` has. */
export const MULTI = { what: OF, strategy, default: DEFAULT }

/** The options of `MultiPool.create`, checked: the settings of each of its pools. */
export function checkMultiPoolOptions<R>(options: unknown) {
  const { pools, strategy = DEFAULT, ...given } = readCreateOptions(options)
  if (pools === undefined) throw wrongType('pools', pools, COUNT)
  const signal = given.signal && relayOf(given.signal)
  const common = { ...toSettings<R>(given), signal }
  const nth = (i: number): PoolSettings<R> => ({ ...common, name: `${common.name}#${i}` })
  const settings = Array.from({ length: pools }, (_, i) => nth(i))
  return { name: common.name, settings, strategy, defaults: common.defaults }
}

/** The options of `MultiPool.of`, checked: over pools of closures; over thread pools. */
export function checkOfClosures(options: unknown) {
  const { strategy = DEFAULT, defaults } = readOfClosures(options)
  return { strategy, defaults }
}
export function checkOfThreads(options: unknown) {
  const { strategy = DEFAULT, defaults } = readOfThreads(options)
  return { strategy, defaults }
}

/** The arguments of `MultiPool.of`, checked. A pool twice would be asked twice and counted twice. */
export function checkPools<P>(pools: unknown, isMember: (pool: unknown) => boolean): P[] {
  if (!Array.isArray(pools)) throw wrongType('pools', pools, 'an array of pools')
  if (pools.length < 1 || pools.length > LARGEST) {
    throw outOfRange('pools.length', pools.length, COUNT)
  }
  const members = Array.from<P>(pools)
  for (const [i, pool] of members.entries()) {
    if (!isMember(pool)) throw wrongType(`pools[${i}]`, pool, 'a pool of the same kind as the first one')
    const first = members.indexOf(pool)
    if (first !== i) throw outOfRange(`pools[${i}]`, pool, `another pool than pools[${first}]`)
  }
  return members
}

export const checkStrategy = (value: unknown) => strategy(value, 'strategy')
export const checkIndex = (value: unknown, pools: number) =>
  integer(0, `an integer from 0 to ${pools - 1}`, pools - 1)(value, 'index')
