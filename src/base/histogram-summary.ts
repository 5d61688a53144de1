/** What a histogram of times comes to. All times are in ms; without any they are 0. */
export interface HistogramSummary {
  /** How many times there are. */
  readonly count: number
  /** Their average, which is exact. */
  readonly mean: number
  /** The shortest one. It is exact, unless the histogram is a difference (`minus`): then it is within 2 %. */
  readonly min: number
  /** The longest one, as exact as the shortest. */
  readonly max: number
  /** Half of the times are no longer than this. It and the other percentiles are within 1 %, from 1 µs to 1 hour. */
  readonly p50: number
  /** 90 % of the times are no longer than this. */
  readonly p90: number
  /** 99 % of the times are no longer than this. */
  readonly p99: number
  /** 99.9 % of the times are no longer than this. */
  readonly p999: number
}
