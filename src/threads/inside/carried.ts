import type { AsyncLocalStorage } from 'node:async_hooks'

import { wrongType } from '../../base/errors.js'
import { Map } from '../../base/intrinsics.js'
import { workerThreads } from './thread-wide.js'

/** By name. The key is for all copies of this package, as that of `ThreadWide` is. */
const KEY = Symbol.for('workpool.carried.1')
const wide = workerThreads as { [KEY]?: Map<string, AsyncLocalStorage<unknown>> }

function storageOf(name: string): AsyncLocalStorage<unknown> {
  const storages = (wide[KEY] ??= new Map())
  let storage = storages.get(name)
  if (storage === undefined) {
    // Only programs that carry storages need the module.
    const hooks = require('node:async_hooks') as typeof import('node:async_hooks')
    storage = new hooks.AsyncLocalStorage()
    storages.set(name, storage)
  }
  return storage
}

/**
 * What `carryStorage` brings under this name: an `AsyncLocalStorage` that has a clone of the caller's store, in the
 * function of a task and in all that it awaits. It is the same object whenever the name is the same, so it may be asked
 * for at the top of a module. It has no store if the caller had none, outside of tasks, and in an isolate that is no
 * thread of a pool.
 *
 * ```js
 * import pino from 'pino'
 *
 * const requests = carried('request')
 * const logger = pino({ mixin: () => ({ requestId: requests.getStore()?.id }) })
 * ```
 *
 * @throws TypeError with code `ERR_POOL_OPTION` if the name is no string
 */
export function carried<T = any>(name: string): AsyncLocalStorage<T> {
  if (typeof name !== 'string') throw wrongType('name', name, 'a string')
  return storageOf(name) as AsyncLocalStorage<T>
}

/** The thread side of `carryStorage`. */
export const enterStorages = (stores: unknown, call: () => unknown): unknown => {
  let next = call
  for (const [name, store] of stores as [string, unknown][]) {
    const inner = next
    next = () => storageOf(name).run(store, inner)
  }
  return next()
}
