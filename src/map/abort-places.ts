import { SLICE, inSlices } from '../base/slices.js'
import type { MapItem } from './map-item.js'
import type { Taker } from './taker.js'

/** So many places are marked in the time of one slice. */
const MARKED_AT_ONCE = 16 * SLICE

/**
 * Aborts the tasks of a map that has ended, and empties the list of its places: whoever keeps the iterator does not keep
 * what it held alive.
 */
export function abortPlaces<I, C>(places: MapItem<I, C>[], taker: Taker<C>, reason: unknown): void {
  if (taker.abort === undefined) {
    // Each task has been submitted with a signal.
    places.length = 0
    return
  }
  const marks = new Set<unknown>()
  inSlices(() => {
    for (let count = 0; count < MARKED_AT_ONCE; count++) {
      const item = places.pop()
      if (item === undefined) {
        taker.abort!(marks, reason)
        return true
      }
      if (!item.isDone) marks.add(item.isStarted ? item.context : item.run)
    }
    return false
  })
}
