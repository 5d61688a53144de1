import type { AsyncResource } from 'node:async_hooks'

import { WaitTimeoutError } from '../base/errors.js'
import { follow, isThenable } from '../base/follow.js'
import { Promise, withoutFrames } from '../base/intrinsics.js'
import { native } from '../native/binding.js'
import { carryOut, hasCommands, watch } from '../native/isolate.js'
import type { PoolSettings } from '../options/options.js'
import { captureContextForGood, runInContextForGood } from './async-context.js'
import type { Failures } from './failures.js'
import type { Slot } from './slot.js'
import { noteUnmade } from './unmade.js'

/** How the core looks after the resources of a pool. */
export const careOf = <R>({
  initTimeout,
  disposeTimeout,
  validate,
  validateAfter,
  maxUses,
  maxAge,
}: PoolSettings<R>) => ({
  initTimeout,
  disposeTimeout,
  ...(validate !== undefined && { validateAfter }),
  maxUses,
  maxAge,
})

/** Whose resources they are. */
export interface ResourceOwner<R> {
  readonly id: number
  /** Its resource is there, or can still be used: the slot may take tasks. */
  booted(slot: Slot<R>): void
  /** `isLate`: the core waits for it no longer. */
  bootFailed(slot: Slot<R>, error: unknown, isLate: boolean): void
  /** Its resource must not be used any more. */
  invalid(slot: Slot<R>): void
}

/** An `init` or a `dispose` that is under way. */
interface Step {
  /** Whether the core has stopped waiting for its end. */
  isOverdue: boolean
}

/** The resources of a pool: what each of its slots holds from task to task. The core says when one is made or disposed of. */
export class Resources<R> {
  readonly #owner: ResourceOwner<R>
  readonly #settings: PoolSettings<R>
  readonly #failures: Failures
  /** By the number of the slot. */
  readonly #inits = new Map<number, Step>()
  readonly #disposals = new Map<number, Step>()
  /** The context of `create`: a resource belongs to no task. */
  readonly #asyncContext: AsyncResource | undefined = captureContextForGood()

  /** Why the last resource that could not be made could not. */
  failure: unknown

  /** Resolves once as many are there as are kept, at least one. The core starts what is missing for it. */
  ready(why: () => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (vain: number): void => (vain === 0 ? resolve() : reject(why()))
      watch(this.#owner.id, native.WatchCondition.Started, settle, true)
    })
  }

  constructor(owner: ResourceOwner<R>, settings: PoolSettings<R>, failures: Failures) {
    this.#owner = owner
    this.#settings = settings
    this.#failures = failures
  }

  boot(slot: Slot<R>): void {
    runInContextForGood(this.#asyncContext, this.#boot, slot)
  }

  readonly #boot = (slot: Slot<R>): void => {
    const init: Step = { isOverdue: false }
    this.#inits.set(slot.id, init)
    const made = (resource: R): void => {
      this.#inits.delete(slot.id)
      slot.resource = resource
      this.#owner.booted(slot)
    }
    const failed = (error: unknown): void => {
      this.#inits.delete(slot.id)
      noteUnmade(error)
      if (!init.isOverdue) this.failure = error
      this.#owner.bootFailed(slot, error, init.isOverdue)
    }
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

  validate(slot: Slot<R>): void {
    runInContextForGood(this.#asyncContext, this.#validate, slot)
  }

  readonly #validate = (slot: Slot<R>): void => {
    const { id } = slot
    const told = (isValid: unknown): void => {
      if (isValid === true) {
        this.#owner.booted(slot)
        return
      }
      if (isValid !== false) {
        const message = 'validate gave neither true nor false; the resource is taken for one that must not be used'
        this.#failures.log('warn', { worker: id }, message)
      }
      this.#owner.invalid(slot)
    }
    const failed = (error: unknown): void => {
      this.#failures.log('debug', { worker: id, err: error }, 'validate failed; the resource is disposed of')
      this.#owner.invalid(slot)
    }
    let isValid: unknown
    try {
      isValid = this.#settings.validate!(slot.resource as R)
      if (isThenable(isValid)) {
        follow(isValid, told, failed)
        return
      }
    } catch (error) {
      failed(error)
      return
    }
    told(isValid)
  }

  retire(slot: Slot<R>): void {
    runInContextForGood(this.#asyncContext, this.#retire, slot)
  }

  readonly #retire = (slot: Slot<R>): void => {
    const { id } = slot
    const resource = slot.resource as R
    slot.resource = undefined
    const disposal: Step = { isOverdue: false }
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

  /** An `init` or a `dispose` takes too long. In the second case the worker counts no more. */
  overdue(id: number): void {
    const init = this.#inits.get(id)
    if (init !== undefined) {
      this.#initIsOverdue(id, init)
      return
    }
    const disposal = this.#disposals.get(id)
    // It has settled in the very moment in which its time was over.
    if (disposal === undefined) return
    disposal.isOverdue = true
    const { disposeTimeout } = this.#settings
    const message = `dispose has not settled within ${disposeTimeout} ms; its worker counts no more`
    this.#failures.log('warn', { worker: id, disposeTimeout }, message)
    this.#disposed(id)
  }

  #initIsOverdue(id: number, init: Step): void {
    init.isOverdue = true
    const { initTimeout } = this.#settings
    this.failure = withoutFrames(() => new WaitTimeoutError(this.#failures.pool, initTimeout, undefined))
    const message = `init has not settled within ${initTimeout} ms; its slot stays taken until it does`
    this.#failures.log('warn', { worker: id, initTimeout }, message)
  }
}
