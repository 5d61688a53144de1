/** What this isolate has made and still references, weakly, in the order in which it was made. */
import { Map } from './intrinsics.js'

/** With the name by which isolates share the pool, if they do: several handles may be of one pool then. */
const live = new Map<WeakRef<object>, string | undefined>()
const collected = new FinalizationRegistry<WeakRef<object>>((reference) => live.delete(reference))

/** Has `pool` among those that are listed, for as long as somebody references it. */
export function enlist(pool: object, sharedAs: string | undefined): void {
  const reference = new WeakRef(pool)
  live.set(reference, sharedAs)
  collected.register(pool, reference)
}

/** One that is still there. */
export interface Enlisted {
  readonly pool: object
  /** The same for the same pool, also for several handles of it in this isolate. */
  readonly identity: unknown
}

export function enlisted(): Enlisted[] {
  const pools: Enlisted[] = []
  for (const [reference, sharedAs] of live) {
    const pool = reference.deref()
    if (pool !== undefined) pools.push({ pool, identity: sharedAs ?? reference })
  }
  return pools
}
