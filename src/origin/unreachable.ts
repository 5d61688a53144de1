import { forget } from '../native/isolate.js'
import type { Verbs } from './verbs.js'

/**
 * Releases the pools that nobody references any more, once their last task has settled, and then gives their numbers
 * back. It must not reference the pools for which it waits, and the options of a pool may reference the pool.
 */
const unreachable = new FinalizationRegistry<{ id: number; face: WeakRef<Verbs> }>(({ id, face }) => {
  const left = face.deref()
  // A pool that has nothing to do goes with its face.
  if (left === undefined) forget(id)
  else left.abandon(() => forget(id))
})

/** `pool` is all that is left to users of `face`. */
export function watchReachability(pool: object, face: Verbs): void {
  unreachable.register(pool, { id: face.id, face: new WeakRef(face) })
}
