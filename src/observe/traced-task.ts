import { NoThreadError, PoolClosedError, PoolOverloadError, WaitTimeoutError } from '../base/errors.js'
import { Promise, then } from '../base/intrinsics.js'
import { Rejection } from '../native/abi.js'
import type { RefusalReason, RefusedTask, TaskOutcome } from './channels.js'
import {
  type TaskMessage,
  asyncEnd,
  asyncStart,
  end,
  error,
  refused,
  shed,
  start,
  surroundings,
} from './task-channels.js'

type Written = { -readonly [K in keyof TaskMessage]: TaskMessage[K] }

/** The attempts of one task that a policy tries again, as far as they are traced. */
export interface Trail {
  attempts: number
  last: TaskMessage | undefined
}

/** How tasks end that do not end by their function. */
const ENDS: Readonly<Record<Rejection, Exclude<TaskOutcome, 'refused'> | RefusalReason>> = {
  [Rejection.released]: 'released',
  [Rejection.waitTimeout]: 'waitTimeout',
  [Rejection.taskTimeout]: 'timedOut',
  [Rejection.crashed]: 'failed',
  [Rejection.startFailed]: 'failed',
  [Rejection.destroyed]: 'cancelled',
  [Rejection.displaced]: 'displaced',
  [Rejection.shed]: 'shed',
  [Rejection.cleared]: 'cleared',
  [Rejection.leftOut]: 'cancelled',
}

const isOutcome = (way: string): way is 'failed' | 'timedOut' | 'cancelled' =>
  way === 'failed' || way === 'timedOut' || way === 'cancelled'

/** Why a pool has refused a task at its submit; `undefined`: it has not, and something else was wrong. */
function reasonOf(thrown: unknown): RefusalReason | undefined {
  if (PoolOverloadError.is(thrown)) return thrown.reason
  if (PoolClosedError.is(thrown)) return 'closed'
  if (WaitTimeoutError.is(thrown)) return 'waitTimeout'
  return NoThreadError.is(thrown) ? 'noThread' : undefined
}

/** A task of which it is told on the channels. The pool that takes the task tells it each step, as `Followed` is told. */
export class TracedTask {
  readonly message: Written
  #isAccepted = false
  #isOver = false
  #settled: () => void = () => {}

  constructor(pool: string, name: string | undefined, priority: number, key: string | undefined, trail?: Trail) {
    this.message = {
      pool,
      ...(name !== undefined && { name }),
      priority,
      ...(key !== undefined && { key }),
      waitMs: 0,
      runMs: 0,
    }
    if (trail === undefined) return
    this.message.attempt = ++trail.attempts
    if (trail.last !== undefined) this.message.previous = trail.last
    trail.last = this.message
  }

  /** Submits the task in the context that subscribers have for it. */
  run<T>(submit: () => T): T {
    const { message } = this
    try {
      let run = (): T => start.runStores(message, () => this.#submit(submit)) as T
      for (const surrounding of surroundings) {
        const inner = run
        run = () => surrounding(message, inner)
      }
      return run()
    } finally {
      end.publish(message)
    }
  }

  #submit<T>(submit: () => T): T {
    const settled = new Promise<void>((resolve) => (this.#settled = resolve))
    // Its context is the one in which the end is told.
    void then.call(settled as Promise<unknown>, () => this.#tell())
    try {
      return submit()
    } catch (thrown) {
      this.refuse(thrown)
      throw thrown
    }
  }

  // ── told by the pool ────────────────────────────────────────────────────────────────────────────────────────────

  accepted(pool: string, id: number): void {
    this.#isAccepted = true
    this.message.pool = pool
    this.message.id = id
  }

  /** Nobody has accepted it. Whoever knows says so; the first one counts. */
  refuse(thrown: unknown): void {
    if (this.#isAccepted || this.#isOver) return
    const reason = reasonOf(thrown)
    if (reason !== undefined) this.message.reason = reason
    this.message.outcome = reason === undefined ? 'failed' : 'refused'
    this.failed(thrown)
  }

  /** Its times as they are at its end. */
  noted({ waitMs, runMs }: { readonly waitMs: number; readonly runMs: number }): void {
    if (this.#isOver) return
    this.message.waitMs = waitMs
    this.message.runMs = runMs
  }

  /** It is about to fail, and not by its function. */
  endsBy(cause: Rejection | 'abort'): void {
    if (this.#isOver) return
    const way = cause === 'abort' ? 'cancelled' : ENDS[cause]
    if (isOutcome(way)) {
      this.message.outcome = way
      return
    }
    this.message.outcome = 'refused'
    this.message.reason = way as RefusalReason
  }

  completed(): void {
    if (this.#isOver) return
    this.message.outcome = 'completed'
    this.#settle()
  }

  failed(thrown: unknown): void {
    if (this.#isOver) return
    this.message.outcome ??= 'failed'
    this.message.error = thrown
    this.#settle()
  }

  #settle(): void {
    this.#isOver = true
    this.#settled()
  }

  #tell(): void {
    const { message } = this
    if (message.outcome !== 'completed') error.publish(message)
    asyncStart.publish(message)
    asyncEnd.publish(message)
    if (message.outcome !== 'refused') return
    const { id, name, key, pool, priority, reason, waitMs } = message
    const told: RefusedTask = {
      pool,
      ...(id !== undefined && { id }),
      ...(name !== undefined && { name }),
      priority,
      ...(key !== undefined && { key }),
      reason: reason!,
      waitMs,
    }
    refused.publish(told)
    if (reason === 'shed') shed.publish(told)
  }
}
