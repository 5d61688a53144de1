import { outOfRange, wrongType } from '../base/errors.js'
import type { PoolOptions } from '../options/options.js'
import type { Resource } from '../options/resource-options.js'
import type { ThreadOptions } from '../options/thread-options.js'
import type { AnyPool } from '../pool/any-pool.js'
import type { Pool } from '../pool/pool.js'
import type { ThreadPool } from '../pool/thread-pool.js'

/**
 * The options of a pool that is to be made: of `Pool.create`, or, with a `filename`, of `ThreadPool.create`. `name` is that
 * under which it stands, unless the options have another one.
 */
export type PoolToMake = (PoolOptions & Resource<any> & { filename?: never }) | (PoolOptions & ThreadOptions)

/** Pools by name: those that are there already, and options of those that are to be made. */
export type NamedPools = Readonly<Record<string, AnyPool | PoolToMake>>

/** The pools of an application. */
export interface MadePools {
  readonly all: Record<string, AnyPool>
  /** Those that were made here, which are to be closed here. */
  readonly made: readonly AnyPool[]
}

/** The main entry point. It is beside this file in the package, and threads need not load it. */
interface Main {
  readonly Pool: typeof Pool
  readonly ThreadPool: typeof ThreadPool
}

const isPool = (value: object): value is AnyPool =>
  ['close', 'stats', 'release'].every((verb) => typeof (value as Record<string, unknown>)[verb] === 'function')

/** Makes the pools of which there are options. If one cannot be made, those that were are released. */
export function makePools(named: unknown): MadePools {
  if (typeof named !== 'object' || named === null) throw wrongType('pools', named, 'an object of pools by name')
  const entries = Object.entries(named)
  if (entries.length === 0) throw outOfRange('pools', named, 'an object of at least one pool')
  const { Pool, ThreadPool } = require('./index.js') as Main
  const all: Record<string, AnyPool> = {}
  const made: AnyPool[] = []
  try {
    for (const [name, given] of entries) {
      if (typeof given !== 'object' || given === null) throw wrongType(`pools.${name}`, given, 'a pool, or its options')
      if (isPool(given)) {
        all[name] = given
        continue
      }
      const options = { name, ...given }
      const pool: AnyPool = 'filename' in options ? ThreadPool.create(options) : Pool.create(options)
      all[name] = pool
      made.push(pool)
    }
  } catch (error) {
    for (const pool of made) pool.release()
    throw error
  }
  return { all, made }
}
