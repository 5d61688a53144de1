/** The pools of this isolate, for the commands that the core leaves for it. */
import type { Rejection } from './abi.js'

/** What the commands need of a pool. */
export interface CommandTarget {
  /** Whether the pool has something to which only the event loop may come back, such as resources to be disposed of. */
  readonly isRooted: boolean
  /** Settles a task that ended without its function; `limit`: the time in ms that it exceeded, if it did. */
  reject(task: number, rejection: Rejection, limit: number): void
}

/** A pool whose workers this isolate makes. */
export interface WorkerTarget extends CommandTarget {
  /** Makes a worker, or its resource. */
  boot(worker: number): void
  /** Ends a worker that has no task, or disposes of its resource. */
  retire(worker: number): void
}

/** A pool whose tasks end elsewhere. */
export interface OutcomeTarget extends CommandTarget {
  /**
   * Settles a task that a thread has ended; `row` is its place in the exchange. Throws nothing, whatever the value is.
   */
  outcome(task: number, row: number): void
}

/** A pool whose tasks run in this isolate. */
export interface ClosureTarget extends WorkerTarget {
  /** It takes too long to make a worker, or to end one, which does not count any more. */
  overdue(worker: number): void
  /** Asks whether the resource of an idle worker can still be used. */
  validate(worker: number): void
  /** Starts a waiting task on a worker. */
  start(worker: number, task: number): void
}

/** A pool whose tasks run in threads. */
export interface ThreadTarget extends WorkerTarget, OutcomeTarget {
  /** Ends a thread, whatever it does. */
  kill(worker: number): void
  /** A thread is dead. Node says so, too, once this isolate comes back to its event loop. */
  died(worker: number, serial: number): void
  /** Posts the argument of a task to its thread. */
  sendArgument(worker: number, task: number, stamp: number): void
}

/** These references are strong: a pool that nobody else references lives as long as it has work, or may get some. */
const targets: (CommandTarget | undefined)[] = []

/** The pool that has this handle; `undefined` if it has been let go of. */
export const targetOf = (handle: number): CommandTarget | undefined => targets[handle]

/** Whether a pool has something that nobody but the event loop may come back to. */
export const isAnyRooted = (): boolean => targets.some((target) => target?.isRooted)

/** The pool is held until `letGo`, as the core may have commands for it. */
export function hold(handle: number, target: CommandTarget): void {
  targets[handle] = target
}

/** The pool is closed and vacant: the core has no commands for it before it is rebooted. */
export function letGo(handle: number): void {
  targets[handle] = undefined
}
