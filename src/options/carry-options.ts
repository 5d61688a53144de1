import { misuse, wrongType } from '../base/errors.js'
import { STORAGES, TRACES } from './built-in-carriers.js'
import { type Check, functionOf, reader } from './checks.js'
import { moduleUrl } from './module-url.js'

/**
 * Carries something from the call of a task to its thread, such as the context of `AsyncLocalStorage`, for logs and
 * traces.
 *
 * ```js
 * import { AsyncLocalStorage } from 'node:async_hooks'
 *
 * const requests = new AsyncLocalStorage()
 * const carrier = { capture: () => requests.getStore(), module: new URL('carrier.js', import.meta.url) }
 * ThreadPool.create({ filename, carry: [carrier] })
 * ```
 *
 * For an `AsyncLocalStorage` as it is, `carryStorage` makes one.
 */
export interface Carrier {
  /**
   * Is called at every submit, in the context of the caller. What it gives crosses with the task, as an argument does.
   * `undefined` sends nothing, and costs the task nothing. If it throws, the task rejects with that.
   */
  capture: () => unknown
  /**
   * A module that every thread loads before the task module, named as `filename` is. It exports
   * `enter(carried, call)`, which is called in the thread for each task that brings something, with what `capture` has
   * given. It has to call `call` once, which calls the function, or the next carrier. If it throws or rejects, the task
   * fails; if it gives a promise, the task ends after that. The result of the task is that of its function.
   *
   * ```js
   * export const enter = (store, call) => requests.run(store, call)
   * ```
   */
  module: string | URL
}

/** A carrier, checked. */
export interface CheckedCarrier {
  readonly capture: () => unknown
  /** A `file:` URL, or the name of a carrier of this package. */
  readonly module: string
}

const readCarrier = reader('the options of a carrier', {
  capture: functionOf as Check<() => unknown>,
  module: (value, option) => (value === STORAGES || value === TRACES ? value : moduleUrl(value, option)),
})

export const carriers: Check<readonly CheckedCarrier[]> = (value, option) => {
  if (!Array.isArray(value)) throw wrongType(option, value, 'an array of carriers')
  return value.map((item: unknown, place) => {
    if (item === undefined) throw wrongType(`${option}[${place}]`, item, 'an object')
    const { capture, module } = readCarrier(item)
    if (capture === undefined) throw misuse(`${option}[${place}] has no capture`)
    if (module === undefined) throw misuse(`${option}[${place}] has no module`)
    return { capture, module }
  })
}
