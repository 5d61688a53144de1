import { isolate, native } from '../native/binding.js'
import { Map, Promise } from '../base/intrinsics.js'
import { watch } from '../native/isolate.js'

const { WatchCondition } = native

/** A group as the core knows it: a number in each pool that tasks of the group were handed to. The core counts them. */
export class GroupTag {
  readonly #numbers = new Map<number, number>()

  constructor(
    /** Most tasks of the group that run at once in a pool; 0 for no limit. */
    readonly limit: number,
  ) {}

  /** The number of the group in a pool, by the handle of that. */
  numberIn(handle: number): number {
    let number = this.#numbers.get(handle)
    if (number === undefined) {
      number = native.newGroup(isolate, handle)
      this.#numbers.set(handle, number)
    }
    return number
  }

  /** Whether a task of the group waits, or a function of one runs. */
  isOpen(): boolean {
    for (const [handle, number] of this.#numbers) if (native.is_group_open(handle, number) === 1) return true
    return false
  }

  /** Resolves when no task of the group waits, and all functions have ended. Keeps the process alive until then. */
  async whenOver(): Promise<void> {
    // The functions may submit further tasks.
    while (this.isOpen()) {
      const watches = [...this.#numbers].map(
        ([handle, number]) =>
          new Promise<void>((resolve) => watch(handle, WatchCondition.Over, () => resolve(), true, number)),
      )
      for (const each of watches) await each
    }
  }
}
