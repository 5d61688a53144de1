import { Promise, monotonicNow } from '../base/intrinsics.js'
import type { AnyPool } from '../pool/any-pool.js'

/**
 * Closes pools one after the other, so that tasks of an earlier one may submit to a later one. What has not ended at
 * `endsAt`, or when `hurried` has settled, is aborted.
 *
 * @param endsAt as `monotonicNow` tells the time
 * @returns what the pools have rejected with
 */
export async function closeInOrder(
  pools: Iterable<AnyPool>,
  endsAt: number,
  hurried?: Promise<void>,
): Promise<unknown[]> {
  const errors: unknown[] = []
  for (const pool of pools) {
    const left = Math.max(0, endsAt - monotonicNow())
    try {
      const closing = pool.close({ timeout: left, abort: true })
      await (hurried === undefined ? closing : Promise.race([closing, closeWhen(hurried, pool)]))
    } catch (error) {
      errors.push(error)
    }
  }
  return errors
}

async function closeWhen(hurried: Promise<void>, pool: AnyPool): Promise<void> {
  await hurried
  await pool.close({ timeout: 0, abort: true })
}
