/** `node scripts/observing.mjs`, after `npm run build`: what it costs to watch a pool, in processor time. See docs/observation.md. */
import { Pool } from 'workpool'

const ROUNDS = 9
const TASKS = 100_000
const AT_ONCE = 100
const WAITING = 1_000_000
const LOOKS = 50

const work = async () => {}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

/** ns of processor time per task. @param {import('workpool').PoolOptions} options */
async function perTask(options) {
  const pool = Pool.create(options)
  const before = process.cpuUsage()
  for (let i = 0; i < TASKS; i += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => pool.submit(work)))
  }
  const { user, system } = process.cpuUsage(before)
  await pool.close()
  return ((user + system) * 1e3) / TASKS
}

/** @type {Record<string, import('workpool').PoolOptions>} */
const kinds = { 'no option': {}, slowTask: { slowTask: 1_000 }, trackSubmit: { trackSubmit: true } }
/** @type {Record<string, number[]>} */
const results = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]))
for (let round = 0; round < ROUNDS; round++) {
  for (const [kind, options] of Object.entries(kinds)) results[kind]?.push(await perTask(options))
}
for (const [kind, times] of Object.entries(results)) console.log(`${kind}: ${median(times).toFixed(0)} ns per task`)

/** ms per look. @param {import('workpool').PoolOptions} options @param {number} keys */
function perLook(options, keys) {
  const pool = Pool.create(options)
  for (let i = 0; i < WAITING; i++) {
    pool.execute(() => new Promise(() => {}), keys === 0 ? {} : { key: `key ${i % keys}` })
  }
  const times = Array.from({ length: LOOKS }, () => {
    const start = performance.now()
    pool.inspect()
    return performance.now() - start
  })
  pool.clear()
  return median(times)
}

const logger = { debug() {}, info() {}, warn() {}, error() {} }
console.log(`inspect(), a million wait: ${perLook({ size: 1, logger }, 0).toFixed(2)} ms`)
console.log(`inspect(), of 10,000 keys: ${perLook({ size: 256, perKey: 2, logger }, 10_000).toFixed(2)} ms`)
process.exit()
