/**
 * Load that does not care how the server fares: autocannon with `overallRate`, arranged so that requests keep coming at the
 * planned rate while earlier ones are unanswered. A closed loop, in which each connection waits for its answer before it asks
 * again, slows down with the server and cannot overload it.
 *
 * Three properties of autocannon 9 shape this:
 * - A connection has one request in flight. So every connection sends one per second, and there are as many connections as requests per
 *   second: the rate holds as long as answers, refusals or hang-ups come within a second or little more.
 * - All connections of an instance send at the same moment, once a second. So 25 instances take turns, one every 40 ms.
 * - Its timeout also runs while a connection has nothing to send, so it must exceed that second. A client that hangs up after 1.25 s has
 *   missed a turn: against a server that answers nothing, a fifth of the planned load is not sent. That favours such a server.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon from 'autocannon'
import { patienceMs } from './scenario.mjs'
import { Tally } from './tally.mjs'

const instances = 25

export class Load {
  tally = new Tally()
  /** @type {Set<autocannon.Instance>} */
  #running = new Set()
  #isStopped = false

  /**
   * Sends `perSecond` requests per second to `url` until `stop` is called.
   * @param {string} url
   * @param {number} perSecond a multiple of the number of instances
   */
  constructor(url, perSecond) {
    void this.#startInTurns(url, perSecond / instances)
  }

  /** Forgets what was counted so far: the load is steady now. */
  restartTally() {
    this.tally = new Tally()
  }

  /** Ends the load; connections close within 100 ms. */
  stop() {
    this.#isStopped = true
    for (const instance of this.#running) instance.stop?.()
  }

  /**
   * @param {string} url
   * @param {number} perSecond
   */
  async #startInTurns(url, perSecond) {
    const began = performance.now()
    for (let turn = 0; turn < instances; turn++) {
      await sleep(began + (turn * 1000) / instances - performance.now())
      if (this.#isStopped) return
      this.#start(url, perSecond)
    }
  }

  /**
   * @param {string} url
   * @param {number} perSecond
   */
  #start(url, perSecond) {
    const instance = autocannon(
      {
        url,
        connections: perSecond,
        overallRate: perSecond,
        // Its correction for coordinated omission is for rates that slow down with the server; here they do not.
        ignoreCoordinatedOmission: true,
        timeout: patienceMs / 1000,
        duration: 3600, // until stop()
        sampleInt: 100, // it looks this often whether it was stopped
        // An event its types do not list.
        setupClient: (client) =>
          void (/** @type {import('node:events').EventEmitter} */ (client).on('request', () => this.tally.sent++)),
      },
      () => this.#running.delete(instance),
    )
    this.#running.add(instance)
    instance.on('response', (_client, status, _bytes, ms) => this.tally.answered(status, ms))
    instance.on('reqError', () => this.tally.lost++)
  }
}
