/**
 * What a thread does before its first task: the exports that its pool has broadcast before the thread was started, and
 * that are sticky.
 */
import { Promise } from '../../base/intrinsics.js'
import { Registers, ValueFlag, ValueKind, Word } from '../../native/abi.js'
import { isolate, native, numbers, words } from '../../native/binding.js'
import type { Order, Report } from '../messages.js'
import { NAMED, decode } from '../../wire/values.js'
import { jobOf } from './job.js'
import { argumentOf } from './late-arguments.js'
import type { TaskFunctions } from './task-functions.js'

type Sticky = NonNullable<ReturnType<typeof native.sticky>>

/** What an argument is that does not come, as another broadcast has taken the place of this one. */
const REPLACED = Symbol('replaced')

/** No task: it is called before the first one. */
const NO_TASK = -1

export class Stickies {
  /** Gives the argument for which the thread has asked its owner, or throws. */
  #give: ((read: () => unknown) => void) | undefined

  /** Calls all of them, one after the other. Returns whether none has failed. `failed`: one has, of this name. */
  async run(
    functions: TaskFunctions,
    report: (report: Report) => void,
    failed: (error: unknown, name: string) => void,
  ): Promise<boolean> {
    for (let sticky = native.sticky(isolate, 0); sticky !== null; sticky = native.sticky(isolate, sticky.order)) {
      try {
        await this.#call(sticky, functions, report)
      } catch (error) {
        failed(error, sticky.name)
        return false
      }
    }
    return true
  }

  async #call(sticky: Sticky, functions: TaskFunctions, report: (report: Report) => void): Promise<void> {
    const { kind, exportCode, name, timeout } = sticky
    const isAwaited = (kind & ValueFlag.mask) === ValueKind.port
    // At once, as the next call overwrites it.
    const value = isAwaited ? undefined : decode(kind, numbers[Registers.incoming]!, 0, words[Word.second]!)
    report({ kind: 'sticky', name, timeout, isAwaited })
    const argument = isAwaited ? await this.#sent() : value
    if (argument === REPLACED) return
    const job = jobOf(NO_TASK, exportCode, argument)
    await ((exportCode & NAMED) === 0 ? functions.at(exportCode) : functions.named(job.name!))(job.argument)
  }

  #sent(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#give = (read) => {
        try {
          resolve(read())
        } catch (error) {
          reject(error)
        }
      }
    })
  }

  /** An argument has come, or will not. Returns whether it was one of these. */
  came(order: Exclude<Order, 'retire'>): boolean {
    return this.#take(() => (order.kind === 'none' ? REPLACED : argumentOf(order)))
  }

  cameUnreadable(error: unknown): boolean {
    return this.#take(() => {
      throw error
    })
  }

  #take(read: () => unknown): boolean {
    const give = this.#give
    this.#give = undefined
    give?.(read)
    return give !== undefined
  }
}
