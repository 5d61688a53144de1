/**
 * Measures one case, in a process of its own: `node measure.mjs <question> <case> <settings as JSON>` prints one line of JSON.
 *
 * A process each, because garbage collection is half of what is measured: in a shared heap one case pays for what another left
 * behind, and shared call sites (`submit`, promise reactions) go megamorphic in an order that depends on who ran first.
 * Collections are never forced: they come when a service would see them, inside the timed runs as well as between them.
 */
import { readFileSync } from 'node:fs'
import { Bench } from 'tinybench'
import { peakRssMb } from './memory.mjs'

/**
 * A case either loads what makes a run of so many tasks, over and over again, or measures by itself what it wants to.
 *
 * @typedef {{ name: string, tasks?: number, share?: number, load: () => Promise<(tasks: number) => Run> }} Repeated without `tasks`
 *   there is one run; `share` is how much of the question's tasks a case with longer ones gets
 * @typedef {{ name: string, measure: (settings: any) => Promise<Record<string, number | null>> }} Single
 */
/** @typedef {{ settled: Promise<unknown>, close?: () => Promise<unknown>, fairness?: () => number }} Run */
/** @typedef {{ warmupTasks: number, timedTasks: number }} Load */
/**
 * ns are per task; `mainNs` is the processor time of this thread alone, where the system tells it.
 *
 * @typedef {{ runsNs: number[], meanNs: number, cpuNs: number, mainNs: number | null, rssMb: number, peakRssMb: number, fairness?: number }} Round
 */

const [question, name, given] = process.argv.slice(2)
const settings = JSON.parse(/** @type {string} */ (given))
/** @type {{ cases: (Repeated | Single)[] }} */
const { cases } = await import(`./${question}.mjs`)
const subject = cases.find((candidate) => candidate.name === name)
if (!subject) throw new RangeError(`${question} has no case '${name}'`)

const round = await ('measure' in subject ? subject.measure(settings) : repeat(subject, settings))
// Not every library lets go of the process by itself.
process.stdout.write(JSON.stringify(round), () => process.exit())

/**
 * @param {Repeated} subject
 * @param {Load} load
 * @returns {Promise<Round>}
 */
async function repeat({ name, tasks: tasksOfOne, share = 1, load }, given) {
  const [warmupTasks, timedTasks] = [given.warmupTasks * share, given.timedTasks * share].map((tasks) =>
    Math.max(1, Math.round(tasks)),
  )
  const tasks = tasksOfOne ?? timedTasks
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
  let mainBefore = mainThreadNs()
  let tasksOfRun = tasks
  /** @type {number[]} */
  let fairness = []
  bench.add(
    name,
    async () => {
      run = start(tasksOfRun)
      await run.settled
    },
    {
      async: true, // said, not found out: finding out calls the function once more
      beforeAll: (mode) => {
        // For the warm-up, then again for the timed runs.
        tasksOfRun = mode === 'warmup' ? Math.min(tasks, warmupTasks) : tasks
        cpuBefore = process.cpuUsage()
        mainBefore = mainThreadNs()
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
  const mainAfter = mainThreadNs()
  return {
    runsNs: runsMs.map((ms) => (ms * 1e6) / tasks),
    // The mean, not the median, over the runs of a process: what one run throws away is collected in another.
    meanNs: (result.latency.mean * 1e6) / tasks,
    cpuNs: ((user + system) * 1e3) / (tasks * runsMs.length),
    mainNs: mainBefore === null || mainAfter === null ? null : (mainAfter - mainBefore) / (tasks * runsMs.length),
    rssMb: process.memoryUsage.rss() / 2 ** 20,
    peakRssMb: peakRssMb(),
    ...(fairness.length > 0 && { fairness: Math.min(...fairness) }),
  }
}

/** Processor time of the main thread so far. Linux tells it; Node.js itself only from version 24 on. */
function mainThreadNs() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0])
  } catch {
    return null
  }
}
