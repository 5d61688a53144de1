import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'

import { native } from '../../native/binding.js'
import { rare } from '../../wire/rarely.js'
import type { Order } from '../messages.js'
import { type Awaited, type Job, jobOf } from './job.js'

/** What a thread does with a task whose argument has come. */
interface Receiver {
  run(job: Job): void
  /** The argument cannot be had. */
  fail(job: Job, error: unknown): void
}

/** The tasks whose argument comes by the message port, after they have begun. */
export class LateArguments {
  readonly #receiver: Receiver
  /** By number of the task. */
  readonly #awaited = new Map<number, Awaited>()
  /**
   * The tasks whose argument has been asked for, in the order in which the answers come. If an answer cannot be read,
   * its place is all that is known of it.
   */
  readonly #asked: Awaited[] = []

  constructor(receiver: Receiver) {
    this.#receiver = receiver
  }

  ask(awaited: Awaited): void {
    this.#awaited.set(awaited.task, awaited)
    this.#asked.push(awaited)
    native.fetch(awaited.task)
  }

  /** The task of this number, if its argument is awaited. */
  calleeOf(task: number): Awaited | undefined {
    return this.#awaited.get(task)
  }

  /** Nobody waits for the argument of this task any more. Gives the task, if somebody did. */
  forget(task: number): Awaited | undefined {
    const awaited = this.#awaited.get(task)
    if (awaited !== undefined) this.#awaited.delete(task)
    return awaited
  }

  came(order: Exclude<Order, 'retire'>): void {
    this.#receive(() => argumentOf(order))
  }

  cameUnreadable(error: unknown): void {
    this.#receive(() => {
      throw error
    })
  }

  /** An argument that was asked for has come, unless `read` throws. */
  #receive(read: () => unknown): void {
    const asked = this.#asked.shift()
    let argument: unknown
    let failure: { readonly error: unknown } | undefined
    try {
      argument = read()
    } catch (error) {
      failure = { error }
    }
    // The task may have settled meanwhile, and another task may have its number.
    if (asked === undefined || this.#awaited.get(asked.task) !== asked) return
    const { task, exportCode } = asked
    this.#awaited.delete(task)
    if (failure === undefined) this.#receiver.run(jobOf(task, exportCode, argument))
    else this.#receiver.fail({ task, exportCode, name: undefined, argument }, failure.error)
  }
}

/** The argument that has come, unless it cannot be had. */
export function argumentOf(order: Exclude<Order, 'retire'>): unknown {
  if (order.kind === 'argument') return order.argument
  if (order.kind === 'port') return valueFrom(order.port)
  throw order.kind === 'failed' ? rare().reviveError(order.error, []) : new Error('the task has settled')
}

/** The one message that a port holds. */
function valueFrom(port: MessagePort): unknown {
  try {
    const received = receiveMessageOnPort(port) as { message: unknown } | undefined
    return received?.message
  } finally {
    port.close()
  }
}
