/**
 * What questions about threads have in common: some shapes of load, each run by every library; a table of them; who is ahead; aims.
 */
import { open } from './libraries.mjs'

/** @typedef {import('./libraries.mjs').Threads} Threads */
/** @typedef {import('../rounds.mjs').Summary} Summary */
/** @typedef {(threads: Threads, shape: Shape, tasks: number) => Promise<unknown>} Load */

/**
 * @typedef {object} Shape
 * @property {string} label
 * @property {string} task a file in `tasks/`
 * @property {Load} load
 * @property {() => any} argument makes one
 * @property {(result: any, argument: any) => boolean} isRight
 * @property {number} [threads] 1
 * @property {number} [share] of the question's tasks; 1
 * @property {readonly string[]} [libraries] those of the question
 */

const IN_FLIGHT = 64

/** @param {Shape} shape @param {unknown} result @param {unknown} argument */
function check(shape, result, argument) {
  if (!shape.isRight(result, argument)) throw new Error(`${shape.label}: a wrong result`)
}

/** @type {Load} one after the other */
export async function oneByOne(threads, shape, tasks) {
  const argument = shape.argument()
  for (let i = 0; i < tasks; i++) check(shape, await threads.run(argument), argument)
}

/** @type {Load} always 64 of them unsettled */
export function inFlight(threads, shape, tasks) {
  let started = 0
  const lane = async () => {
    const argument = shape.argument()
    while (started++ < tasks) check(shape, await threads.run(argument), argument)
  }
  return Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}

/** @type {Load} always 64 of them unsettled, each with bytes that are moved there and back */
export function bouncing(threads, shape, tasks) {
  let started = 0
  const lane = async () => {
    let bytes = shape.argument()
    while (started++ < tasks) {
      const back = await threads.move(bytes, [bytes.buffer])
      check(shape, back, bytes)
      bytes = back
    }
  }
  return Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}

/** @type {Load} all of them before the first result */
export async function atOnce(threads, shape, tasks) {
  const argument = shape.argument()
  const results = await Promise.all(Array.from({ length: tasks }, () => threads.run(argument)))
  for (const result of results) check(shape, result, argument)
}

/** @type {Record<string, Pick<Shape, 'task' | 'argument' | 'isRight'>>} what an echo is given */
export const ECHOES = {
  number: { task: 'echo', argument: () => 1, isRight: (result) => result === 1 },
  '{a,b}': {
    task: 'echo',
    argument: () => ({ a: 1, b: 2 }),
    isRight: (result, argument) => result !== argument && result.b === 2,
  },
}

/** @param {string} library @param {string} label */
export const nameOf = (library, label) => `${library}; ${label}`

/** @param {readonly Shape[]} shapes @param {readonly string[]} libraries */
export function casesOf(shapes, libraries) {
  return shapes.flatMap((shape) =>
    (shape.libraries ?? libraries).map((library) => ({
      name: nameOf(library, shape.label),
      ...(shape.share !== undefined && { share: shape.share }),
      load: async () => {
        // The threads are there before the clock starts: what a start costs is another question.
        const threads = await open(library, { task: shape.task, threads: shape.threads ?? 1 })
        await shape.load(threads, shape, 2 * (shape.threads ?? 1))
        return (/** @type {number} */ tasks) => ({ settled: shape.load(threads, shape, tasks) })
      },
    })),
  )
}

/** @param {Map<string, Summary>} summaries @param {string} library @param {string} label */
export const of = (summaries, library, label) => /** @type {Summary} */ (summaries.get(nameOf(library, label)))

/** @param {number | null} ns */
const inUs = (ns) => (ns === null ? '–' : (ns / 1000).toFixed(2))

/** @param {readonly Shape[]} shapes @param {readonly string[]} libraries @param {Map<string, Summary>} summaries */
export function tableOf(shapes, libraries, summaries) {
  // The first one is ours.
  const rows = shapes.flatMap(({ label, libraries: own = libraries }) =>
    own.map((library) => {
      const summary = of(summaries, library, label)
      return [
        label,
        library,
        inUs(summary.medianNs),
        `${inUs(summary.minNs)} – ${inUs(summary.maxNs)}`,
        (summary.medianNs / of(summaries, own[0], label).medianNs).toFixed(2),
        inUs(summary.cpuNs),
        inUs(summary.mainNs),
        summary.rssMb?.toFixed(0) ?? '–',
        summary.peakRssMb.toFixed(0),
      ]
    }),
  )
  const head = [
    'load',
    'library',
    'µs per task',
    'min – max',
    '× workpool',
    'CPU µs',
    'of it main thread',
    'RSS MB',
    'peak',
  ]
  return { head, rows }
}

/** @param {readonly Shape[]} shapes @param {readonly string[]} libraries @param {Map<string, Summary>} summaries */
export function contestsOf(shapes, libraries, summaries) {
  return shapes.map(({ label, libraries: own = libraries }) => ({
    label,
    unit: 'µs per task',
    own: 'workpool',
    entries: own.map((library) => {
      const { medianNs, minNs, maxNs } = of(summaries, library, label)
      return {
        name: library,
        value: medianNs / 1000,
        low: minNs / 1000,
        high: maxNs / 1000,
        isYardstick: library === 'inline',
      }
    }),
  }))
}

/**
 * What a question exports: the cases, and how to read what came of them.
 *
 * @param {readonly Shape[]} shapes
 * @param {readonly string[]} libraries
 */
export const ask = (shapes, libraries) => ({
  cases: casesOf(shapes, libraries),
  table: (/** @type {Map<string, Summary>} */ summaries) => tableOf(shapes, libraries, summaries),
  contests: (/** @type {Map<string, Summary>} */ summaries) => contestsOf(shapes, libraries, summaries),
})

/**
 * @param {Map<string, Summary>} summaries
 * @param {string} label
 * @param {number} factor
 * @param {string} library
 */
export function atLeast(summaries, label, factor, library) {
  const ratio = of(summaries, library, label).medianNs / of(summaries, 'workpool', label).medianNs
  return { aim: `${label}: at least ${factor}× ${library}`, measured: `${ratio.toFixed(2)}×`, met: ratio >= factor }
}
