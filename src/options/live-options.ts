/** The options that `configure` changes, and the one place where a change is checked. */
import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { type Checked, type Checks, reader, unknownOption } from './checks.js'
import { POOL, type PoolOptions } from './options.js'
import { LIVE_OBSERVING } from './observing-options.js'
import { LIVE_SCHEDULING, assertAgreeing, toPolicy } from './scheduling-options.js'
import { NATIVE } from './native-options.js'
import { THREADS, type ThreadOptions } from './thread-options.js'

/**
 * The options that `configure` may change: those that are *live*. Each means what it means at creation. `minSize` is
 * for thread pools and for pools with `init`, `grace` for thread pools.
 */
export type LiveOptions = Pick<
  PoolOptions,
  | 'size'
  | 'expiry'
  | 'nonblocking'
  | 'maxBlockingTasks'
  | 'slowTask'
  | 'overload'
  | 'shed'
  | 'rate'
  | 'perKey'
  | 'maxBlockingPerKey'
  | 'measure'
> &
  Pick<ThreadOptions, 'minSize' | 'grace'>

const CLOSURES = {
  size: POOL.size,
  expiry: POOL.expiry,
  nonblocking: POOL.nonblocking,
  maxBlockingTasks: POOL.maxBlockingTasks,
  minSize: POOL.minSize,
  ...LIVE_OBSERVING,
  measure: POOL.measure,
  ...LIVE_SCHEDULING,
} satisfies Checks

const CALLS = { ...CLOSURES, size: THREADS.size, minSize: THREADS.minSize, grace: THREADS.grace } satisfies Checks

const { grace: _, ...JOBS } = { ...CALLS, minSize: NATIVE.minSize } satisfies Checks

/** A change that is checked by itself. What it leaves out stays as it is. */
export type Change = Checked<typeof CALLS>

/** `fixed`: the options with which such a pool is made. */
function changesOf<C extends Checks>(checks: C, fixed: Checks): (change: unknown) => Checked<C> {
  const what = 'what configure changes'
  const live = Object.keys(checks)
  const read = reader(what, checks, (option) => {
    if (!Object.hasOwn(fixed, option)) return unknownOption(option, what, live)
    const instead = option === 'disablePurge' ? '; expiry is, and Infinity has idle workers stay' : ''
    return misuse(`${option} is not live: it is fixed when the pool is made${instead}. Live are ${live.join(', ')}`)
  })
  return (change) => {
    if (change === undefined) throw wrongType(what, change, 'an object')
    return read(change)
  }
}

export const checkClosureChange: (change: unknown) => Change = changesOf(CLOSURES, POOL)
export const checkThreadChange: (change: unknown) => Change = changesOf(CALLS, THREADS)
export const checkNativeChange: (change: unknown) => Change = changesOf(JOBS, NATIVE)

/** What of a pool a change has to agree with, as it is now. */
export interface Present {
  /** 0 = unbounded. */
  readonly size: number
  readonly maxBlockingTasks: number
  readonly discardOldest: boolean
}

/** Throws if a change contradicts itself, or what it leaves as it is. */
export function assertAgrees(change: Change, present: Present, hasAgeing: boolean): void {
  const { minSize = 0, size = present.size, maxBlockingTasks = present.maxBlockingTasks } = change
  if (size !== 0 && minSize > size) throw outOfRange('minSize', minSize, `at most size, ${size}`)
  const { overload = present.discardOldest ? 'discard-oldest' : 'reject' } = change
  assertAgreeing({ ...change, overload }, maxBlockingTasks, hasAgeing)
}

/** What the core is told. */
export function toCoreChange({
  size,
  expiry,
  nonblocking,
  maxBlockingTasks,
  minSize,
  grace,
  measure,
  ...scheduling
}: Change) {
  return {
    ...(size !== undefined && { size }),
    ...(expiry !== undefined && { expiry: expiry === Infinity ? 0 : expiry }),
    ...(nonblocking !== undefined && { nonblocking }),
    ...(maxBlockingTasks !== undefined && { maxBlockingTasks }),
    ...(minSize !== undefined && { minSize }),
    ...(grace !== undefined && { grace }),
    ...(measure !== undefined && { measure }),
    ...toPolicy(scheduling),
  }
}
