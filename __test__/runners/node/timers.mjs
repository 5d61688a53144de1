/**
 * Fake timers of sinon and of node:test, set up and taken down again while pools are at work, and before the package is loaded. Without a
 * runner: those of sinon replace `process.nextTick`, on which runners depend that do not expect it.
 */
import { createRequire } from 'node:module'
import { mock } from 'node:test'
import * as timers from 'node:timers'
import sinon from 'sinon'
import * as workpool from 'workpool'
import cases from '../cases.cjs'

const DEADLINE_MS = 10_000

const require = createRequire(import.meta.url)
const filename = require.resolve('../tasks.cjs')
const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = timers

const none = { enable() {}, reset() {} }
let clock
const fakes = {
  'node:test': { enable: () => mock.timers.enable(), reset: () => mock.timers.reset() },
  sinon: { enable: () => (clock = sinon.useFakeTimers()), reset: () => clock.restore() },
}

/** The package, loaded once more. */
function loadAgain() {
  for (const file of Object.keys(require.cache))
    if (/[\\/]workpool[\\/]dist[\\/]/.test(file)) delete require.cache[file]
  return require('workpool')
}

async function attempt(title, { enable, reset }, run) {
  let deadline
  const late = new Promise(
    (_, reject) =>
      (deadline = realSetTimeout(reject, DEADLINE_MS, new Error(`has not ended within ${DEADLINE_MS} ms`))),
  )
  let problem
  enable()
  try {
    await Promise.race([run(), late])
  } catch (error) {
    problem = error
  } finally {
    reset()
    realClearTimeout(deadline)
  }
  console.log(`${problem === undefined ? 'ok' : 'not ok'} - ${title}`)
  if (problem !== undefined) console.error(problem)
}

async function attemptAll(title, timersOf, loaded) {
  for (const kind of Object.values(cases)) {
    for (const [name, run] of Object.entries(kind))
      await attempt(`${title}: ${name}`, timersOf, () => run(loaded, filename))
  }
}

for (const [name, timersOf] of Object.entries(fakes)) {
  await attemptAll(`timers of ${name}`, timersOf, workpool)
  timersOf.enable()
  const late = loadAgain()
  timersOf.reset()
  if (late.Pool === workpool.Pool) throw new Error('it is the same load')
  await attemptAll(`timers of ${name} before the load, real ones later`, none, late)
  await attemptAll(`timers of ${name} before the load, and for good`, timersOf, late)
  await attempt(`a vacancy that was asked for under the timers of ${name} does not keep later ones`, none, async () => {
    const pool = workpool.Pool.create({ size: 1 })
    timersOf.enable()
    await pool.vacancy()
    timersOf.reset()
    await pool.vacancy()
    await pool.close()
  })
}
console.log('done')
