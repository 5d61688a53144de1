import type { Transferable } from '../../base/transferable.js'
import type { CurrentTask } from './current-task.js'

/** A value that is to be moved rather than cloned. */
export interface Transfer {
  readonly value: unknown
  readonly list: readonly Transferable[]
}

/**
 * What a thread of a pool tells all code in it that imports `workpool/worker`. A task module may have another copy of
 * this package than the pool, or a realm of its own, so this is kept on a module of which all realms get the same. Its
 * shape must not change, because copies may be of different versions; a change needs a key of its own.
 */
export interface ThreadWide {
  /** What the user gave. */
  readonly workerData: unknown
  readonly currentTask: () => CurrentTask | undefined
  /** The values that `transfer` has made, in any copy. */
  readonly transfers: WeakSet<Transfer>
}

const KEY = Symbol.for('workpool.thread.1')

/** The module itself, and not a copy of what it exports. */
export const workerThreads = require('node:worker_threads') as typeof import('node:worker_threads') & {
  [KEY]?: ThreadWide
}

/** `undefined` outside of a pool's threads. */
export const threadWide = (): ThreadWide | undefined => workerThreads[KEY]

/** This isolate is a thread of a pool. */
export function declare(self: ThreadWide): void {
  workerThreads[KEY] = self
}
