import { fileURLToPath } from 'node:url'

import { WorkerCrashedError, WorkerStartError } from '../../base/errors.js'
import { Rejection } from '../../native/abi.js'
import { native } from '../../native/binding.js'
import type { ThreadPoolSettings } from '../../options/thread-options.js'
import { rejectionError } from '../../origin/rejections.js'
import { strainOf } from '../../origin/strain.js'
import type { ErrorDescription } from '../../wire/payload/index.js'
import { rare } from '../../wire/rarely.js'
import { decodeAnswer, pack } from '../../wire/values.js'

/** Of what a thread has died. */
interface Crash {
  readonly exitCode: number
  readonly cause: ErrorDescription | undefined
}
const UNKNOWN_CRASH: Crash = { exitCode: 1, cause: undefined }

/** Makes the cause of a crash ready to go out, for the isolates whose tasks it ends. */
export function packCrash(exitCode: number, cause: ErrorDescription | undefined): void {
  pack(cause, (reduced) => ({ exitCode, cause: reduced }) as Crash)
}

/** The errors of a pool's threads, as tasks reject with them. */
export class ThreadErrors {
  readonly #settings: ThreadPoolSettings

  constructor(settings: ThreadPoolSettings) {
    this.#settings = settings
  }

  /** That of a task which the core has ended; `pool`: the handle, `limit`: the time in ms that it has exceeded. */
  of(rejection: Exclude<Rejection, Rejection.leftOut>, limit: number, pool: number, task: string): Error {
    if (rejection === Rejection.crashed) return this.#crash()
    if (rejection === Rejection.startFailed) return this.start(native.detail())
    return rejectionError(rejection, limit, this.#settings.name, task, () => strainOf(pool))
  }

  /** The thread has died, of what the core has been told by `packCrash`. */
  #crash(): WorkerCrashedError {
    const { name } = this.#settings
    try {
      // There may have been no memory for the reason.
      const { exitCode, cause } = (decodeAnswer(native.detail()) as Crash | undefined) ?? UNKNOWN_CRASH
      return new WorkerCrashedError(name, exitCode, this.revive(cause))
    } catch (unreadable) {
      return new WorkerCrashedError(name, 1, unreadable)
    }
  }

  /** No thread can be started; `answer`: the kind of the value that says why. */
  start(answer: number): WorkerStartError {
    return new WorkerStartError(
      this.#settings.name,
      fileURLToPath(this.#settings.threads.filename),
      this.#cause(answer),
    )
  }

  /** Why, as far as that can be read back. */
  #cause(answer: number): unknown {
    try {
      return this.revive(decodeAnswer(answer) as ErrorDescription | undefined)
    } catch (unreadable) {
      return unreadable
    }
  }

  revive(description: ErrorDescription | undefined): unknown {
    if (description === undefined) return undefined
    try {
      return rare().reviveError(description, this.#settings.errors)
    } catch {
      // One of these classes throws when it is asked for its name or prototype.
      return rare().reviveError(description, [])
    }
  }
}
