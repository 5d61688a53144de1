// Threads that cannot load: beside one that serves they are tried again after pauses, and said once; what they have begun does not keep them.
import { writeFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker, type WorkerOptions } from 'node:worker_threads'

import test from 'ava'
import { PoolClosedError } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { child } from '../support/child.js'
import { threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

const HOLD = `
const { threadId } = require('node:worker_threads');
const { existsSync } = require('node:fs');
if (existsSync(__filename + '.broken')) throw new Error('half of it is deployed');
exports.hold = (ms) => new Promise((resolve) => setTimeout(resolve, ms, threadId));
exports.holdUntil = (file) =>
  new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!existsSync(file)) return;
      clearInterval(timer);
      resolve(threadId);
    }, 5);
  });
exports.here = () => threadId;
`

/** A module that loads until `breakIt` is called, and again after `mend`; how often a thread was started for it; what was warned of. */
function breakable(t: Parameters<typeof threads>[0], name: string) {
  const filename = join(tmpdir(), `workpool-${process.pid}-${name}.cjs`)
  const flag = `${filename}.broken`
  const end = `${filename}.end`
  writeFileSync(filename, HOLD)
  t.teardown(() => {
    for (const file of [filename, flag, end]) rmSync(file, { force: true })
  })
  const starts: number[] = []
  const warnings: [{ err?: Error }, string][] = []
  const ignore = () => {}
  const options = {
    filename,
    createWorker: (url: URL, options: WorkerOptions) => {
      starts.push(performance.now())
      return new Worker(url, options)
    },
    logger: {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (details: object, message: string) => warnings.push([details, message]),
    },
  }
  return { filename, options, starts, warnings, end, breakIt: () => writeFileSync(flag, ''), mend: () => rmSync(flag) }
}

test('threads that cannot load while another one serves are started again after pauses, and warned of once', async (t) => {
  const { filename, options, starts, warnings, end, breakIt, mend } = breakable(t, 'pauses')
  const pool = threads(t, { name: 'bakery', size: 2, ...options })
  const serving = await pool.run(0, { name: 'here' })
  breakIt()
  const held = pool.run(end, { name: 'holdUntil' })
  // Each of them would have a thread started.
  const others: Promise<unknown>[] = []
  let isHeld = true
  void held.then(() => (isHeld = false))
  while (isHeld) {
    others.push(pool.run(0, { name: 'here' }))
    t.deepEqual(contradictions(pool.stats()), [])
    await new Promise((resolve) => setTimeout(resolve, 5))
    // After the first one that could not be started it has been tried again, twice.
    if (starts.length >= 4) writeFileSync(end, '')
  }
  t.is(await held, serving)
  for (const thread of await Promise.all(others)) t.is(thread, serving, 'the one that serves takes them all')
  const pauses = starts.slice(2).map((at, index) => at - starts[index + 1]!)
  t.true(pauses.length > 0, 'it was tried again')
  for (const [index, pause] of pauses.entries()) t.true(pause >= 100 * 2 ** index - 5, `pauses: ${pauses.join(', ')}`)
  t.is(warnings.length, 1)
  const [[{ err }, message]] = warnings as [[{ err: Error }, string]]
  t.is(message, `workpool: a thread could not be started for ${filename}; this is said once until one has loaded`)
  t.regex(err.message, /half of it is deployed/)

  // Once a thread has loaded, the next one that does not is news.
  mend()
  const busy = [pool.run(60_000, { name: 'hold' })]
  const second = await pool.run(0, { name: 'here' })
  t.not(second, serving)
  t.is(warnings.length, 1)
  breakIt()
  pool.tune(3)
  busy.push(pool.run(60_000, { name: 'hold' }), pool.run(60_000, { name: 'hold' }))
  for (const promise of busy) promise.catch(() => {})
  await until(() => warnings.length > 1, 'a second warning')
  t.is(warnings.length, 2)
})

test('a thread that cannot load is warned of although nobody waits for it', async (t) => {
  const { options, warnings, breakIt } = breakable(t, 'nobody')
  breakIt()
  const pool = threads(t, { size: 1, preAlloc: true, ...options })
  await until(() => warnings.length > 0, 'a warning')
  t.is(warnings.length, 1)
  t.like(pool.stats(), { waiting: 0, failed: 0 })
})

for (const verb of ['run', 'runSync']) {
  test(`a module that has begun something before it cannot be loaded does not keep its thread: ${verb}`, async (t) => {
    const { hung, code, stdout, stderr } = await child('unloadable', { args: [verb] })
    t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
    const printed = ['first line', 'second line']
    const rejection = 'ERR_POOL_WORKER_START it cannot be loaded'
    // A blocked isolate takes what has been printed afterwards.
    const lines = verb === 'run' ? [...printed, rejection] : [rejection, ...printed]
    t.deepEqual(stdout.trim().split('\n'), lines)
  })
}

test('a destroy that ends threads while they load logs nothing', async (t) => {
  const { options, warnings } = breakable(t, 'destroyed')
  const pool = threads(t, { ...options, size: 2 })
  const calls = [1, 2].map(() => rejection(pool.run(0, { name: 'here' })))
  await pool.destroy()
  for (const error of await Promise.all(calls)) t.true(error instanceof PoolClosedError)
  t.deepEqual(warnings, [])
})
