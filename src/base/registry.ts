/** What this isolate has made and still references, weakly, in the order in which it was made. */
import { Set } from './intrinsics.js'

const live = new Set<WeakRef<object>>()
const collected = new FinalizationRegistry<WeakRef<object>>((reference) => live.delete(reference))

/** Has `pool` among those that are listed, for as long as somebody references it. */
export function enlist(pool: object): void {
  const reference = new WeakRef(pool)
  live.add(reference)
  collected.register(pool, reference)
}

/** Those that are still there. */
export function enlisted(): object[] {
  const pools: object[] = []
  for (const reference of live) {
    const pool = reference.deref()
    if (pool !== undefined) pools.push(pool)
  }
  return pools
}
