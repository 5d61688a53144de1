import { type Sample, isUsed } from './algorithm.js'

/** Samples with fewer tasks say nothing. As in Gradient2's window. */
export const FEWEST = 10

/**
 * Puts samples of one size together until they have enough tasks. A small pool, whose samples all have too few, would
 * otherwise stay small for ever.
 */
export class Gathering {
  #sample: Sample | undefined

  /** Gives the sample with those before it that had too few tasks. */
  add(sample: Sample): Sample {
    const before = this.#sample
    const whole = before === undefined || before.capacity !== sample.capacity ? sample : joined(before, sample)
    // A pool that was not used may have had its few tasks long ago.
    this.#sample = whole.run.count < FEWEST && isUsed(sample) ? whole : undefined
    return whole
  }
}

function joined(before: Sample, sample: Sample): Sample {
  const sum = (key: 'completed' | 'failed' | 'refused' | 'timedOut' | 'elapsedMs') => before[key] + sample[key]
  return {
    ...sample,
    completed: sum('completed'),
    failed: sum('failed'),
    refused: sum('refused'),
    timedOut: sum('timedOut'),
    elapsedMs: sum('elapsedMs'),
    run: joinedRun(before.run, sample.run),
  }
}

/** Percentiles are those of the later one. */
function joinedRun(before: Sample['run'], run: Sample['run']): Sample['run'] {
  const count = before.count + run.count
  const mean = count === 0 ? 0 : (before.count * before.mean + run.count * run.mean) / count
  return { ...run, count, mean }
}
