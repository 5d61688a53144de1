/** What an owner and its threads tell each other by message port: everything that is too rare, or too rich, for the core. */
import type { MessagePort } from 'node:worker_threads'
import type { ErrorDescription } from '../payload/index.js'

/** What a thread finds as its `workerData`. */
export interface Assignment {
  readonly workpool: {
    /** The core's number for the pool, and for the thread as its worker. */
    readonly pool: number
    readonly worker: number
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
  /** The answer to its request for an argument, of which each gets one, in order: the argument, or the port that it is alone in. */
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
  /** The result of a task, or the description of what it failed with. The core's report of its end has the token, too. */
  | { readonly kind: 'value'; readonly token: number; readonly value: unknown }
  /** Nobody will ask for this one: its task had settled in another way. */
  | { readonly kind: 'vain'; readonly token: number }

/** A thread numbers the values that it sends. Of all threads of the process no two have the same number, nor one the same count twice. */
export const tokenOf = (thread: number, count: number): number => thread * 2 ** 32 + count
/** The thread of a token. */
export const threadOf = (token: number): number => Math.floor(token / 2 ** 32)
/** The how-manieth value of its thread it is. */
export const countOf = (token: number): number => token % 2 ** 32
