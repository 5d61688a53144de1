/**
 * Measures one case, in a process of its own: `node measure.mjs <question> <case> <settings as JSON>` prints one line of JSON.
 *
 * A process each, because garbage collection is half of what is measured: in a shared heap one case pays for what another left
 * behind, and shared call sites (`submit`, promise reactions) go megamorphic in an order that depends on who ran first.
 * Collections are never forced: they come when a service would see them, inside the timed runs as well as between them.
 */
import { Bench } from 'tinybench'

/** @typedef {{ warmupTasks: number, timedTasks: number }} Load */
/** @typedef {{ name: string, tasks: number, load: () => Promise<() => Run> }} Case */
/** @typedef {{ settled: Promise<unknown>, close?: () => Promise<unknown>, fairness?: () => number }} Run */
/** @typedef {{ runsNs: number[], meanNs: number, cpuNs: number, peakRssMb: number, fairness?: number }} Round ns are per task */

const [question, name, settings] = process.argv.slice(2)
/** @type {Load} */
const { warmupTasks, timedTasks } = JSON.parse(/** @type {string} */ (settings))
/** @type {{ cases: Case[] }} */
const { cases } = await import(`./${question}.mjs`)
const subject = cases.find((candidate) => candidate.name === name)
if (!subject) throw new RangeError(`${question} has no case '${name}'`)

process.stdout.write(JSON.stringify(await measure(subject)))

/**
 * @param {Case} subject
 * @returns {Promise<Round>}
 */
async function measure({ name, tasks, load }) {
  const start = await load()
  const bench = new Bench({
    // A number of runs and no time: every round of a case does the same work, however fast the machine is just then.
    time: 0,
    iterations: Math.max(1, Math.round(timedTasks / tasks)),
    warmupTime: 0,
    warmupIterations: Math.max(1, Math.round(warmupTasks / tasks)),
    retainSamples: true,
    throws: true,
  })

  /** @type {Run | undefined} */
  let run
  let cpuBefore = process.cpuUsage()
  /** @type {number[]} */
  let fairness = []
  bench.add(
    name,
    async () => {
      run = start()
      await run.settled
    },
    {
      async: true, // said, not found out: finding out calls the function once more
      beforeAll: () => {
        // For the warm-up, then again for the timed runs.
        cpuBefore = process.cpuUsage()
        fairness = []
      },
      afterEach: async () => {
        if (run?.fairness) fairness.push(run.fairness())
        await run?.close?.()
        run = undefined
      },
    },
  )
  await bench.run()

  const result = /** @type {import('tinybench').TaskResultCompleted} */ (bench.tasks[0]?.result)
  const runsMs = /** @type {number[]} */ (result.latency.samples)
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    runsNs: runsMs.map((ms) => (ms * 1e6) / tasks),
    // The mean, not the median, over the runs of a process: what one run throws away is collected in another.
    meanNs: (result.latency.mean * 1e6) / tasks,
    cpuNs: ((user + system) * 1e3) / (tasks * runsMs.length),
    peakRssMb: process.resourceUsage().maxRSS / 1024,
    ...(fairness.length > 0 && { fairness: Math.min(...fairness) }),
  }
}
