/**
 * What does a rate limit cost a task when it does not bind?
 *
 * At most 60,000 starts in any 250 ms, and runs of 50,000 no-op async closures, all submitted at once. Between two runs there is time enough
 * for every limiter to have forgotten the run before; only the runs are timed. A job of bottleneck waits for timers, so it gets 200.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { contestsOf, tableOf } from '../readings.mjs'
import { LIBRARIES, open } from './rates.mjs'

const TASKS = 50_000
const TASKS_OF_BOTTLENECK = 200
const RATE = { limit: 60_000, interval: 250 }
const UNLIMITED = 'workpool, no rate'

const task = async () => {}

async function openUnlimited() {
  const { Pool } = await import('workpool')
  const pool = Pool.create({ size: 100 })
  return (/** @type {typeof task} */ run) => pool.submit(run)
}

/** @typedef {{ warmupRuns: number, timedRuns: number }} Settings */

/** @param {string} library @param {Settings} settings */
async function measure(library, { warmupRuns, timedRuns }) {
  const submit = await (library === UNLIMITED ? openUnlimited() : open(library, RATE))
  const tasks = library === 'bottleneck' ? TASKS_OF_BOTTLENECK : TASKS
  let ms = 0
  let cpuUs = 0
  for (let run = 0; run < warmupRuns + timedRuns; run++) {
    const cpuBefore = process.cpuUsage()
    const began = performance.now()
    await Promise.all(Array.from({ length: tasks }, () => submit(task)))
    if (run >= warmupRuns) {
      ms += performance.now() - began
      const { user, system } = process.cpuUsage(cpuBefore)
      cpuUs += user + system
    }
    // Twice the interval: where windows are fixed, one of them lies in between.
    await sleep(2 * RATE.interval)
  }
  return { taskNs: (ms * 1e6) / (tasks * timedRuns), cpuNs: (cpuUs * 1e3) / (tasks * timedRuns) }
}

const NAMES = [UNLIMITED, ...LIBRARIES]
export const cases = NAMES.map((name) => ({
  name,
  measure: (/** @type {Settings} */ settings) => measure(name, settings),
}))

const rate = `${RATE.limit.toLocaleString('en')} in ${RATE.interval} ms`
export const title = `${TASKS.toLocaleString('en')} no-op async closures under a rate limit that does not bind`
export const full = { rounds: 3, warmupRuns: 1, timedRuns: 2 }
export const quick = { rounds: 1, warmupRuns: 1, timedRuns: 1 }
export const method = (/** @type {Settings & { rounds: number }} */ { rounds, timedRuns }) =>
  `At most ${rate}. Medians of ${rounds} interleaved rounds; in each, every case runs in a fresh process: warm-up, then ${timedRuns} times ${TASKS.toLocaleString('en')} tasks; of bottleneck, ${TASKS_OF_BOTTLENECK} tasks.`

const COLUMNS = [
  { key: 'taskNs', label: 'a task', unit: 'ns', digits: 0, isContest: true },
  { key: 'cpuNs', label: 'CPU of a task', unit: 'ns', digits: 0 },
]

/** @typedef {Map<string, import('../rounds.mjs').Readings>} Summaries */

export const table = (/** @type {Summaries} */ summaries) => tableOf(summaries, COLUMNS)

/** Only ours does without: it is what ours costs at least. @param {Summaries} summaries */
export const contests = (summaries) => contestsOf(summaries, COLUMNS, [UNLIMITED])

/** @param {Summaries} summaries */
export function aims(summaries) {
  const ns = (/** @type {string} */ name) => Number(summaries.get(name)?.values.taskNs)
  return ['p-queue, strict', 'p-throttle, strict'].map((peer) => {
    const ratio = ns(peer) / ns('workpool')
    return { aim: `workpool: at least as fast as ${peer}`, measured: `${ratio.toFixed(2)}×`, met: ratio >= 1 }
  })
}
