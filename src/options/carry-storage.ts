import { misuse, wrongType } from '../base/errors.js'
import { STORAGES } from './built-in-carriers.js'
import type { Carrier } from './carry-options.js'

/** What has a store, as an `AsyncLocalStorage` has. */
interface Storage {
  getStore(): unknown
}

/**
 * Makes a carrier of one or several `AsyncLocalStorage`s: what the caller of a task has in each of them, such as the id
 * of a request for the log, is there in the thread.
 *
 * ```js
 * import { AsyncLocalStorage } from 'node:async_hooks'
 *
 * const requests = new AsyncLocalStorage()
 * const pool = ThreadPool.create({ filename, carry: [carryStorage({ request: requests })] })
 * await requests.run({ id: 'r-7' }, () => pool.run(42))
 * ```
 *
 * In the thread `carried('request')` from `workpool/worker` is an `AsyncLocalStorage` that has a clone of the store for
 * as long as the task runs. A storage without a store brings nothing, and a task for which none has one costs nothing. A
 * store that cannot be cloned rejects the task with a `DataCloneError`; give a storage of the little that is needed.
 *
 * @param storages by the names under which threads ask for them
 * @throws TypeError with code `ERR_POOL_OPTION` if there is none, or one of them is no storage
 */
export function carryStorage(storages: Readonly<Record<string, Storage>>): Carrier {
  if (typeof storages !== 'object' || storages === null) throw wrongType('storages', storages, 'an object')
  const entries = Object.entries(storages)
  if (entries.length === 0) throw misuse('carryStorage is given no storage')
  for (const [name, storage] of entries) {
    if (typeof storage?.getStore !== 'function') {
      throw wrongType(`storages.${name}`, storage, 'an AsyncLocalStorage')
    }
  }
  return {
    module: STORAGES,
    capture() {
      let stores: [string, unknown][] | undefined
      for (const [name, storage] of entries) {
        const store = storage.getStore()
        if (store !== undefined) (stores ??= []).push([name, store])
      }
      return stores
    },
  }
}
