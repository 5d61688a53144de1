/**
 * What pools tell on channels of `node:diagnostics_channel`: the names, and what is told. Both are API. The channels of
 * tasks, which are asked for at every submit, are in `task-channels.ts`.
 */
import { channel, hasSubscribers } from 'node:diagnostics_channel'

import { queueMicrotask } from '../base/intrinsics.js'
import type { LiveOptions } from '../options/live-options.js'
import type { TaskInfo } from '../options/task-info.js'

/** Why a task was not run; named as it is counted in `stats().rejected`. */
export type RefusalReason =
  | 'overload'
  | 'rate'
  | 'key'
  | 'paused'
  | 'closed'
  | 'waitTimeout'
  | 'released'
  | 'displaced'
  | 'shed'
  | 'cleared'
  | 'noThread'

/** What every message of a pool has. */
interface OfPool {
  /** The pool's name. Pools of a `MultiPool` have names of their own, and tell of themselves. */
  readonly pool: string
  /** `closures` for a `Pool`, `threads` for a `ThreadPool`. */
  readonly kind: 'closures' | 'threads' | 'native'
}

interface OfThread {
  /** The pool's name. */
  readonly pool: string
  /** The number of the thread in its pool, which a later thread may have again. */
  readonly worker: number
  /** Node's number of the thread, as in `worker_threads`; no other thread of the process ever has it. */
  readonly threadId: number
}

/**
 * How a task has ended. `completed`, `failed`, `timedOut` and `cancelled` are those of `stats()`; a task that is
 * `refused` was not run.
 */
export type TaskOutcome = 'completed' | 'failed' | 'timedOut' | 'cancelled' | 'refused'

/** A task that a pool has refused, at its submit or while it waited. */
export interface RefusedTask {
  readonly pool: string
  /** The number of the task in its pool, if it was accepted and has waited. */
  readonly id?: number
  readonly name?: string
  readonly priority: number
  readonly key?: string
  readonly reason: RefusalReason
  /** How long it has waited, in ms. */
  readonly waitMs: number
}

/**
 * The plain channels by name, with what is told on them. A message is told from a microtask, so nothing that a
 * subscriber does gets in the way of the pool; the next task may have begun by then.
 *
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * import type { ChannelMessages } from 'workpool'
 *
 * subscribe('workpool:thread:crashed', (message) => {
 *   const { pool, threadId, exitCode } = message as ChannelMessages['workpool:thread:crashed']
 *   console.error(`thread ${threadId} of ${pool} died with exit code ${exitCode}`)
 * })
 * ```
 */
export interface ChannelMessages {
  /** A pool was made, or a handle of a shared one. */
  'workpool:pool:created': OfPool & {
    /** `Infinity` if there is no limit. */
    readonly capacity: number
    readonly isShared: boolean
  }
  /** A pool was closed by this isolate: it refuses tasks from now on. Of a shared pool its other isolates say nothing. */
  'workpool:pool:closed': OfPool & {
    /** Which lifetime of the pool has ended: 1 until the first `reboot`. */
    readonly generation: number
  }
  /** `tune` or `configure` has changed options, or `adapt` of `workpool/adaptive` has. */
  'workpool:pool:tuned': OfPool & {
    /** After the change. `Infinity` if there is no limit. */
    readonly capacity: number
    /** The options that were given, with their new values; an unbounded `size` is `Infinity`. */
    readonly change: LiveOptions
    /** Why, if an algorithm of `workpool/adaptive` has made the change. */
    readonly why?: string
  }
  /** A task was not run: refused at its submit, or rejected while it waited. */
  'workpool:task:refused': RefusedTask
  /** A task was shed, because the queue stood. It is told on `workpool:task:refused` as well. */
  'workpool:task:shed': RefusedTask
  /** A task runs for longer than `slowTask`. Told once per task, while it runs. */
  'workpool:task:slow': Omit<TaskInfo, 'waitMs'> & {
    /** For how long it has waited, in ms, if the pool notes that; see `InspectedTask`. */
    readonly waitMs?: number
    readonly key?: string
    /** Of the thread that runs it. */
    readonly threadId?: number
    /**
     * The JavaScript stack of its thread at this moment, unless one was taken within the last second; see `ThreadStack`.
     * Empty if the task waits for something.
     */
    readonly stack?: string
    /** The stack of the call that has submitted it, with `trackSubmit`. */
    readonly submitStack?: string
  }
  /** A thread has loaded its task module, and takes tasks. */
  'workpool:thread:started': OfThread & {
    /** From its start until now, in ms. */
    readonly bootMs: number
  }
  /** A thread has ended, in whatever way. */
  'workpool:thread:ended': OfThread & {
    readonly exitCode: number
    /**
     * `retired`: its pool wanted it no more. `crashed`: it died by itself. `killed`: its pool has ended it, because its
     * task did not heed its abort, or by `destroy`. `unloaded`: it never had loaded its task module.
     */
    readonly how: 'retired' | 'crashed' | 'killed' | 'unloaded'
  }
  /** A thread that had loaded has died by itself. One that its pool has ended is `killed`, and no crash. */
  'workpool:thread:crashed': OfThread & {
    readonly exitCode: number
    /** The uncaught error of which it died. */
    readonly error?: unknown
  }
  /** A thread has reached a limit of the option `recycle`, and is about to be replaced. */
  'workpool:thread:recycled': OfThread & {
    /** How many tasks it has run. */
    readonly tasks: number
    readonly limit: 'tasks' | 'heapMb'
  }
  /** The event loop of a thread has had no turn for long. Told once, until it has had one. */
  'workpool:thread:stalled': OfThread & {
    /** The time since its last turn, in ms, at least. */
    readonly lastTurnMs: number
    /** The tasks that it has begun. */
    readonly tasks: readonly { readonly id: number; readonly name: string; readonly runMs: number }[]
  }
}

type ChannelName = keyof ChannelMessages

/** Whether somebody wants to hear of it. */
export const isHeard = (name: ChannelName): boolean => hasSubscribers(name)

/**
 * Tells whoever has subscribed. The message is made only if somebody has. Costs a look-up of the name, so this is for
 * what is rare.
 */
export function tell<N extends ChannelName>(name: N, message: () => ChannelMessages[N]): void {
  if (!hasSubscribers(name)) return
  const told = message()
  // What a subscriber throws is an uncaught exception, as Node has it, and reaches nobody here.
  queueMicrotask(() => channel(name).publish(told))
}
