/** What a pool was and did since the last look at it. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

import { monotonicNow, process } from '../base/intrinsics.js'
import { native } from '../native/binding.js'
import type { PoolStats } from '../native/pool-stats.js'
import type { Histogram } from '../observe/histogram.js'
import { forMeasures } from '../observe/parts.js'
import type { Sample } from './algorithm.js'

/** What is sampled. */
interface Sampled {
  stats(): PoolStats
  histogram(measure: 'wait' | 'run'): Histogram
}

/** Node's monitor is a timer of its own. What it records is the time between two of its ticks. */
const RESOLUTION_MS = 10

function startMonitor(): IntervalHistogram | undefined {
  try {
    const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    monitor.enable()
    return monitor
  } catch {
    // Some runtimes have none.
    return undefined
  }
}

/** Counts that only grow, with the histograms, as they are at one moment. */
function look(pool: Sampled) {
  const stats = pool.stats()
  return {
    at: monotonicNow(),
    cpu: process.cpuUsage(),
    stats,
    refused: Object.values(stats.rejected).reduce((sum, count) => sum + count, 0),
    wait: pool.histogram('wait'),
    run: pool.histogram('run'),
  }
}

type Look = ReturnType<typeof look>

export class Sampler {
  readonly #delay = startMonitor()
  /** A container may have less than the machine has: the core knows. */
  readonly #processors = native.parallelism()
  #last: Look

  /** The pool measures. */
  constructor(pool: Sampled) {
    this.#last = look(pool)
  }

  /** All since the last sample, or since `skip`. */
  sample(pool: Sampled): Sample {
    const [before, now] = [this.#last, look(pool)]
    const { capacity, busy, waiting, available } = now.stats
    const since = (count: 'completed' | 'failed' | 'timedOut'): number => now.stats[count] - before.stats[count]
    const elapsedMs = Math.max(now.at - before.at, 1e-3)
    const usedMs = (now.cpu.user + now.cpu.system - before.cpu.user - before.cpu.system) / 1e3
    const delayMs = (this.#delay?.percentile(99) ?? 0) / 1e6
    const { summaryOf } = forMeasures()
    this.#begin(now)
    return {
      capacity,
      busy,
      waiting,
      available,
      completed: since('completed'),
      failed: since('failed'),
      refused: now.refused - before.refused,
      timedOut: since('timedOut'),
      wait: summaryOf(now.wait.minus(before.wait)),
      run: summaryOf(now.run.minus(before.run)),
      elapsedMs,
      cpu: Math.min(1, Math.max(0, usedMs / (elapsedMs * this.#processors))),
      loopDelayP99Ms: Math.max(0, delayMs - RESOLUTION_MS),
      now: now.at,
    }
  }

  /** What has been since the last sample is of no use: the next one begins now. */
  skip(pool: Sampled): void {
    this.#begin(look(pool))
  }

  #begin(now: Look): void {
    this.#last = now
    this.#delay?.reset()
  }

  stop(): void {
    this.#delay?.disable()
  }
}
