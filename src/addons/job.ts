import type { AsyncResource } from 'node:async_hooks'

import { native } from '../native/binding.js'
import { captureContext, runInContext } from '../origin/async-context.js'
import { Call } from '../threads/owner/call.js'

const concludeOf = (place: number): unknown => native.conclude(place)

/** A native job as the isolate sees it that has submitted it: kept until its promise has settled. */
export class Job extends Call {
  /** What carries the context of the submission to the end of the job, if there is anything to carry. */
  #context: AsyncResource | undefined

  constructor(name: string) {
    super(name, undefined, false)
  }

  override promised(): Promise<unknown> {
    const promise = super.promised()
    this.#context ??= captureContext(promise)
    return promise
  }

  /** Has the addon make the result, or the error, of the job that has ended. Throws what the addon throws. */
  conclude(place: number): unknown {
    const context = this.#context
    this.#context = undefined
    return runInContext(context, concludeOf, place, undefined)
  }

  /** It is settled, and the addon has nothing more to say. */
  leave(): void {
    this.#context?.emitDestroy()
    this.#context = undefined
  }
}
