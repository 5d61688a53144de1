/** What became of the requests of one run: each ends as good, refused or lost. */
import { deadlineMs } from './scenario.mjs'

/** Of the live p99: long enough to have a hundredth, short enough to follow the load. */
const recentMs = 2_000

/** @typedef {ReturnType<Tally['perSecond']>} Rates */

export class Tally {
  #began = performance.now()
  sent = 0
  /** Answered 2xx within the deadline. */
  good = 0
  /** Answered 503. */
  refused = 0
  /** All others: answered 2xx but too late to be of use, given up by the client, failed. */
  lost = 0
  /** @type {{ at: number, ms: number }[]} the 2xx, in the order they came */
  #answers = []

  /**
   * @param {number} status
   * @param {number} ms from the request to the end of its answer
   */
  answered(status, ms) {
    const isSuccess = status >= 200 && status <= 299
    if (isSuccess) this.#answers.push({ at: performance.now(), ms })
    if (isSuccess && ms <= deadlineMs) this.good++
    else if (status === 503) this.refused++
    else this.lost++
  }

  /** The counts over the time since this tally began. */
  perSecond() {
    const seconds = (performance.now() - this.#began) / 1000
    return {
      sent: this.sent / seconds,
      good: this.good / seconds,
      refused: this.refused / seconds,
      lost: this.lost / seconds,
    }
  }

  /**
   * A percentile of the time to a 2xx; undefined if there was none.
   * @param {number} percent
   */
  percentile(percent) {
    return percentileOf(this.#answers, percent)
  }

  /** The p99 of the last two seconds. */
  recentP99() {
    const since = performance.now() - recentMs
    const first = this.#answers.findIndex(({ at }) => at >= since)
    return first === -1 ? undefined : percentileOf(this.#answers.slice(first), 99)
  }
}

/**
 * Nearest rank: the smallest value that at least `percent` of all do not exceed.
 * @param {{ ms: number }[]} answers
 * @param {number} percent
 */
function percentileOf(answers, percent) {
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)]
}
