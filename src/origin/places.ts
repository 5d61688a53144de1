import { Batching, BatchHead, type Offer, Refusal, Special, Word } from '../native/abi.js'
import { native, words } from '../native/binding.js'
import { needHeadroom } from '../base/headroom.js'
import type { JobOptions } from './origin.js'

/** Places that a pool has reserved, by the core's name for them. */
export interface Places {
  readonly number: number
  readonly stamp: number
}

/** What all tasks of a batch have, beside their jobs. */
export interface BatchOptions extends JobOptions {
  readonly priority?: number
  readonly waitTimeout?: number
  readonly timeout?: number
}

/**
 * Reserves so many places, or so many more; or gives a refusal.
 *
 * @param isNoted whether the core notes the times of the tasks
 */
export function reservePlaces(
  handle: number,
  count: number,
  options: BatchOptions,
  isNoted: boolean,
  mode: Offer,
  into: Places | undefined,
): Places | number {
  const { priority = 1, waitTimeout = Special.noLimit, timeout = 0, weight = 1, key } = options
  const noted = isNoted ? 1 : 0
  const keyed = key === undefined ? 0 : 1
  if (key !== undefined) native.name_key(key)
  if (into !== undefined) {
    words[Word.task] = into.number
    words[Word.stamp] = into.stamp
  }
  const reserve = into === undefined ? native.reserve_places : native.reserve_more
  const code = reserve(handle, count, priority, waitTimeout, timeout, noted, mode, weight, keyed)
  if (code === 0) return into ?? { number: words[Word.task]!, stamp: words[Word.stamp]! }
  if (code !== Refusal.deep) return code
  needHeadroom()
  return reservePlaces(handle, count, options, isNoted, mode, into)
}

/** Writes the head of an array by which tasks are handed in. */
export function writeHead(array: Int32Array, handle: number, places: Places, count: number, exportCode: number): void {
  array[BatchHead.handle] = handle
  array[BatchHead.reservation] = places.number
  array[BatchHead.stamp] = places.stamp
  array[BatchHead.count] = count
  array[BatchHead.export] = exportCode
}

/** Where the answer to the task at this place of the array begins. */
export const answerAt = (place: number): number => Batching.batchHead + place * Batching.answer
