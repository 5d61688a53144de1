/** How tasks are submitted that somebody traces. It wraps the submission, and whoever takes the task tells it each step. */
import type { AsyncResource } from 'node:async_hooks'

import { Offer } from '../native/abi.js'
import { TracedTask, type Trail } from '../observe/traced-task.js'
import { captureContextForMany } from './async-context.js'
import { type Jobs, type Reserver, submitTogether } from './batch.js'
import type { Followed } from './followed.js'
import { isRefusal, reasonOfRefusal } from './rejections.js'
import { type Named, nameOf } from './task.js'

/** What is told of the options of a task. */
interface Traceable {
  readonly priority?: number
  readonly key?: string
  readonly trail?: Trail
}

/** An origin, as far as tasks are submitted to it here. */
interface Submitted<J> {
  readonly name: string
  offer(job: J, options: any, mode: Offer): Promise<unknown> | undefined
  offerSilently(job: J, options: any, mode: Offer): number
  execute(job: J, options: any): void
  refusal(code: number, job: J): Error
}

const nameOfJob = (job: unknown): string | undefined =>
  typeof job === 'function' ? nameOf(job as unknown as Named) : (job as { readonly name: string }).name

const newTask = (pool: string, job: unknown, options: Traceable | undefined): TracedTask =>
  new TracedTask(pool, nameOfJob(job), options?.priority ?? 1, options?.key, options?.trail)

/** Has a job submitted by `submit`, with the options that say that it is traced. */
export function traced<J, O extends Traceable, T>(
  { name }: Submitted<J>,
  job: J,
  options: O | undefined,
  submit: (options: O & { readonly traced: TracedTask }) => T,
): T {
  const task = newTask(name, job, options)
  return task.run(() => submit({ ...options, traced: task } as O & { readonly traced: TracedTask }))
}

export const offerTraced = <J, O extends Traceable>(
  origin: Submitted<J>,
  job: J,
  options: O | undefined,
  mode: Offer,
): Promise<unknown> | undefined => traced(origin, job, options, (all) => origin.offer(job, all, mode))

export const executeTraced = <J, O extends Traceable>(origin: Submitted<J>, job: J, options: O): void =>
  traced(origin, job, options, (all) => origin.execute(job, all))

export const tryExecuteTraced = <J, O extends Traceable>(origin: Submitted<J>, job: J, options: O): boolean =>
  traced(origin, job, options, (all) => {
    const code = origin.offerSilently(job, all, Offer.normal)
    if (!isRefusal(code)) return true
    all.traced.refuse(origin.refusal(code, job))
    return false
  })

export const submitFollowedTraced = <J, O extends Traceable>(
  followed: Followed,
  origin: Submitted<J>,
  job: J,
  options: O,
): void =>
  traced(origin, job, options, (all) => {
    const code = origin.offerSilently(job, { ...all, followed }, Offer.normal)
    if (!isRefusal(code)) return
    const error = origin.refusal(code, job)
    all.traced.refuse(error)
    followed.refuse(reasonOfRefusal(code), error)
  })

/** As `submitTogether`. */
export function submitTogetherTraced<J, O extends Traceable, L extends Jobs>(
  origin: Reserver<J, any, L>,
  jobs: L,
  options: O,
): Promise<unknown[]> {
  const jobAt = (index: number): unknown => (Array.isArray(jobs) ? jobs[index] : origin.anyOf(jobs))
  const tracedBatch = new TracedBatch(origin.name, jobAt, jobs.length, options)
  try {
    return submitTogether(origin, jobs, { ...options, tracedBatch })
  } catch (error) {
    tracedBatch.refuse(error)
    throw error
  }
}

/** The jobs of a batch, by place. */
export class TracedBatch {
  readonly tasks: readonly TracedTask[]
  readonly #contexts: (AsyncResource | undefined)[] = []

  constructor(pool: string, jobAt: (index: number) => unknown, count: number, options: Traceable) {
    this.tasks = Array.from({ length: count }, (_, index) => newTask(pool, jobAt(index), options))
    for (const task of this.tasks) task.run(() => this.#contexts.push(captureContextForMany()))
  }

  /** The context of a task, for its closure. */
  contextAt(index: number): AsyncResource | undefined {
    return this.#contexts[index]
  }

  /** Calls `f` in the context of a task. */
  within<T>(index: number, f: () => T): T {
    const context = this.#contexts[index]
    return context === undefined ? f() : context.runInAsyncScope(f)
  }

  /** None of them is accepted that has not been. */
  refuse(error: unknown): void {
    for (const task of this.tasks) task.refuse(error)
  }
}
