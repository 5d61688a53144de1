import { type Counted, endCount } from '../base/registry.js'
import { forget } from '../native/isolate.js'
import type { Handle } from './handle.js'

/**
 * Releases the pools that nobody references any more, once their last task has settled, and then gives their numbers
 * back. It must not reference the pools for which it waits, and the options of a pool may reference the pool.
 */
const unreachable = new FinalizationRegistry<{ counted: Counted; handle: WeakRef<Handle<any, any, any>> }>(
  ({ counted, handle }) => {
    const end = (): void => {
      endCount(counted)
      forget(counted.handle!)
    }
    const left = handle.deref()
    // A pool that has nothing to do goes with its handle.
    if (left === undefined) {
      end()
      return
    }
    left.abandon(() => {
      left.observer.stop()
      end()
    })
  },
)

/** `pool` is all that is left to users of `handle`. */
export function watchReachability(pool: object, handle: Handle<any, any, any>): void {
  unreachable.register(pool, { counted: handle.counted, handle: new WeakRef(handle) })
}
