/**
 * What does an item of a source cost that is mapped with bounded concurrency?
 *
 * A generator of 1,000,000 items, a no-op async task for each, at concurrency 100, every result looked at. `pMapIterable` and
 * `pool.map` yield results one by one and hold no more than the window; `pMap` has an array of them all in the end, which is
 * what most programs use it for. The floor is a loop that awaits one task after the other.
 */

const ITEMS = 1_000_000
const CONCURRENCY = 100

const task = async (/** @type {number} */ item) => item

function* source() {
  for (let item = 0; item < ITEMS; item++) yield item
}

/** @param {Iterable<number> | AsyncIterable<number>} results */
async function count(results) {
  let seen = 0
  for await (const result of results) if (result === seen || result >= 0) seen++
  if (seen !== ITEMS) throw new Error(`${seen} results instead of ${ITEMS}`)
}

/**
 * @param {string} name
 * @param {() => Promise<() => { settled: Promise<unknown>, close?: () => Promise<unknown> }>} load
 */
const mapped = (name, load) => ({ name, tasks: ITEMS, load })

/** @param {{ ordered?: boolean }} [options] */
const loadWorkpool = (options) => async () => {
  const { Pool } = await import('workpool')
  return () => {
    const pool = Pool.create({ size: CONCURRENCY })
    return { settled: count(pool.map(source(), task, options)), close: () => pool.close() }
  }
}

async function awaitOneByOne() {
  for (const item of source()) await task(item)
}

export const cases = [
  mapped('one by one', async () => () => ({ settled: awaitOneByOne() })),

  mapped('workpool', loadWorkpool()),

  mapped('workpool, unordered', loadWorkpool({ ordered: false })),

  mapped('pMap', async () => {
    const { default: pMap } = await import('p-map')
    return () => ({ settled: pMap(source(), task, { concurrency: CONCURRENCY }) })
  }),

  mapped('pMapIterable', async () => {
    const { pMapIterable } = await import('p-map')
    return () => ({ settled: count(pMapIterable(source(), task, { concurrency: CONCURRENCY })) })
  }),
]

export const title = `${ITEMS.toLocaleString('en')} items mapped by a no-op async task at concurrency ${CONCURRENCY}`
export const full = { rounds: 7, warmupTasks: 1_000_000, timedTasks: 2_000_000 }
export const quick = { rounds: 1, warmupTasks: 1_000_000, timedTasks: 1_000_000 }

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function table(summaries) {
  const ns = (/** @type {string} */ name) => /** @type {any} */ (summaries.get(name)).medianNs
  const rows = [...summaries.values()].map((summary) => [
    summary.name,
    summary.medianNs.toFixed(0),
    `${summary.minNs.toFixed(0)} – ${summary.maxNs.toFixed(0)}`,
    (summary.medianNs / ns('workpool')).toFixed(2),
    summary.cpuNs.toFixed(0),
    summary.peakRssMb.toFixed(0),
  ])
  return { head: ['case', 'ns per item', 'min – max', '× workpool', 'CPU ns per item', 'peak RSS MB'], rows }
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function contests(summaries) {
  const entries = [...summaries.values()].map(({ name, medianNs, minNs, maxNs }) => ({
    name,
    value: medianNs,
    low: minNs,
    high: maxNs,
    isYardstick: name === 'one by one',
  }))
  const memory = [...summaries.values()].map(({ name, peakRssMb }) => ({
    name,
    value: peakRssMb,
    isYardstick: name === 'one by one',
  }))
  return [
    { label: 'mapped', unit: 'ns per item', own: 'workpool', entries },
    { label: 'mapped, peak RSS', unit: 'MB', own: 'workpool', entries: memory },
  ]
}

/** @param {Map<string, import('./rounds.mjs').Summary>} summaries */
export function aims(summaries) {
  const of = (/** @type {string} */ name) => /** @type {import('./rounds.mjs').Summary} */ (summaries.get(name))
  const ours = of('workpool')
  const speed = (/** @type {string} */ peer) => {
    const ratio = of(peer).medianNs / ours.medianNs
    return { aim: `workpool: at least as fast as ${peer}`, measured: `${ratio.toFixed(2)}×`, met: ratio >= 1 }
  }
  const memory = `${ours.peakRssMb.toFixed(0)} MB against ${of('pMapIterable').peakRssMb.toFixed(0)} MB`
  const isFlat = ours.peakRssMb <= of('pMapIterable').peakRssMb * 1.1
  return [
    speed('pMap'),
    speed('pMapIterable'),
    { aim: 'workpool: no more memory than pMapIterable', measured: memory, met: isFlat },
  ]
}
