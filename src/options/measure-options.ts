/** The option that has a pool measure its tasks. */
import { type Checks, boolean } from './checks.js'

/** What a pool notes of its tasks. */
export interface MeasureOptions {
  /**
   * Measures how long tasks wait and run: `stats()` has `wait` and `run` then, and `histogram` gives all of it. It takes
   * 17 KB a pool and some 50 ns a task. `configure` turns it on and off while the pool runs; what has been measured stays, and
   * nothing ever resets it. Default false. Of a shared pool it holds for all isolates.
   *
   * ```js
   * const pool = Pool.create({ size: 50, measure: true })
   * await pool.submit(() => fetch(url))
   * const { wait, run } = pool.stats()
   * console.log(`99 % wait less than ${wait?.p99} ms and run less than ${run?.p99} ms`)
   * ```
   */
  measure?: boolean | undefined
}

export const MEASURE = { measure: boolean } satisfies Checks
