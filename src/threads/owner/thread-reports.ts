import { fileURLToPath } from 'node:url'

import { withoutLimits } from '../../base/runtime.js'
import { native } from '../../native/binding.js'
import { carryOut, settleOutcomes } from '../../native/isolate.js'
import { Stat } from '../../native/pool-stats.js'
import { readStat } from '../../native/stats.js'
import type { ThreadPoolSettings } from '../../options/thread-options.js'
import type { Failures } from '../../origin/failures.js'
import type { ErrorDescription } from '../../wire/payload/index.js'
import { pack } from '../../wire/values.js'
import { openStreams } from '../stream/open-streams.js'
import type { StreamHome } from '../stream/home.js'
import { type ThreadErrors, packCrash } from './thread-errors.js'
import type { ThreadEvents } from './member.js'

/** Tells the core what has become of a pool's threads. */
export class ThreadReports implements ThreadEvents {
  readonly #pool: StreamHome
  readonly #settings: ThreadPoolSettings
  readonly #failures: Failures
  readonly #errors: ThreadErrors
  /** Whether it has been logged that a thread cannot be started, and none has loaded since. */
  #hasWarned = false

  constructor(pool: StreamHome, settings: ThreadPoolSettings, failures: Failures, errors: ThreadErrors) {
    this.#pool = pool
    this.#settings = settings
    this.#failures = failures
    this.#errors = errors
    if (withoutLimits !== undefined && settings.threads.worker.resourceLimits !== undefined) {
      const message = `${withoutLimits} does not report a thread that reaches its resourceLimits; only a timeout ends its task`
      failures.log('warn', { option: 'resourceLimits' }, message)
    }
  }

  crashed(worker: number, exitCode: number, cause: ErrorDescription | undefined): void {
    // What came before the death comes before its consequences.
    settleOutcomes()
    packCrash(exitCode, cause)
    native.crashed(this.#pool.id, worker)
    carryOut()
  }

  retired(worker: number): void {
    native.retired(this.#pool.id, worker)
    carryOut()
  }

  startFailed(worker: number, cause: ErrorDescription | undefined): void {
    const failed = readStat(this.#pool.id, Stat.failed)
    pack(cause)
    native.start_failed(this.#pool.id, worker)
    // Otherwise the errors of tasks say so.
    const isUntold = readStat(this.#pool.id, Stat.failed) === failed
    if (isUntold && cause !== undefined) this.#warnOfStart(cause)
    carryOut()
  }

  loaded(): void {
    this.#hasWarned = false
  }

  ended(): void {
    for (const stream of openStreams(this.#pool.streamKey)) stream.collect()
  }

  /** A thread could not be started, and no task rejects for it. This is logged once, until a thread has loaded. */
  #warnOfStart(cause: ErrorDescription): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    const file = fileURLToPath(this.#settings.threads.filename)
    const message = `a thread could not be started for ${file}; this is said once until one has loaded`
    this.#failures.log('warn', { err: this.#errors.revive(cause) }, message)
  }
}
