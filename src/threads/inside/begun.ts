import { TaskTimeoutError } from '../../base/errors.js'
import { AbortController, DOMException } from '../../base/intrinsics.js'
import { Interruption, Registers } from '../../native/abi.js'
import { native } from '../../native/binding.js'
import { LISTENED, encode, serialize } from '../../wire/values.js'
import type { CurrentTask } from './current-task.js'
import type { Callee } from './job.js'

/**
 * How often something may have happened to a task of this thread. Other threads count it up, after the core has noted
 * what has happened.
 */
const alerts = new Int32Array(native.registers, Registers.alertsAt, 1)

/** A task that this thread has begun and whose function has called `currentTask`. */
export class Begun implements CurrentTask {
  readonly #pool: string
  readonly #isListened: boolean
  #controller: AbortController | undefined
  /** What the core has said at the last look. */
  #interruption: number = Interruption.nothing
  /** The count of the alerts that the last look has seen. Before the first look it is one that is far from coming. */
  #seen = Atomics.load(alerts, 0) ^ 0x40000000
  #hasEnded = false

  constructor(
    pool: string,
    readonly id: number,
    readonly name: string,
    { exportCode }: Callee,
  ) {
    this.#pool = pool
    this.#isListened = (exportCode & LISTENED) !== 0
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal
  }

  /** The compiler must not take the load out of a loop: hence `Atomics`. */
  get aborted(): boolean {
    return this.#interruption !== Interruption.nothing || (Atomics.load(alerts, 0) !== this.#seen && this.#look())
  }

  /** Asks the core. What comes after the count was read is asked for at the next look. */
  #look(): boolean {
    this.#seen = Atomics.load(alerts, 0)
    // Another task may have its number by now.
    if (!this.#hasEnded) this.#interruption = native.interruption(this.id)
    return this.#interruption !== Interruption.nothing
  }

  throwIfAborted(): void {
    if (!this.aborted) return
    this.#controller?.signal.throwIfAborted()
    if (this.#interruption > 0) throw new TaskTimeoutError(this.#pool, this.#interruption, this.name)
    throw new DOMException('This operation was aborted', 'AbortError')
  }

  progress(value: unknown): void {
    if (!this.#isListened || this.#hasEnded) return
    if (!encode(value)) serialize(value)
    native.progress(this.id)
  }

  /** The reason has arrived. */
  abort(reason: unknown): void {
    if (this.#interruption === Interruption.nothing) this.#interruption = Interruption.aborted
    ;(this.#controller ??= new AbortController()).abort(reason)
  }

  /** The function has ended. What it has kept of the task goes on to say what it said last. */
  end(): void {
    this.#hasEnded = true
  }
}
