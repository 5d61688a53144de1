/** What pools of closures, and a MultiPool of such, have in common beyond `AnyPool`. */
import { rejectedLater } from '../base/intrinsics.js'
import type { Taker } from '../map/taker.js'
import { Offer } from '../native/abi.js'
import { type SubmitChecked, checkLeaseOptions, checkSubmitOptions, checkTask, checkTasks } from '../options/options.js'
import { LEASE, type Lease } from '../origin/lease.js'
import type { Origin } from '../origin/origin.js'
import type { Closure, TaskContext } from '../origin/task.js'

export type Closures<R> = Origin<Closure<R>, SubmitChecked>

function checkedFor<R>(origin: Closures<R>, options: unknown): SubmitChecked {
  const checked = checkSubmitOptions(options)
  if (options !== undefined) origin.assertPossible(checked)
  return checked
}

/** A submit with options, or with what is no closure. */
export function submitChecking<R>(origin: Closures<R>, task: unknown, options: unknown): Promise<unknown> {
  try {
    checkTask(task)
    return origin.submit(task, checkedFor(origin, options))
  } catch (error) {
    return rejectedLater(error)
  }
}

/** A batch of closures. */
export function submitAllChecking<R>(origin: Closures<R>, tasks: unknown, options: unknown): Promise<unknown[]> {
  try {
    const list = checkTasks(tasks)
    return origin.submitAll(list, checkedFor(origin, options))
  } catch (error) {
    return rejectedLater(error)
  }
}

export function executeChecking<R>(origin: Closures<R>, task: unknown, options: unknown): void {
  checkTask(task)
  origin.execute(task, checkedFor(origin, options))
}

export function tryExecuteChecking<R>(origin: Closures<R>, task: unknown, options: unknown): boolean {
  checkTask(task)
  return origin.tryExecute(task, checkedFor(origin, options))
}

export function leaseChecking<R>(origin: Closures<R>, options: unknown): Promise<Lease<R>> {
  try {
    const checked: SubmitChecked = checkLeaseOptions(options)
    origin.assertPossible(checked)
    return origin.submit(LEASE, checked) as Promise<Lease<R>>
  } catch (error) {
    return rejectedLater(error)
  }
}

/**
 * What a map needs of a pool of closures.
 *
 * @param pool referenced, as a pool that nobody references is released, and not its origin alone
 */
export const takerOf = <R>(
  pool: object,
  origin: Closures<R>,
  abort: (marks: ReadonlySet<unknown>, reason: unknown) => void,
): Taker<TaskContext<R>> & { readonly pool: object } => ({
  pool,
  capacity: () => origin.capacity(),
  hasVacancy: () => origin.hasVacancy(),
  awaitTurn: (wait, told, refused) => origin.awaitTurn(wait, told, refused),
  assertPossible: (options) => origin.assertPossible(options as SubmitChecked),
  submit: (run, options) => origin.offer(run, options as SubmitChecked | undefined, Offer.normal)!,
  abort,
})
