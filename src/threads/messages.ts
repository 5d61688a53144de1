/**
 * What an owner and its threads tell each other by message port: everything that is too rare, or too rich, for the
 * core.
 */
import type { MessagePort } from 'node:worker_threads'
import type { ErrorDescription } from '../wire/payload/index.js'

/** What a thread finds as its `workerData`. */
export interface Assignment {
  readonly workpool: {
    /** The file of the owner's addon: numbers are those of this core. */
    readonly core: string
    /** The core's number for the pool, and for the thread as its worker. */
    readonly pool: number
    readonly worker: number
    /** Tells it from the pool's other threads. */
    readonly serial: number
    readonly name: string
    /** Of the task module, as a `file:` URL. */
    readonly filename: string
    readonly control: MessagePort
    /** 0 for never. */
    readonly recycle: { readonly tasks: number; readonly heapBytes: number }
  }
  /** What the user gave. */
  readonly workerData: unknown
}

export const isAssignment = (data: unknown): data is Assignment =>
  typeof data === 'object' && data !== null && typeof (data as Partial<Assignment>).workpool?.control === 'object'

/** A number that is used again, and what tells the task from the others that have it before and after. */
export interface TaskName {
  readonly task: number
  readonly stamp: number
}

/** To the thread. */
export type Order =
  /** It is about to be ended: it answers as soon as what it has printed is out. */
  | 'retire'
  /**
   * The answer to its request for an argument, of which each gets one, in order: the argument, or the port that it is
   * alone in.
   */
  | { readonly kind: 'argument'; readonly argument: unknown }
  | { readonly kind: 'port'; readonly port: MessagePort }
  /** There is none, as the task has settled; or it cannot be posted. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: ErrorDescription }

/** From the thread. */
export type Report =
  /** It has come as far as 'workpool/worker'. */
  | { readonly kind: 'entered' }
  /** The module is there. */
  | { readonly kind: 'loaded' }
  /** The module cannot be loaded, and that will not change. */
  | { readonly kind: 'unloadable'; readonly error: ErrorDescription }
  /** What it has printed has arrived. */
  | { readonly kind: 'flushed' }
  /** The thread ends by itself. */
  | { readonly kind: 'exit'; readonly code: number }
  /**
   * The result of a task, or the description of what it failed with. The core's report of its end has the token, too.
   */
  | { readonly kind: 'value'; readonly token: number; readonly value: unknown }
  /** Nobody will ask for this one: its task had settled in another way. */
  | { readonly kind: 'vain'; readonly token: number }

/** So many counts there are; then they begin again. Far more than values of a thread are ever on their way. */
const COUNTS = 2 ** 32
/** And so many serials, as a token is a number that is exact: more than threads can live at once. */
export const SERIALS = 2 ** 53 / COUNTS

/**
 * A thread counts the values that it sends. No other thread of the pool has its serial while one of them is on its way.
 */
export const tokenOf = (serial: number, count: number): number => serial * COUNTS + count
/** Which thread has sent it. */
export const serialOf = (token: number): number => Math.floor(token / COUNTS)
/** The place of the value among those that its thread has sent. */
export const countOf = (token: number): number => token % COUNTS
export const nextCount = (count: number): number => (count + 1) % COUNTS
