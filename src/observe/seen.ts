/** What a pool has, as the core tells of it and as this isolate knows its own tasks. */
import { Date } from '../base/intrinsics.js'
import { isolate, native } from '../native/binding.js'
import type { PoolStats } from '../native/pool-stats.js'
import type { SubmitSite } from './submit-site.js'

/** A task that waits or runs, as `inspect()` shows it. */
export interface InspectedTask {
  /** Of a `MultiPool`: which of its pools has the task, for those that wait. */
  readonly pool?: string
  /** The number of the task in its pool, from 1: `id` of `TaskInfo`. */
  readonly id: number
  /**
   * The name of the closure, if it has one; of a thread pool, that of the export. Of a task that another isolate has
   * submitted only the name of an export is known. A lease is called `lease`.
   */
  readonly name?: string
  /** As a number; `Infinity` is `background`. */
  readonly priority: number
  /** The `key`, if it has one and this isolate has submitted the task. */
  readonly key?: string
  /**
   * For how long the task waits, or has waited, in ms, if the pool notes that: for tasks with a `timeout`, of groups and
   * futures, and for all tasks of pools with `panicHandler` or `measure`, or with keys, weights or another rule of
   * scheduling.
   */
  readonly waitMs?: number
  /** For how long its function has been running, in ms, if the pool notes that: in threads always, else as `waitMs`. */
  readonly runMs?: number
  /** Where the task was submitted, as the lines of a stack, if the pool has `trackSubmit` and this isolate submitted it. */
  readonly submitStack?: string
}

/** A worker, as `inspect()` shows it. */
export interface InspectedWorker {
  /** Of a `MultiPool`: which of its pools has the worker. */
  readonly pool?: string
  /** The number of the worker in its pool. Numbers are used again. */
  readonly id: number
  /** `booting`: the thread or the resource is being made. `stopping`: it is being taken down. */
  readonly state: 'booting' | 'busy' | 'idle' | 'stopping'
  /** Since when it has been in that state, in ms as `Date.now()` counts, as far as that is known. */
  readonly since?: number
  /** Its tasks, also those that have been aborted or timed out and have not ended. */
  readonly tasks: readonly InspectedTask[]
  /** Of a thread: Node's number of it. */
  readonly threadId?: number
  /** Of a thread, in the isolate that has it: how much of its heap is used, in MiB; as of the look before, which asks for it. */
  readonly heapMb?: number
  /** Likewise: the share of time in which its event loop was busy, from 0 to 1, since the look before. */
  readonly utilization?: number
  /**
   * Likewise: for how long, at least, its event loop has not had a turn, in ms. Each look asks the loop to answer; 0 if
   * it has answered. A loop that has nothing to do answers at once. Absent at the first look.
   */
  readonly lastTurnMs?: number
}

/** What a pool has at this moment. */
export interface PoolInspection {
  readonly name: string
  readonly kind: 'closures' | 'threads' | 'native' | 'multi'
  readonly stats: PoolStats
  /** The live workers. */
  readonly workers: readonly InspectedWorker[]
  /**
   * The first 100 of the tasks that wait, in the order in which they will start if nothing else comes, and tasks end in
   * the order in which they have started. A pause, and a `rate`, are left aside. Of a `MultiPool`: those of one pool after
   * the other.
   */
  readonly waiting: readonly InspectedTask[]
}

/** Of this many waiting tasks a look tells. */
export const MOST_WAITING = 100

/** What an isolate knows of a task that it has submitted. */
export interface OwnTask {
  readonly name?: string | undefined
  readonly key?: string | undefined
  readonly site?: SubmitSite | undefined
}

/** How a thread is. */
export type Vitals = Pick<InspectedWorker, 'since' | 'heapMb' | 'utilization' | 'lastTurnMs'>

/** The pool that is looked at. */
export interface Subject {
  readonly id: number
  /** `worker`: that which has the task. */
  ownTask(task: number, worker: number | undefined): OwnTask | undefined
  /** The name of an export, by its number with its flags. */
  exportName?(exportCode: number): string | undefined
  vitals?(worker: number): Vitals
}

export type Seen = Pick<PoolInspection, 'workers' | 'waiting'>

type SeenByCore = ReturnType<typeof native.inspect>
type SeenTask = SeenByCore['waiting'][number]

function taskOf(subject: Subject, seen: SeenTask, worker: number | undefined): InspectedTask {
  const { id, task, isOwn, exportCode, priority, waitMs, runMs } = seen
  const own = isOwn ? subject.ownTask(task, worker) : undefined
  const name = own?.name ?? subject.exportName?.(exportCode)
  const submitStack = own?.site?.frames
  return {
    id,
    ...(name !== undefined && { name }),
    priority,
    ...(own?.key !== undefined && { key: own.key }),
    ...(waitMs !== undefined && { waitMs }),
    ...(runMs !== undefined && { runMs }),
    ...(submitStack !== undefined && { submitStack }),
  }
}

/** Since when a worker has been busy, or idle. */
function sinceOf(now: number, idleMs: number | undefined, tasks: readonly InspectedTask[]): number | undefined {
  const runs = tasks.map(({ runMs }) => runMs)
  if (idleMs !== undefined) return Math.round(now - idleMs)
  if (runs.length === 0 || runs.includes(undefined)) return undefined
  return Math.round(now - Math.max(...(runs as number[])))
}

/** Looks at a pool. */
export function see(subject: Subject, most: number): Seen {
  const { workers, waiting } = native.inspect(isolate, subject.id, most)
  const now = Date.now()
  return {
    workers: workers.map(({ id, state, idleMs, threadId, tasks: seen }) => {
      const tasks = seen.map((task) => taskOf(subject, task, id))
      const since = sinceOf(now, idleMs, tasks)
      return {
        id,
        state: state as InspectedWorker['state'],
        ...(since !== undefined && { since }),
        ...subject.vitals?.(id),
        ...(threadId !== undefined && { threadId }),
        tasks,
      }
    }),
    waiting: waiting.map((task) => taskOf(subject, task, undefined)),
  }
}
