import { WorkerCrashedError } from '../../base/errors.js'
import { markHandled } from '../../base/follow.js'
import { Column, Exchange, Figure, ValueFlag, ValueKind } from '../../native/abi.js'
import { figures, outcomes } from '../../native/binding.js'
import type { TaskInfo } from '../../options/task-info.js'
import type { Failures } from '../../origin/failures.js'
import type { ErrorDescription } from '../../wire/payload/index.js'
import { decode } from '../../wire/values.js'
import { afterPrints } from './after-prints.js'
import type { Call } from './call.js'
import type { BatchOfCalls } from './call-table.js'
import { isOf } from './progress.js'
import type { ThreadErrors } from './thread-errors.js'
import type { Threads } from './threads.js'

const noop = (): void => {}

/** What `panicHandler` is told of a task beyond its name and priority. */
export interface Times {
  readonly id: number
  readonly waitMs: number
  readonly runMs: number
}

/** How calls settle: by an outcome, whose place in the exchange is its `row`, or by an error. */
export class CallEnds {
  readonly #failures: Failures
  readonly #errors: ThreadErrors
  /** In the owner. */
  readonly #threads: Threads | undefined

  constructor(failures: Failures, errors: ThreadErrors, threads: Threads | undefined) {
    this.#failures = failures
    this.#errors = errors
    this.#threads = threads
  }

  /** Settles a call by the outcome that its thread has reported. Throws what reading the value back throws. */
  settle(call: Call, row: number): void {
    const kind = kindOf(row)
    if ((kind & ValueFlag.printed) !== 0 && this.#threads !== undefined) settleAfterPrints(call)
    const isFailed = (kind & ValueFlag.failed) !== 0
    if ((kind & ValueFlag.mask) === ValueKind.port) {
      this.#settleByPort(call, isFailed, row)
      return
    }
    const value = valueOf(row)
    if (isFailed) this.#failWith(call, value as ErrorDescription, row)
    else call.succeed(value)
  }

  #failWith(call: Call, description: ErrorDescription, row: number): void {
    const times = timesOf(row)
    this.fail(call, this.#errors.revive(description), times)
  }

  /** The value comes by the message port of the thread. */
  #settleByPort(call: Call, isFailed: boolean, row: number): void {
    // The row is another outcome's by the time that the value is there.
    const times = timesOf(row)
    const fail = (error: unknown) => this.fail(call, error, times)
    this.#threads!.take(figures[row * Exchange.figures + Figure.value]!, {
      give: (value) => (isFailed ? fail(this.#errors.revive(value as ErrorDescription)) : call.succeed(value)),
      fail: (error) => call.fail(error),
      lose: () => fail(new WorkerCrashedError(this.#failures.pool, 0, undefined)),
    })
  }

  /** Whether a row is no end, but says how far its task has come. */
  isProgress(row: number): boolean {
    return (kindOf(row) & ValueFlag.progress) !== 0
  }

  /** The task of a call, or one that had its number before, has come further. */
  hear({ listener, stamp, promise }: Call, row: number): void {
    if (listener === undefined || !isOf(stamp, row)) return
    try {
      listener.hear(valueOf(row), promise === undefined)
    } catch (error) {
      // There is no memory for the value, or it cannot be read back. The task goes on.
      listener.failed(error)
    }
  }

  /** Nobody wants the value of the outcome: its task has settled in another way. */
  drop(row: number): void {
    if ((kindOf(row) & ValueFlag.mask) !== ValueKind.port) return
    this.#threads!.take(figures[row * Exchange.figures + Figure.value]!, { give: noop, fail: noop, lose: noop })
  }

  /** A call fails with an error that panicHandler is to see. */
  fail(call: Call, error: unknown, times: Times): void {
    failWith(this.#failures, call, error, times)
  }
}

/** A call fails with an error that panicHandler is to see. */
export function failWith(failures: Failures, call: Call, error: unknown, { id, waitMs, runMs }: Times): void {
  const { name, priority, promise } = call
  if (failures.panicHandler !== undefined) {
    const info: TaskInfo = { pool: failures.pool, id, name, priority, waitMs, runMs }
    failures.report(error, info)
    if (promise !== undefined) markHandled(promise)
  }
  call.fail(error)
}

export const kindOf = (row: number): number => outcomes[row * Exchange.columns + Column.kind]!

/** Reads the value of an outcome back, which may throw. */
export function valueOf(row: number): unknown {
  const at = row * Exchange.columns
  const number = figures[row * Exchange.figures + Figure.value]!
  return decode(kindOf(row), number, outcomes[at + Column.offset]!, outcomes[at + Column.length]!)
}

export function timesOf(row: number): Times {
  const at = row * Exchange.figures
  return { id: figures[at + Figure.id]!, waitMs: figures[at + Figure.waitMs]!, runMs: figures[at + Figure.runMs]! }
}

/** Whether an outcome is a result that is read at once, and nothing else is to be seen to. */
export function isPlainResult(row: number): boolean {
  const kind = kindOf(row)
  const others = ValueFlag.failed | ValueFlag.printed | ValueFlag.progress
  return (kind & others) === 0 && (kind & ValueFlag.mask) !== ValueKind.port
}

/** The promise of a call settles once the owner has read what the task has printed. An owner that is blocked reads nothing. */
function settleAfterPrints(call: Call): void {
  if (call.promise === undefined) afterPrints(noop)
  else call.settleBy(afterPrints)
}

/** A call of a batch has given its result, and there is no object for it. */
export function completeOf({ batch }: BatchOfCalls, index: number, row: number): void {
  let value: unknown
  try {
    value = valueOf(row)
  } catch (error) {
    batch.failed(error)
    return
  }
  batch.completed(index, value)
}
