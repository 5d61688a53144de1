import { queueMicrotask } from './intrinsics.js'

/**
 * Has an error thrown that concerns neither the present call nor what is still to be done in it: as the error of an
 * ordinary event listener, it is uncaught, and everything else goes on.
 */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
