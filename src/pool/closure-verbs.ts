/** What pools of closures, a MultiPool of such, and views of them have in common beyond `AnyPool`. */
import { rejectedLater } from '../base/intrinsics.js'
import { needHeadroom } from '../base/headroom.js'
import type { Taker } from '../map/taker.js'
import { Offer } from '../native/abi.js'
import {
  type SubmitChecked,
  NO_SUBMIT_OPTIONS,
  checkLeaseOptions,
  checkSubmitOptions,
  checkTask,
  checkTasks,
} from '../options/options.js'
import { merged } from '../options/policy-options.js'
import { LEASE, type Lease } from '../origin/lease.js'
import { type Closure, type TaskContext, nameOf } from '../origin/task.js'
import { isOfUnmade } from '../origin/unmade.js'
import { noCare } from './no-care.js'
import { type ClosureAccess, NO_TERMS } from './closure-access.js'
import { forCare, forMaps } from './needed.js'

export function closureOptions<R>({ origin, terms }: ClosureAccess<R>, options: unknown): SubmitChecked {
  if (options === undefined) return terms.options
  const checked = checkSubmitOptions(options)
  origin.assertPossible(checked)
  return terms.options === NO_SUBMIT_OPTIONS ? checked : merged(terms.options, checked)
}

/** A submit with options, or in a view, or of what is no closure. */
export function submitChecking<R>(access: ClosureAccess<R>, task: unknown, options: unknown): Promise<unknown> {
  try {
    checkTask(task)
    const checked = closureOptions(access, options)
    return access.terms.care === undefined
      ? access.origin.submit(task, checked)
      : submitCarefully(access, task, checked)
  } catch (error) {
    return rejectedLater(error)
  }
}

/** A submit by way of a policy, or with a fallback. */
function submitCarefully<R>(access: ClosureAccess<R>, task: Closure<R>, options: SubmitChecked): Promise<unknown> {
  needHeadroom()
  return forCare().carefully(access.terms.care!, options.signal, undefined, (signal, trail) => {
    let isStarted = false
    const attempt = (context: TaskContext<R>): unknown => {
      isStarted = true
      return task(context)
    }
    const name = nameOf(task)
    if (name !== undefined) Object.defineProperty(attempt, 'name', { value: name })
    const promise = access.origin.submit(attempt, forCare().forAttempt(options, signal, trail))
    return { promise, wasTurnedAway: (error) => !isStarted && !isOfUnmade(error) }
  })
}

/** A batch of closures. */
export function submitAllChecking<R>(access: ClosureAccess<R>, tasks: unknown, options: unknown): Promise<unknown[]> {
  try {
    noCare(access.terms.care, 'submitAll')
    const list = checkTasks(tasks)
    return access.origin.submitAll(list, closureOptions(access, options))
  } catch (error) {
    return rejectedLater(error)
  }
}

export function executeChecking<R>(access: ClosureAccess<R>, task: unknown, options: unknown): void {
  noCare(access.terms.care, 'execute')
  checkTask(task)
  access.origin.execute(task, closureOptions(access, options))
}

export function tryExecuteChecking<R>(access: ClosureAccess<R>, task: unknown, options: unknown): boolean {
  noCare(access.terms.care, 'tryExecute')
  checkTask(task)
  return access.origin.tryExecute(task, closureOptions(access, options))
}

export function leaseChecking<R>(access: ClosureAccess<R>, options: unknown): Promise<Lease<R>> {
  try {
    const { origin, terms } = access
    noCare(terms.care, 'lease')
    const checked: SubmitChecked = checkLeaseOptions(options)
    origin.assertPossible(checked)
    // A lease has no timeout, and takes one slot.
    const { timeout: _, weight: __, ...all } = merged(terms.options, checked)
    return origin.submit(LEASE, all) as Promise<Lease<R>>
  } catch (error) {
    return rejectedLater(error)
  }
}

/** What a map needs of a pool of closures. */
function takerOf<R>(access: ClosureAccess<R>): Taker<TaskContext<R>> {
  const { origin } = access
  const taker: Taker<TaskContext<R>> = {
    // It references the pool.
    capacity: () => access.origin.capacity(),
    hasVacancy: () => origin.hasVacancy(),
    awaitTurn: (wait, told, refused) => origin.awaitTurn(wait, told, refused),
    assertPossible: (options) => origin.assertPossible(options as SubmitChecked),
    submit: (run, options) => origin.offer(run, options as SubmitChecked | undefined, Offer.normal)!,
  }
  if (access.terms.care === undefined) return { ...taker, abort: (marks, reason) => access.abort(marks, reason) }
  return {
    ...taker,
    submit: (run, options) => submitCarefully(access, run, options as SubmitChecked),
    isRefusal: forCare().isFinalRefusal,
  }
}

export function mapChecking<R, I, O>(
  access: ClosureAccess<R>,
  items: Iterable<I> | AsyncIterable<I>,
  task: (item: I, context: TaskContext<R>) => O | PromiseLike<O>,
  options: unknown,
): AsyncIterableIterator<Awaited<O>> {
  return forMaps().map(takerOf(access), items, task, options, access.terms.options)
}

/** See `Pool.wrap`. */
export function wrapping<R>(access: ClosureAccess<R>, f: unknown): (...args: unknown[]) => Promise<unknown> {
  checkTask(f, 'f')
  const name = nameOf(f as () => unknown)
  return function (this: unknown, ...args) {
    const task = (): unknown => Reflect.apply(f, this, args)
    if (name !== undefined) Object.defineProperty(task, 'name', { value: name })
    // A plain submit, if nothing holds for every task.
    return access.terms === NO_TERMS
      ? access.origin.offer(task, undefined, Offer.normal)!
      : submitChecking(access, task, undefined)
  }
}
