import { outOfRange } from './errors.js'
import { type PoolStats, readIsVacant, readLoad, readStats } from './stats.js'

/**
 * Which pool of a MultiPool is the first to be asked for a task, and the one in which it waits if no pool can take it
 * at once.
 *
 * - `round-robin`: one after the other, from index 0. Looks at nothing, so it costs least.
 * - `least-tasks`: the one with the fewest tasks, busy + waiting.
 * - `smart-round-robin`: one after the other, without those in which nothing is available; round robin if that is all.
 * - `weighted-least-tasks`: the one with the smallest busy + 2 × waiting.
 * - a function: is given the stats of all pools, by index, and gives an index. It is called for every task as long as
 *   a pool is open. What it throws is what the submit rejects with; a bad index is a RangeError with code
 *   `ERR_POOL_OPTION`.
 *
 * Of equals the one with the lowest index is taken.
 *
 * Strategies count tasks and know nothing of results. A pool whose tasks fail at once always has the fewest: `least-tasks` and
 * `weighted-least-tasks` send it nearly all of them, `smart-round-robin` its turn. Whoever knows that a pool is not well takes it out:
 * by `release`, or by a function that names another one.
 *
 * ```js
 * multi.setStrategy((pools) => (pools[0].waiting > 100 ? 1 : 0))
 * ```
 */
export type Strategy =
  | 'round-robin'
  | 'least-tasks'
  | 'smart-round-robin'
  | 'weighted-least-tasks'
  | ((pools: readonly PoolStats[]) => number)

/** The strategies that have a word. */
export const STRATEGIES: Record<Strategy & string, (naming: Naming) => number> = {
  'round-robin': (naming) => naming.next(),
  'least-tasks': (naming) => naming.least(1),
  'smart-round-robin': (naming) => naming.nextVacant(),
  'weighted-least-tasks': (naming) => naming.least(2),
}

/** Names pools, by index. It knows them by the numbers that the core knows them by. */
export class Naming {
  readonly #faces: readonly number[]
  readonly #loads: number[]
  /** All indices. Kept in the order of the last time, as loads change little between two tasks. */
  readonly #order: number[]
  #cycle = 0
  #name!: (naming: Naming) => number

  constructor(faces: readonly number[], strategy: Strategy) {
    this.#faces = faces
    this.#loads = faces.map(() => 0)
    this.#order = faces.map((_, i) => i)
    this.strategy = strategy
  }

  set strategy(strategy: Strategy) {
    this.#name = typeof strategy === 'function' ? () => this.#ask(strategy) : STRATEGIES[strategy]
  }

  /** The pool that the strategy names. */
  name(): number {
    return this.#name(this)
  }

  /** The next of the cycle. */
  next(): number {
    const next = this.#cycle
    this.#cycle = next + 1 === this.#faces.length ? 0 : next + 1
    return next
  }

  /** The next of the cycle that could start a task now; the next one, if none could. */
  nextVacant(): number {
    const pools = this.#faces.length
    for (let i = 0; i < pools; i++) {
      if (readIsVacant(this.#faces[this.#cycle]!)) break
      this.next()
    }
    return this.next()
  }

  /** The one with the smallest busy + `weight` × waiting. */
  least(weight: number): number {
    let index = 0
    let least = Infinity
    for (let i = 0; i < this.#faces.length; i++) {
      const load = readLoad(this.#faces[i]!, weight)
      if (load >= least) continue
      index = i
      least = load
    }
    return index
  }

  /** All, fewest tasks first. One array for all calls, to be used at once. */
  byTasks(): readonly number[] {
    const loads = this.#loads
    const order = this.#order
    for (let i = 0; i < loads.length; i++) loads[i] = readLoad(this.#faces[i]!, 1)
    const isBefore = (a: number, b: number): boolean => (loads[a] === loads[b] ? a < b : loads[a]! < loads[b]!)
    // By insertion: little is out of place since the last time, and there are few.
    for (let i = 1; i < order.length; i++) {
      const index = order[i]!
      let place = i
      for (; place > 0 && isBefore(index, order[place - 1]!); place--) order[place] = order[place - 1]!
      order[place] = index
    }
    return order
  }

  /** The cycle begins again at index 0. */
  restart(): void {
    this.#cycle = 0
  }

  #ask(strategy: (pools: readonly PoolStats[]) => number): number {
    const stats = this.#faces.map(readStats)
    // Nothing is to be had, whatever it would name.
    if (stats.every(({ isClosed }) => isClosed)) return 0
    const index: unknown = strategy(stats)
    const last = this.#faces.length - 1
    if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index <= last) return index
    throw outOfRange('the index that the strategy gives', index, `an integer from 0 to ${last}`)
  }
}
