import type { Seen } from './seen.js'

/** Several pools, as one look shows them. */
export function seeAll(pools: readonly { readonly name: string; inspect(): Seen }[]): Seen {
  const all = pools.map((pool) => ({ pool: pool.name, ...pool.inspect() }))
  return {
    workers: all.flatMap(({ pool, workers }) => workers.map((worker) => ({ pool, ...worker }))),
    waiting: all.flatMap(({ pool, waiting }) => waiting.map((task) => ({ pool, ...task }))),
  }
}

export type { Seen }
