import type { AsyncResource } from 'node:async_hooks'

import { follow, isThenable } from '../base/follow.js'
import { native } from '../native/binding.js'
import { carryOut, hasCommands } from '../native/isolate.js'
import type { PoolSettings } from '../options/options.js'
import { captureContextForGood, runInContextForGood } from './async-context.js'
import type { Failures } from './failures.js'
import type { Slot } from './slot.js'

/** Whose resources they are. */
export interface ResourceOwner<R> {
  readonly id: number
  /** Its resource is there: the slot may take tasks. */
  booted(slot: Slot<R>): void
  bootFailed(slot: Slot<R>, error: unknown): void
}

/** Whether the core has stopped waiting for the end of a disposal. */
interface Disposal {
  isOverdue: boolean
}

/** The resources of a pool: what each of its slots holds from task to task. The core says when one is made or disposed of. */
export class Resources<R> {
  readonly #owner: ResourceOwner<R>
  readonly #settings: PoolSettings<R>
  readonly #failures: Failures
  /** By the number of the slot. */
  readonly #disposals = new Map<number, Disposal>()
  /** The context of `create`: a resource belongs to no task. */
  readonly #asyncContext: AsyncResource | undefined = captureContextForGood()

  constructor(owner: ResourceOwner<R>, settings: PoolSettings<R>, failures: Failures) {
    this.#owner = owner
    this.#settings = settings
    this.#failures = failures
  }

  boot(slot: Slot<R>): void {
    runInContextForGood(this.#asyncContext, this.#boot, slot)
  }

  readonly #boot = (slot: Slot<R>): void => {
    const made = (resource: R): void => {
      slot.resource = resource
      this.#owner.booted(slot)
    }
    const failed = (error: unknown): void => this.#owner.bootFailed(slot, error)
    let resource: R | PromiseLike<R>
    try {
      resource = this.#settings.init!()
      if (isThenable(resource)) {
        follow(resource, made, failed)
        return
      }
    } catch (error) {
      failed(error)
      return
    }
    made(resource)
  }

  retire(slot: Slot<R>): void {
    runInContextForGood(this.#asyncContext, this.#retire, slot)
  }

  readonly #retire = (slot: Slot<R>): void => {
    const { id } = slot
    const resource = slot.resource as R
    slot.resource = undefined
    const disposal: Disposal = { isOverdue: false }
    this.#disposals.set(id, disposal)
    const disposed = (): void => {
      if (disposal.isOverdue) this.#failures.log('debug', { worker: id }, 'dispose has settled after its time was over')
      else this.#disposed(id)
    }
    const failed = (error: unknown): void => {
      if (disposal.isOverdue) {
        this.#failures.log('debug', { worker: id, err: error }, 'dispose has failed after its time was over')
        return
      }
      this.#failures.log('warn', { err: error }, 'dispose failed')
      this.#disposed(id)
    }
    let result: unknown
    try {
      result = this.#settings.dispose?.(resource)
      if (isThenable(result)) {
        follow(result, disposed, failed)
        return
      }
    } catch (error) {
      failed(error)
      return
    }
    disposed()
  }

  /** The core hears once that a worker is gone; from then on its number is another's. */
  #disposed(id: number): void {
    this.#disposals.delete(id)
    native.retired(this.#owner.id, id)
    if (hasCommands()) carryOut()
  }

  /** A disposal takes too long: its worker counts no more. */
  overdue(id: number): void {
    const disposal = this.#disposals.get(id)
    // It has settled in the very moment in which its time was over.
    if (disposal === undefined) return
    disposal.isOverdue = true
    const { disposeTimeout } = this.#settings
    const message = `dispose has not settled within ${disposeTimeout} ms; its worker counts no more`
    this.#failures.log('warn', { worker: id, disposeTimeout }, message)
    this.#disposed(id)
  }
}
