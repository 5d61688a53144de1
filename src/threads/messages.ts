/**
 * What an owner and its threads tell each other by message port: everything that is too rare, or too rich, for the
 * core.
 */
import type { MessagePort } from 'node:worker_threads'
import type { ErrorDescription } from '../wire/payload/index.js'

/** What a thread finds as its `workerData`. */
export interface Assignment {
  readonly workpool: {
    /** The file of the owner's addon. All numbers here are those of the core in that file. */
    readonly core: string
    /** The core's number for the pool, and for the thread as its worker. */
    readonly pool: number
    readonly worker: number
    /** A number that tells the thread from the other threads of the pool. */
    readonly serial: number
    readonly name: string
    /** The task module, as a `file:` URL. */
    readonly filename: string
    /** The modules of carriers, likewise. */
    readonly carry: readonly string[]
    readonly control: MessagePort
    /** 0 for never. */
    readonly recycle: { readonly tasks: number; readonly heapBytes: number }
  }
  /** What the user gave. */
  readonly workerData: unknown
}

export const isAssignment = (data: unknown): data is Assignment =>
  typeof data === 'object' && data !== null && typeof (data as Partial<Assignment>).workpool?.control === 'object'

/**
 * The number of a task, which is used again, and the stamp that tells the task from those that have the number before
 * and after it.
 */
export interface TaskName {
  readonly task: number
  readonly stamp: number
}

/** What an owner sends to a thread. */
export type Order =
  /** The thread is about to be ended. It answers as soon as everything that it has printed has been sent. */
  | 'retire'
  /**
   * The answer to the thread's request for an argument: the argument, or the port that holds it alone. Each request
   * gets one answer, in order.
   */
  | { readonly kind: 'argument'; readonly argument: unknown }
  | { readonly kind: 'port'; readonly port: MessagePort }
  /** There is no argument, because the task has settled or the argument cannot be posted. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: ErrorDescription }
  /** The thread is to say that its event loop has its turn. */
  | Beat

/** The thread writes how much of its heap is used, and then the count, into the cells. */
export interface Beat {
  readonly kind: 'beat'
  readonly count: number
  readonly cells: SharedArrayBuffer
}

/** Where in the cells what is: the count as an `Int32`, the bytes as a `Float64`. */
export const BEAT = { size: 16, count: 0, bytes: 1 } as const

/** What a thread sends to its owner. */
export type Report =
  /** The thread has imported 'workpool/worker'. */
  | { readonly kind: 'entered' }
  /** The thread has loaded the module. */
  | { readonly kind: 'loaded' }
  /** The module cannot be loaded, and that will not change. */
  | { readonly kind: 'unloadable'; readonly error: ErrorDescription }
  /**
   * The thread, which is loading, begins a broadcast that is sticky under this name, and has so many ms for it; 0 for any
   * time. `isAwaited`: its argument has to come by the message port.
   */
  | { readonly kind: 'sticky'; readonly name: string; readonly timeout: number; readonly isAwaited: boolean }
  /** Everything that the thread has printed has arrived. */
  | { readonly kind: 'flushed' }
  /** The thread has reached a limit of `recycle`. */
  | { readonly kind: 'recycled'; readonly by: { readonly tasks: number; readonly limit: 'tasks' | 'heapMb' } }
  /** The thread ends by itself. */
  | { readonly kind: 'exit'; readonly code: number }
  /**
   * The result of a task, or the description of what it failed with. The core's report of its end has the token, too.
   */
  | { readonly kind: 'value'; readonly token: number; readonly value: unknown }
  /** Nobody will ask for this value: its task had settled in another way. */
  | { readonly kind: 'vain'; readonly token: number }

/**
 * So many counts there are; then they begin again. That is far more than the values of a thread that are ever on their
 * way.
 */
const COUNTS = 2 ** 32
/** So many serials there are, because a token must be an exact number. That is more than threads can live at once. */
export const SERIALS = 2 ** 53 / COUNTS

/**
 * A thread counts the values that it sends. No other thread of the pool has its serial while one of them is on its way.
 */
export const tokenOf = (serial: number, count: number): number => serial * COUNTS + count
/** The serial of the thread that has sent the value. */
export const serialOf = (token: number): number => Math.floor(token / COUNTS)
/** The place of the value among those that its thread has sent. */
export const countOf = (token: number): number => token % COUNTS
export const nextCount = (count: number): number => (count + 1) % COUNTS
