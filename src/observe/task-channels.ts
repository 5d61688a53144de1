/** The channels of tasks. They are asked for at every submit, so they are objects and not names. */
import { channel } from 'node:diagnostics_channel'

import type { RefusalReason, TaskOutcome } from './channels.js'

/**
 * The context object of the `TracingChannel` `workpool.task`: one for each task, the same for all its events. It is made
 * only if somebody has subscribed when the task is submitted.
 *
 * - `start` is told before the pool is asked, in the context of the caller. What `bindStore` gives holds for the
 *   closure, and for what carriers capture.
 * - `end` is told when the submit returns; a closure may have begun, and ended, by then.
 * - `error`, `asyncStart` and `asyncEnd` are told, in this order, when the task has settled: from a microtask before
 *   the first one that waits for its promise, in the context of `start`. `error` comes only if the task has not completed.
 *
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * import type { TaskMessage } from 'workpool'
 *
 * subscribe('tracing:workpool.task:asyncEnd', (message) => {
 *   const { pool, name, waitMs, runMs, outcome } = message as TaskMessage
 *   console.log(`${pool} ${name}: ${outcome} after ${waitMs + runMs} ms`)
 * })
 * ```
 */
export interface TaskMessage {
  /** The pool's name. Of a `MultiPool` it is the name of the pool that has taken the task. */
  readonly pool: string
  /** The number of the task in its pool, once it is accepted: the first task has 1. */
  readonly id?: number
  /** The name of the closure, or of the export. */
  readonly name?: string
  /** 0 for `high`, 1 for `normal`, 2 for `low`, `Infinity` for `background`. */
  readonly priority: number
  readonly key?: string
  /** How long it has waited, in ms, once it has settled; 0 before. */
  readonly waitMs: number
  /** How long its function has run, in ms, once it has settled; 0 before. */
  readonly runMs: number
  /** How it has ended, once it has settled. */
  readonly outcome?: TaskOutcome
  /** Why it was refused, if it was. */
  readonly reason?: RefusalReason
  /** What its promise rejects with, or would. */
  readonly error?: unknown
  /** Of a task of a pool with a `policy`: which attempt it is, from 1. */
  readonly attempt?: number
  /** The attempt before this one. */
  readonly previous?: TaskMessage
}

const ofTasks = (event: string) => channel(`tracing:workpool.task:${event}`)

export const start = ofTasks('start')
export const end = ofTasks('end')
export const asyncStart = ofTasks('asyncStart')
export const asyncEnd = ofTasks('asyncEnd')
export const error = ofTasks('error')
export const refused = channel('workpool:task:refused')
export const shed = channel('workpool:task:shed')

/** Whether somebody wants to hear of the tasks that are submitted now. */
export const isTraced = (): boolean =>
  start.hasSubscribers ||
  end.hasSubscribers ||
  asyncStart.hasSubscribers ||
  asyncEnd.hasSubscribers ||
  error.hasSubscribers ||
  refused.hasSubscribers ||
  shed.hasSubscribers

/** Stands around the submit of a task that is traced: it calls `submit` once, and gives what that gives. */
export type Surrounding = <T>(task: TaskMessage, submit: () => T) => T

/** The surroundings of all tasks that are traced, for contexts that no channel can bind. */
export const surroundings: Surrounding[] = []
