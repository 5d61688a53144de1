/** What the threads of a pool do, as the core knows it. */
import { isolate, native } from '../../native/binding.js'
import { NAMED, exportNumberOf } from '../../wire/values.js'

/** A task that a thread has begun and not ended, also if it has been aborted or timed out. */
export interface StackTask {
  /** The number of the task in its pool, from 1: `id` of `TaskInfo`. */
  readonly id: number
  /** The name of the exported function. */
  readonly name: string
  /** For how long it has been running, in ms. */
  readonly runMs: number
}

/** A thread of a pool, as the core tells of it. */
export interface Occupation {
  readonly threadId: number
  readonly isIdle: boolean
  readonly tasks: readonly StackTask[]
}

/** What the live threads of a pool do. `nameOf`: the name of the export that a task of this isolate has called. */
export function occupationsOf(pool: number, nameOf: (task: number) => string | undefined): Occupation[] {
  const known = (exportCode: number): string | undefined =>
    exportCode & NAMED ? undefined : (native.nameOfExport(isolate, pool, exportNumberOf(exportCode)) ?? undefined)
  return native.occupations(isolate, pool).map(({ threadId, isIdle, tasks }) => ({
    threadId,
    isIdle,
    tasks: tasks.map(({ id, task, exportCode, runMs }) => {
      // The name of an export without a number came with the argument, and is gone once its task has settled.
      return { id, name: known(exportCode) ?? nameOf(task) ?? '', runMs }
    }),
  }))
}
