/**
 * The reason pools exist, on real traffic: `npm run demo`.
 *
 *   this process: autocannon ──HTTP──▶ server.mjs, with or without a pool ──HTTP──▶ upstream.mjs
 *
 * Each load of scenario.mjs is driven once against each mode, every run with new processes, so that no run inherits the memory,
 * the sockets or the backlog of the one before.
 */
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMs, cpuTable, measureCpu } from './cpu.mjs'
import { halvingMs, halvingTable, measureHalving } from './halving.mjs'
import { LiveLine } from './live-line.mjs'
import { Load } from './load.mjs'
import { reading } from './reading.mjs'
import { ownLoop, restless } from './rest.mjs'
import { measuredMs, modesOf, phases, rampMs, upstreamPerSecond } from './scenario.mjs'
import { startService, stopServices } from './service.mjs'
import { table, whole } from './table.mjs'

const idle = { busy: 0, waiting: 0, rejected: 0, peakRss: 0 }

/** What the live line shows: the run at hand. */
const now = {
  title: '',
  /** @type {Load | undefined} */
  load: undefined,
  server: idle,
  /** Of the CPU half. */
  bar: '',
}

const line = new LiveLine(() => {
  if (now.bar) return now.bar
  if (!now.load) return ''
  const { busy, waiting, rejected } = now.server
  return `${now.title}  busy ${busy}  waiting ${waiting}  rejected ${rejected}  p99 ${whole(now.load.tally.recentP99())} ms`
})

/**
 * One load against one mode.
 * @param {(typeof phases)[number]} phase
 * @param {import('./scenario.mjs').Mode} mode
 * @returns {Promise<import('./table.mjs').Result>}
 */
async function run(phase, mode) {
  const upstream = await startService('upstream.mjs')
  const server = await startService('server.mjs', [mode, upstream.url])
  now.server = idle
  server.onMessage((state) => (now.server = state))
  const load = new Load(server.url, phase.load * upstreamPerSecond)
  now.load = load
  const broken = Promise.race([upstream.failed, server.failed])
  try {
    await Promise.race([sleep(rampMs), broken])
    load.restartTally()
    const loops = () => ({ 'load generator': ownLoop(), server: server.loop(), upstream: upstream.loop() })
    const before = loops()
    await Promise.race([sleep(measuredMs), broken])
    const { tally } = load
    return {
      phase,
      mode,
      perSecond: tally.perSecond(),
      p50: tally.percentile(50),
      p99: tally.percentile(99),
      peakRss: now.server.peakRss,
      restless: restless(before, loops()),
    }
  } finally {
    load.stop()
    now.load = undefined
    await Promise.all([server.stop(), upstream.stop()])
  }
}

/** What it takes to start and end the processes of a run, roughly. */
const startMs = 500

/** @param {number} runs */
function announcement(runs) {
  const loads = phases.map(({ load }) => load * upstreamPerSecond).join(', ')
  const seconds = Math.ceil((runs * (startMs + rampMs + measuredMs)) / 1000)
  return (
    `An upstream that takes ${upstreamPerSecond} queries per second is asked ${loads} times per second,\n` +
    `without and with a pool in front, and far above also with one that sheds: ${runs} runs, about ${seconds} s.\n` +
    `Another one halves and comes back, behind pools of fixed sizes and pools that find their size: about ${Math.ceil(halvingMs / 1000)} s.\n` +
    `Then Markdown is rendered, without and with threads: about ${Math.ceil((2 * cpuMs) / 1000) + 1} s.`
  )
}

/** Runs everything; the exit code is 0 only if all of it was measured. */
async function main() {
  const results = []
  const runs = phases.flatMap((phase) => modesOf(phase).map((mode) => ({ phase, mode })))
  console.log(announcement(runs.length))
  for (const [index, { phase, mode }] of runs.entries()) {
    now.title = `${index + 1}/${runs.length} ${phase.name}, ${mode}`
    results.push(await run(phase, mode))
  }
  const halved = await measureHalving((title) => (now.bar = title))
  const cpu = await measureCpu((title, share) => {
    now.bar = `rendering, ${title.padEnd(10)} [${'#'.repeat(Math.floor(share * 40)).padEnd(40)}] ${whole(share * 100)} %`
  })
  line.end()
  console.log(`\n${table(results)}\n\n${reading(results)}\n\n${halvingTable(halved)}\n\n${cpuTable(cpu)}\n`)
}

let isQuitting = false

/**
 * Ends everything that was started, then this process. Only the first call counts: nobody needs to insist, a service that does not
 * heed the end is killed within a second.
 * @param {number} exitCode
 */
async function quit(exitCode) {
  if (isQuitting) return
  isQuitting = true
  line.end()
  now.load?.stop()
  await stopServices()
  process.exit(exitCode)
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => void quit(128 + constants.signals[signal]))
}
process.stdout.on('error', () => void quit(1)) // whoever read it is gone, as with `| head`

main().then(
  () => quit(0),
  (error) => {
    if (isQuitting) return // the services ended because they were told to
    line.end()
    console.error(error)
    void quit(1)
  },
)
