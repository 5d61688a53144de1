// Weights (design/scheduling.md): a task may take several slots of the capacity.
import test from 'ava'
import { Pool } from 'workpool'

import { gate, type Gate } from '../support/gate.js'

/** Tasks that note their starts, and end when they are told. */
function noted(pool: Pool<void>) {
  const started: string[] = []
  const gates = new Map<string, Gate>()
  const tasks: Promise<void>[] = []
  const submit = (name: string, options: Parameters<typeof pool.submit>[1] = {}): Promise<void> => {
    const end = gate()
    gates.set(name, end)
    const task = pool.submit(() => {
      started.push(name)
      return end.promise
    }, options)
    tasks.push(task)
    return task
  }
  const end = async (name: string): Promise<void> => {
    gates.get(name)!.open()
    // Not its promise, as tasks end in the order of the microtasks.
    await new Promise(setImmediate)
  }
  const finish = async (): Promise<void> => {
    for (const { open } of gates.values()) open()
    await Promise.allSettled(tasks)
  }
  return { started, submit, end, finish }
}

test('a task starts when its whole weight fits, and running and busy count its slots', async (t) => {
  const pool = Pool.create({ size: 4 })
  const { started, submit, end, finish } = noted(pool)
  void submit('three', { weight: 3 })
  t.deepEqual([pool.busy, pool.running, pool.available, pool.free], [3, 3, 1, 1])
  void submit('two', { weight: 2 })
  t.deepEqual(started, ['three'])
  t.is(pool.waiting, 1)
  await end('three')
  t.deepEqual(started, ['three', 'two'])
  t.is(pool.busy, 2)
  await finish()
  t.is(pool.busy, 0)
  t.is(pool.stats().peakBusy, 3)
})

test('lighter tasks behind a heavy one do not pass it; one of a higher priority that fits does', async (t) => {
  const pool = Pool.create({ size: 4 })
  const { started, submit, end, finish } = noted(pool)
  void submit('first', { weight: 2 })
  void submit('heavy', { weight: 3 })
  void submit('light')
  t.deepEqual(started, ['first'], 'two slots are free, and the light one waits behind the heavy one')
  void submit('urgent', { priority: 'high' })
  t.deepEqual(started, ['first', 'urgent'])
  await end('first')
  t.deepEqual(started, ['first', 'urgent', 'heavy'])
  await end('urgent')
  t.deepEqual(started, ['first', 'urgent', 'heavy', 'light'])
  await finish()
})

test('a weight above the capacity is the capacity of the moment when the task starts', async (t) => {
  const pool = Pool.create({ size: 2 })
  const { started, submit, end, finish } = noted(pool)
  void submit('whole', { weight: 100 })
  t.deepEqual([pool.busy, started], [2, ['whole']])
  void submit('again', { weight: 100 })
  pool.tune(3)
  t.deepEqual(started, ['whole'], 'one slot is free, and it would take three')
  await end('whole')
  t.deepEqual([pool.busy, started], [3, ['whole', 'again']])
  await finish()
  t.is(pool.busy, 0)
})

test('an unbounded pool has room for every weight', async (t) => {
  const pool = Pool.create({ size: Infinity })
  t.deepEqual(await Promise.all([1, 1_000, 2 ** 31 - 1].map((weight) => pool.submit(() => weight, { weight }))), [
    1,
    1_000,
    2 ** 31 - 1,
  ])
  t.is(pool.busy, 0)
})

test('execute and tryExecute take a weight; one that does not fit is refused where it may not wait', async (t) => {
  const pool = Pool.create({ size: 3, nonblocking: true })
  const end = gate()
  pool.execute(() => end.promise, { weight: 2 })
  t.false(pool.tryExecute(() => t.fail('it ran'), { weight: 2 }))
  t.true(pool.tryExecute(() => {}, { weight: 1 }))
  await t.throwsAsync(
    pool.submit(() => t.fail('it ran'), { weight: 2 }),
    { code: 'ERR_POOL_OVERLOAD' },
  )
  t.is(pool.stats().rejected.overload, 2)
  end.open()
  await pool.drain()
})

test('a heavy task that was aborted or timed out keeps all its slots until it ends', async (t) => {
  const pool = Pool.create({ size: 3 })
  const end = gate()
  const controller = new AbortController()
  const late = pool.submit(() => end.promise, { weight: 2, timeout: 1 })
  await t.throwsAsync(late, { code: 'ERR_POOL_TASK_TIMEOUT' })
  t.is(pool.busy, 2)
  const waiting = pool.submit(() => 'ran', { weight: 2 })
  const aborted = pool.submit(() => t.fail('it ran'), { weight: 3, signal: controller.signal })
  controller.abort(new Error('enough'))
  await t.throwsAsync(aborted, { message: 'enough' })
  t.is(pool.waiting, 1)
  end.open()
  t.is(await waiting, 'ran')
  t.is(pool.busy, 0)
})
