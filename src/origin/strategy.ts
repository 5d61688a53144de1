import { outOfRange } from '../base/errors.js'
import type { Strategy } from '../options/strategy.js'
import type { PoolStats } from '../native/pool-stats.js'
import { readIsVacant, readLoad } from '../native/stats.js'

/** The strategies that have a word. */
const STRATEGIES: Record<Strategy & string, (naming: Naming) => number> = {
  'round-robin': (naming) => naming.next(),
  'least-tasks': (naming) => naming.least(1),
  'smart-round-robin': (naming) => naming.nextVacant(),
  'weighted-least-tasks': (naming) => naming.least(2),
}

/** Names pools, by index. It knows them by their handles, the numbers that the core has for them. */
export class Naming {
  readonly #handles: readonly number[]
  readonly #loads: number[]
  /** All indices. Kept in the order of the last time, as loads change little between two tasks. */
  readonly #order: number[]
  #cycle = 0
  #name!: (naming: Naming) => number

  readonly #readAll: () => PoolStats[]

  /** `readAll`: the stats of all pools, in this order. */
  constructor(handles: readonly number[], readAll: () => PoolStats[], strategy: Strategy) {
    this.#handles = handles
    this.#readAll = readAll
    this.#loads = handles.map(() => 0)
    this.#order = handles.map((_, i) => i)
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
    this.#cycle = next + 1 === this.#handles.length ? 0 : next + 1
    return next
  }

  /** The next of the cycle that could start a task now; the next one, if none could. */
  nextVacant(): number {
    const pools = this.#handles.length
    for (let i = 0; i < pools; i++) {
      if (readIsVacant(this.#handles[this.#cycle]!)) break
      this.next()
    }
    return this.next()
  }

  /** The one with the smallest busy + `weight` × waiting. */
  least(weight: number): number {
    let index = 0
    let least = Infinity
    for (let i = 0; i < this.#handles.length; i++) {
      const load = readLoad(this.#handles[i]!, weight)
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
    for (let i = 0; i < loads.length; i++) loads[i] = readLoad(this.#handles[i]!, 1)
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
    const stats = this.#readAll()
    // Nothing is to be had, whatever it would name.
    if (stats.every(({ isClosed }) => isClosed)) return 0
    const index: unknown = strategy(stats)
    const last = this.#handles.length - 1
    if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index <= last) return index
    throw outOfRange('the index that the strategy gives', index, `an integer from 0 to ${last}`)
  }
}
