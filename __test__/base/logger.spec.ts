import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Pool } from 'workpool'

import { child } from '../support/child.js'
import { occupy } from '../support/gate.js'
import { Recorder, shows } from '../support/recorder.js'

test('a logger is told (object, message), as pino is', async (t) => {
  const logger = new Recorder()
  const pool = Pool.create({ name: 'bakery', size: 1, logger })
  const error = new Error('burnt')
  pool.execute(() => {
    throw error
  })
  t.is(logger.entries.length, 1)
  const { level, obj, msg } = logger.entries[0]!
  t.is(level, 'error')
  t.is(typeof obj, 'object')
  t.true(shows(logger.entries[0]!, error))
  t.is(typeof msg, 'string')
  t.true(`${msg} ${JSON.stringify(obj)}`.includes('bakery'))
})

test('a pool that is used as it should be logs nothing above debug', async (t) => {
  const logger = new Recorder()
  const pool = Pool.create({ size: 2, expiry: 5, logger, init: () => 0, dispose() {}, isBroken: () => true })
  await occupy(pool, 10).finish()
  await pool.submit(() => Promise.reject(new Error('held'))).catch(() => 0)
  pool.tune(1)
  await pool.close()
  pool.reboot()
  await pool.submit(turn)
  pool.release()
  t.deepEqual(
    logger.entries.filter(({ level }) => level !== 'debug'),
    [],
  )
})

test('a submit that waits inside its own full pool is logged once', async (t) => {
  const logger = new Recorder()
  const pool = Pool.create({ size: 1, logger })
  const inner: Promise<string>[] = []
  for (let i = 0; i < 3; i++) {
    await pool.submit(() => {
      inner.push(
        pool.submit(() => 'inner'),
        pool.submit(() => 'inner'),
      )
    })
  }
  t.is((await Promise.all(inner)).length, 6)
  const told = logger.entries.filter(({ level }) => level !== 'debug')
  t.is(told.length, 1)
})

test('a nested submit that need not wait, waits in another pool, or comes after an await is not logged', async (t) => {
  const logger = new Recorder()
  const roomy = Pool.create({ size: 2, logger })
  await roomy.submit(() => roomy.submit(() => 'inner'))

  const other = Pool.create({ size: 1, logger })
  const { finish } = occupy(other, 1)
  const pool = Pool.create({ size: 1, logger })
  const elsewhere = pool.submit(() => other.submit(() => 'inner'))
  await finish()
  await elsewhere

  let late: Promise<string> | undefined
  await pool.submit(async () => {
    await turn()
    late = pool.submit(() => 'inner')
  })
  await late

  const full = occupy(pool, 1)
  const waiting = pool.submit(() => 'not nested')
  await full.finish()
  await waiting
  t.deepEqual(
    logger.entries.filter(({ level }) => level !== 'debug'),
    [],
  )
})

test('a logger that throws harms nobody', async (t) => {
  const fail = () => {
    throw new Error('disk full')
  }
  const logger = { debug: fail, info: fail, warn: fail, error: fail }
  const pool = Pool.create({ size: 1, logger, init: () => 0, dispose: fail, isBroken: fail })
  pool.execute(() => Promise.reject(new Error('fails')))
  await pool.drain()
  t.is(await pool.submit(() => 'fine'), 'fine')
  await pool.close()
  t.is(pool.running, 0)
})

test('by default warnings and errors go to the console, debug does not', async (t) => {
  t.timeout(15_000)
  const { code, stdout, stderr } = await child('default-logger')
  t.is(code, 0)
  t.regex(stderr, /failure of an executed task/)
  t.regex(stderr, /failure of a dispose/)
  t.is(stdout, '')
  t.notRegex(stderr, /failure after the abort/)
})
