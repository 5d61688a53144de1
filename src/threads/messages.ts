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

/** To the thread. */
export type Order =
  /** It is about to be ended: it answers as soon as what it has printed is out. */
  | 'retire'
  /** The argument of a task, or the port that it is alone in. */
  | ({ readonly task: number } & ({ readonly port: MessagePort } | { readonly argument: unknown }))

/** From the thread. */
export type Report =
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
