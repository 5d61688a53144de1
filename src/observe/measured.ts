/** What pools have measured, as users see it. */
import { misuse, outOfRange, wrongType } from '../base/errors.js'
import type { HistogramSummary } from '../base/histogram-summary.js'
import { type Measure, type MeasuredTimes, readMeasures } from '../native/measures.js'
import { type Histogram, histogramOf } from './histogram.js'

const ALLOWED = "'wait' or 'run'"

function checkMeasure(measure: unknown): asserts measure is Measure {
  if (typeof measure !== 'string') throw wrongType('measure', measure, ALLOWED)
  if (measure !== 'wait' && measure !== 'run') throw outOfRange('measure', measure, ALLOWED)
}

/** A histogram over all of these pools that measure or have measured. */
export function readHistogram(name: string, handles: readonly number[], measure: unknown): Histogram {
  checkMeasure(measure)
  let all: Histogram | undefined
  for (const handle of handles) {
    const times = readMeasures(handle)?.[measure]
    if (times === undefined) continue
    all = all?.plus(histogramOf(times)) ?? histogramOf(times)
  }
  if (all !== undefined) return all
  throw misuse(`the pool "${name}" does not measure; give it the option measure, or configure({ measure: true })`)
}

/** What `stats()` shows of a histogram. */
export function summaryOf({ count, mean, min, max, p50, p90, p99, p999 }: Histogram): HistogramSummary {
  return { count, mean, min, max, p50, p90, p99, p999 }
}

/** What `stats()` shows of these times of one pool or of several, which are not none. */
export function summaryOfAll(times: readonly MeasuredTimes[]): HistogramSummary {
  return summaryOf(times.map(histogramOf).reduce((all, one) => all.plus(one)))
}
