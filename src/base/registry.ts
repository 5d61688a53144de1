/** What this isolate has made and still references, weakly, in the order in which it was made; and what of it counts. */
import { Map, Set } from './intrinsics.js'

/**
 * What can be counted of a pool without the pool, which may be gone by then. It references nothing that references the
 * pool.
 */
export interface Counted {
  readonly name: string
  readonly kind: 'closures' | 'threads' | 'native' | 'multi'
  /** The core's number for the handle; `undefined` for several pools as one. */
  readonly handle?: number
  /** Of a shared pool: tells it from those that had its name before. Several handles may have it. */
  readonly serial?: number | undefined
  /** Of several pools as one: the calls that none of them has taken, by reason. */
  readonly refused?: Readonly<Record<string, number>>
  /** These pools. */
  readonly members?: readonly Counted[]
}

/** Gives the inside of a pool that is listed, for entry points that load no code of pools. Not a name: nobody else finds it. */
export const INSIDE = Symbol('inside')

const live = new Map<WeakRef<object>, Counted>()
/** Those whose numbers can still be read, though their pool may be gone. */
const counting = new Set<Counted>()
const listeners = new Set<(counted: Counted) => void>()

const collected = new FinalizationRegistry<WeakRef<object>>((reference) => {
  const counted = live.get(reference)!
  live.delete(reference)
  // A handle goes on until its tasks have settled.
  if (counted.handle === undefined) endCount(counted)
})

/** Has `pool` among those that are listed, for as long as somebody references it. */
export function enlist(pool: object, counted: Counted): void {
  const reference = new WeakRef(pool)
  live.set(reference, counted)
  counting.add(counted)
  collected.register(pool, reference)
}

/** Nothing more is to come of it, and its numbers are about to be given back. */
export function endCount(counted: Counted): void {
  if (!counting.delete(counted)) return
  for (const listener of listeners) listener(counted)
}

/** Calls `listener` while the numbers of what ends can still be read. Gives what ends that. */
export function onCountEnd(listener: (counted: Counted) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** All whose numbers can be read. */
export const allCounted = (): Iterable<Counted> => counting

/** A pool that is still there. */
export interface Enlisted {
  readonly pool: object
  readonly counted: Counted
}

export function enlisted(): Enlisted[] {
  const pools: Enlisted[] = []
  for (const [reference, counted] of live) {
    const pool = reference.deref()
    if (pool !== undefined) pools.push({ pool, counted })
  }
  return pools
}
