import { misuse, wrongType } from '../base/errors.js'
import { follow, isThenable } from '../base/follow.js'
import { Date, Set, clearTimeout, monotonicNow, setTimeout } from '../base/intrinsics.js'
import { INSIDE, enlisted } from '../base/registry.js'
import { Stat } from '../native/pool-stats.js'
import type { Handle } from '../origin/handle.js'
import type { AnyPool, PoolKind } from '../pool/any-pool.js'
import { type AdaptOptions, checkAdaptOptions } from './adapt-options.js'
import { type Algorithm, assertAlgorithm } from './algorithm.js'
import { Decider, type Decision } from './decision.js'
import { Sampler } from './sampler.js'

/** A pool whose size `adapt` can find: a `Pool`, a `ThreadPool` or a `NativePool`. */
export type AdaptedPool = AnyPool & { readonly kind: Exclude<PoolKind, 'multi'> }

/** What `adapt` gives. */
export interface Control {
  /** The last 100 changes, the oldest first. */
  readonly decisions: readonly Decision[]
  /** Ends it; the size stays as it is. A second call does nothing. */
  stop(): void
  /** Is `stop()`, for `using`. */
  [Symbol.dispose](): void
}

const MOST_DECISIONS = 100

/** By the identity of the pool, which several handles of a shared one have in common: two controls would take turns. */
const adapted = new Set<unknown>()
const used = new WeakSet<Algorithm>()

const handleOf = (pool: AdaptedPool) => pool[INSIDE]() as Handle<any, any, any>

const generationOf = (pool: AdaptedPool): number => pool[INSIDE]().stat(Stat.generation)

/** What tells the pool from others. Throws if it is none that has a size of its own. */
function identityOf(pool: AdaptedPool): unknown {
  const found = enlisted().find((each) => each.pool === pool)
  if (found === undefined) throw wrongType('pool', pool, 'a Pool, a ThreadPool or a NativePool')
  if ((pool.kind as string) !== 'multi') return found.counted.serial ?? found.counted
  throw misuse('adapt takes no MultiPool: each of its pools has a size of its own; adapt them one by one')
}

/**
 * Has an algorithm find the size of a pool. Every `every` ms it is given a `Sample` of what the pool has done, and tells
 * the size, which is then tuned.
 *
 * ```js
 * import { adapt, gradient } from 'workpool/adaptive'
 *
 * const pool = Pool.create({ size: 10, maxBlockingTasks: 1_000 })
 * const control = adapt(pool, gradient({ min: 2, max: 200 }))
 * console.log(control.decisions.at(-1)?.why)
 * ```
 *
 * It turns the option `measure` of the pool on, which stays on. It ends with `stop()`, at the end of a `using` block, and
 * once the pool is closed; it keeps neither the process nor the pool alive. Whoever else tunes the pool decides: `adapt`
 * then starts anew from that size. While the pool is paused, nothing is decided. In a shared pool the size of all
 * isolates is found by the one that has called `adapt`; when that ends, the size stays. Each change is told on the
 * channel `workpool:pool:tuned`, with `why`.
 *
 * @param pool a `Pool`, a `ThreadPool` or a `NativePool`; of a `MultiPool` adapt the pools one by one
 * @param algorithm `gradient()`, `aimd()`, `climb()` or `thresholds()` makes one; a new one for each pool
 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`, also if the pool is adapted already; then nothing has changed
 */
export function adapt(pool: AdaptedPool, algorithm: Algorithm, options?: AdaptOptions): Control {
  const identity = identityOf(pool)
  assertAlgorithm(algorithm)
  const { every = 1_000, cooldown = 0, step = Infinity, onChange } = checkAdaptOptions(options)
  const decider = new Decider(algorithm, { cooldown, step }, pool.capacity)
  if (pool.isClosed) throw misuse(`the pool "${pool.name}" is closed, so there is no size to find`)
  if (adapted.has(identity))
    throw misuse(`the pool "${pool.name}" is adapted already; stop that first, as both would tune it`)
  if (used.has(algorithm)) throw misuse('an algorithm is of one adapt, as it remembers what it saw; make a new one')

  pool.configure({ measure: true })
  const reference = new WeakRef(pool)
  const sampler = new Sampler(pool)
  const decisions: Decision[] = []
  adapted.add(identity)
  used.add(algorithm)
  const generation = generationOf(pool)
  let timer: NodeJS.Timeout | undefined

  const stop = (): void => {
    clearTimeout(timer)
    timer = undefined
    sampler.stop()
    adapted.delete(identity)
  }
  const wait = (): void => void (timer = setTimeout(look, every).unref())
  function look(): void {
    const pool = reference.deref()
    // It may have been closed and opened again since.
    if (pool === undefined || pool.isClosed || generationOf(pool) !== generation) return stop()
    wait()
    turn(pool, handleOf(pool), decider, sampler, (decision) => {
      decisions.push(decision)
      if (decisions.length > MOST_DECISIONS) decisions.shift()
      if (onChange !== undefined) tellOf(decision, onChange as NonNullable<AdaptOptions['onChange']>, handleOf(pool))
    })
  }
  wait()
  return { decisions, stop, [Symbol.dispose]: stop }
}

/** One look at the pool. Nothing that the algorithm does ends the next one. */
function turn(
  pool: AdaptedPool,
  handle: Handle<any, any, any>,
  decider: Decider,
  sampler: Sampler,
  decided: (decision: Decision) => void,
): void {
  const now = monotonicNow()
  if (handle.isPaused() || decider.isOverruled(pool.capacity, now)) return sampler.skip(pool)
  if (decider.isCooling(now)) return
  const sample = sampler.sample(pool)
  try {
    const change = decider.next(sample)
    if (change === undefined) return
    handle.configure({ size: handle.checkSize(change.after) }, change.why)
    decided({ at: Date.now(), sample, ...change })
  } catch (error) {
    handle.failures.log('error', { err: error }, 'the algorithm of adapt failed, so the size stays')
  }
}

/** What it throws is as what `panicHandler` throws: it reaches the log, and nobody's timer. */
function tellOf(
  decision: Decision,
  onChange: (decision: Decision) => unknown,
  { failures }: Handle<any, any, any>,
): void {
  const failed = (thrown: unknown): void => failures.log('error', { err: thrown }, 'onChange of adapt failed')
  try {
    const result = onChange(decision)
    if (isThenable(result)) follow(result, noop, failed)
  } catch (thrown) {
    failed(thrown)
  }
}

const noop = (): void => {}
