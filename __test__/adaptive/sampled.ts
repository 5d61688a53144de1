import type { Sample } from 'workpool/adaptive'

export const times = (mean: number, count = 100): Sample['run'] => ({
  count,
  mean,
  min: mean,
  max: mean,
  p50: mean,
  p90: mean,
  p99: mean,
  p999: mean,
})

let now = 0

/** A second of a pool that is full and does well, but for what is given. */
export function sampled(given: Partial<Sample> = {}): Sample {
  now += given.elapsedMs ?? 1_000
  const { capacity = 10, busy = capacity } = given
  return {
    capacity,
    busy,
    waiting: 0,
    available: capacity - busy,
    completed: 100,
    failed: 0,
    refused: 0,
    timedOut: 0,
    wait: times(0),
    run: times(10),
    elapsedMs: 1_000,
    cpu: 0.5,
    loopDelayP99Ms: 0,
    now,
    ...given,
  }
}
