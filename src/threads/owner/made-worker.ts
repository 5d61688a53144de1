/** What `createWorker` may give for a thread. */
import { inspect } from 'node:util'
import { type MessagePort, Worker } from 'node:worker_threads'

import { misuse } from '../../base/errors.js'
import { follow, isThenable } from '../../base/follow.js'
import { isNode } from '../../base/runtime.js'
import { isOpen } from './liveness.js'

/** One Worker is one thread of one pool. */
const taken = new WeakSet<Worker>()

const noop = (): void => {}

/** The Worker was made for a pool that cannot use it, so what it says and how it ends is ignored. */
function dispose(made: unknown): void {
  if (!(made instanceof Worker) || taken.has(made)) return
  made.on('error', noop)
  void made.terminate()
}

/**
 * Returns the Worker that `createWorker` has made. `port` is among the options that it must have used.
 *
 * @throws a TypeError that says what is wrong with it
 */
export function checkMade(made: unknown, port: MessagePort): Worker {
  const wrong = whatIsWrong(made, port)
  if (wrong === undefined) {
    taken.add(made as Worker)
    return made as Worker
  }
  if (isThenable(made)) follow(made, dispose, noop)
  else dispose(made)
  throw misuse(
    `createWorker must return a new Worker, made of the url or of its own file and of the options it is given; ${wrong}`,
  )
}

function whatIsWrong(made: unknown, port: MessagePort): string | undefined {
  if (isThenable(made)) return 'it has returned a promise'
  if (!(made instanceof Worker)) return `it has returned ${inspect(made, { depth: -1 })}`
  if (taken.has(made)) return 'it has returned a Worker that a pool already has'
  // Whoever makes a thread with these options moves the port.
  if (isNode && isOpen(port)) return 'it has not given the options to this Worker'
  return undefined
}
