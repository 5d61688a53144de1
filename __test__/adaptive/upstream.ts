/**
 * An upstream behind a pool, on a clock of its own: the same seed gives the same samples. What is simulated is the pool's bound,
 * queue and wait timeout, and an upstream that shares its slots among all that it was asked (processor sharing), with contention beyond
 * them. `demo/upstream.mjs` is the same model on the real clock.
 */
import type { Sample } from 'workpool/adaptive'

/** How the upstream is from some sample on. */
export interface Conditions {
  /** How many tasks run at full speed. */
  readonly slots: number
  /** What a task takes alone, on average, in ms. */
  readonly serviceMs: number
  /** The part of tasks that fail after a tenth of that. */
  readonly failing: number
  /** Seconds are up to so much faster or slower than others: 0.1 = 10 %. */
  readonly noise: number
}

const STEADY: Conditions = { slots: 50, serviceMs: 20, failing: 0, noise: 0 }
/** What each task beyond the slots costs all: locks, caches, switching. */
const CONTENTION = 0.05
/** As of the pool of the demo: what may wait, and how long. */
const WAIT_TIMEOUT_MS = 450
/** An answer later than this, with its time in the queue, is of no use. */
const DEADLINE_MS = 1_000

/** mulberry32: a small generator whose numbers are those of its seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Task {
  readonly cameAt: number
  startedAt: number
  /** The virtual time at which it has had its service: all tasks in service get it at the same speed. */
  endsAt: number
  readonly fails: boolean
}

/** Least first, by `endsAt`. */
class Heap {
  readonly #tasks: Task[] = []

  get size(): number {
    return this.#tasks.length
  }

  get first(): Task | undefined {
    return this.#tasks[0]
  }

  push(task: Task): void {
    const tasks = this.#tasks
    let at = tasks.push(task) - 1
    while (at > 0 && tasks[(at - 1) >> 1]!.endsAt > task.endsAt) {
      tasks[at] = tasks[(at - 1) >> 1]!
      at = (at - 1) >> 1
    }
    tasks[at] = task
  }

  pop(): Task {
    const tasks = this.#tasks
    const first = tasks[0]!
    const last = tasks.pop()!
    if (tasks.length === 0) return first
    let at = 0
    for (let child = 1; child < tasks.length; child = 2 * at + 1) {
      if (child + 1 < tasks.length && tasks[child + 1]!.endsAt < tasks[child]!.endsAt) child++
      if (tasks[child]!.endsAt >= last.endsAt) break
      tasks[at] = tasks[child]!
      at = child
    }
    tasks[at] = last
    return first
  }
}

const percentileOf = (sorted: readonly number[], percent: number): number =>
  sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0

function summaryOf(times: number[]): Sample['run'] {
  times.sort((a, b) => a - b)
  const mean = times.length === 0 ? 0 : times.reduce((sum, ms) => sum + ms, 0) / times.length
  const at = (percent: number): number => percentileOf(times, percent)
  return {
    count: times.length,
    mean,
    min: times[0] ?? 0,
    max: times.at(-1) ?? 0,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
  }
}

export interface Second {
  readonly sample: Sample
  /** Answers in time. */
  readonly good: number
  /** Of those that were answered, in ms: in the upstream, and with the time in the queue. */
  readonly runs: readonly number[]
  readonly totals: readonly number[]
}

export class Simulation {
  readonly #random: () => number
  readonly #perSecond: number
  /** Poisson: the time to the next task is exponential. */
  #nextComes: number
  #now = 0
  #virtual = 0
  #queue: Task[] = []
  /** Those before it have left the queue. */
  #head = 0
  readonly #inService = new Heap()

  constructor(perSecond: number, seed: number) {
    this.#random = seeded(seed)
    this.#perSecond = perSecond
    this.#nextComes = this.#exponential(1_000 / perSecond)
  }

  #exponential(mean: number): number {
    return -mean * Math.log(1 - this.#random())
  }

  /** A second with this size. */
  second(size: number, conditions: Partial<Conditions>): Second {
    const { slots, serviceMs, failing, noise } = { ...STEADY, ...conditions }
    const end = this.#now + 1_000
    const pace = 1 + noise * (2 * this.#random() - 1)
    const [waits, runs, totals]: number[][] = [[], [], []]
    let [completed, failed, refused, good] = [0, 0, 0, 0]

    const speed = (): number => {
      const count = this.#inService.size
      if (count === 0) return 0
      return (pace * Math.min(1, slots / count)) / (1 + (CONTENTION * Math.max(0, count - slots)) / slots)
    }
    const serve = (): void => {
      while (this.#inService.size < size && this.#head < this.#queue.length) {
        const task = this.#queue[this.#head++]!
        if (this.#now - task.cameAt > WAIT_TIMEOUT_MS) {
          refused++
          continue
        }
        task.startedAt = this.#now
        task.endsAt = this.#virtual + this.#exponential(serviceMs) * (task.fails ? 0.1 : 1)
        this.#inService.push(task)
      }
    }
    serve()
    for (;;) {
      const rate = speed()
      const first = this.#inService.first
      const ends = first === undefined ? Infinity : this.#now + (first.endsAt - this.#virtual) / rate
      const next = Math.min(ends, this.#nextComes, end)
      this.#virtual += (next - this.#now) * rate
      this.#now = next
      if (next === end) break
      if (next === ends) {
        const task = this.#inService.pop()
        const ran = this.#now - task.startedAt
        runs!.push(ran)
        waits!.push(task.startedAt - task.cameAt)
        if (task.fails) failed++
        else {
          completed++
          totals!.push(this.#now - task.cameAt)
          if (this.#now - task.cameAt <= DEADLINE_MS) good++
        }
      } else {
        this.#queue.push({ cameAt: next, startedAt: 0, endsAt: 0, fails: this.#random() < failing })
        this.#nextComes = next + this.#exponential(1_000 / this.#perSecond)
      }
      serve()
    }
    const waiting = this.#queue.slice(this.#head)
    const kept = waiting.filter(({ cameAt }) => end - cameAt <= WAIT_TIMEOUT_MS)
    refused += waiting.length - kept.length
    this.#queue = kept
    this.#head = 0
    const sample: Sample = {
      capacity: size,
      busy: this.#inService.size,
      waiting: kept.length,
      available: Math.max(0, size - this.#inService.size),
      completed,
      failed,
      refused,
      timedOut: 0,
      wait: summaryOf(waits!),
      run: summaryOf([...runs!]),
      elapsedMs: 1_000,
      cpu: Math.min(1, this.#inService.size / slots),
      loopDelayP99Ms: 0,
      now: end,
    }
    return { sample, good, runs: runs!, totals: totals! }
  }
}

export const p99 = (times: readonly number[]): number =>
  percentileOf(
    times.toSorted((a, b) => a - b),
    99,
  )
