/**
 * What holds in the environment of every test runner. Each case is given the package as the runner has loaded it and the file of
 * `tasks.cjs`; it throws if it does not hold. Nothing here uses a timer, so that the cases hold under fake ones, too.
 */
'use strict'

function equal(actual, expected) {
  const [seen, wanted] = [actual, expected].map((value) => JSON.stringify(value))
  if (seen !== wanted) throw new Error(`${seen} instead of ${wanted}`)
}

const codeOf = (error) => error.code

/** A promise and what settles it. */
function gate() {
  let open
  const promise = new Promise((resolve) => (open = resolve))
  return { promise, open }
}

exports.closures = {
  async 'closures run, wait and fail'({ Pool, PoolError }) {
    const pool = Pool.create({ size: 1, maxBlockingTasks: 1 })
    const first = gate()
    const running = pool.submit(() => first.promise)
    const waiting = pool.submit(() => 'waited')
    const refused = await pool.submit(() => 'never').catch((error) => error)
    equal([refused.code, refused instanceof PoolError, refused instanceof Error], ['ERR_POOL_OVERLOAD', true, true])
    first.open('ran')
    equal([await running, await waiting], ['ran', 'waited'])
    await pool.close()
    equal(await pool.submit(() => 1).catch(codeOf), 'ERR_POOL_CLOSED')
  },

  async 'vacancy settles as often as it is asked'({ Pool }) {
    const pool = Pool.create({ size: 2 })
    for (let i = 0; i < 10; i++) {
      await pool.vacancy()
      equal(await pool.submit(async () => i), i)
    }
    await pool.close()
  },

  async 'map, drain and close settle'({ Pool }) {
    const pool = Pool.create({ size: 2 })
    const seen = []
    for await (const square of pool.map([1, 2, 3, 4, 5], async (item) => item * item)) seen.push(square)
    equal(seen, [1, 4, 9, 16, 25])
    const task = pool.submit(async () => 'drained')
    await pool.drain()
    equal(await task, 'drained')
    await pool.releaseTimeout(10_000)
    pool.reboot()
    equal(await pool.submit(() => 'again'), 'again')
    await pool.close({ timeout: 10_000 })
  },

  async 'deadlines are met'({ Pool }) {
    const pool = Pool.create({ size: 1 })
    const never = gate()
    equal(await pool.submit(() => never.promise, { timeout: 5 }).catch(codeOf), 'ERR_POOL_TASK_TIMEOUT')
    equal(await pool.submit(() => 'never', { waitTimeout: 5 }).catch(codeOf), 'ERR_POOL_WAIT_TIMEOUT')
    never.open()
    await pool.close()
  },

  async 'a signal of this environment aborts'({ Pool }) {
    const pool = Pool.create({ size: 1 })
    const [controller, running] = [new AbortController(), gate()]
    void pool.submit(() => running.promise)
    const waiting = pool.submit(() => 'never', { signal: controller.signal }).catch((error) => error)
    controller.abort()
    equal((await waiting).name, 'AbortError')
    running.open()
    await pool.close()
  },

  async 'resources are made and disposed of'({ Pool }) {
    let disposed = 0
    const pool = Pool.create({ size: 2, init: async () => ({ ok: true }), dispose: async () => void disposed++ })
    equal(await pool.submit(({ resource }) => resource.ok), true)
    await pool.close()
    equal(disposed, 1)
  },

  async 'a shared pool is one for all loads'({ Pool }) {
    const pools = [1, 2].map(() => Pool.create({ name: 'of-a-runner', shared: true, size: 1 }))
    const first = gate()
    const tasks = [pools[0].submit(() => first.promise), pools[1].submit(() => 'second')]
    equal(pools[0].waiting, 1)
    first.open('first')
    equal(await Promise.all(tasks), ['first', 'second'])
    await Promise.all(pools.map((pool) => pool[Symbol.asyncDispose]()))
  },
}

exports.threads = {
  async 'threads run tasks'({ ThreadPool }, filename) {
    const pool = ThreadPool.create({ filename, size: 1, workerData: { of: 'the pool' } })
    equal(await pool.run('value', { name: 'echo' }), 'value')
    equal(await pool.tasks.add(1, 2), 3)
    equal(await pool.tasks.where(), { isWorkerThread: true, name: 'where', workerData: { of: 'the pool' } })
    await pool.close()
  },

  async 'a thread pool takes a URL of this environment'({ ThreadPool }, filename) {
    const url = new URL(`file://${filename.startsWith('/') ? '' : '/'}${filename.replaceAll('\\', '/')}`)
    const pool = ThreadPool.create({ filename: url, size: 1 })
    equal(await pool.run(1, { name: 'echo' }), 1)
    await pool.close()
  },

  async 'values of this environment reach threads and come back'({ ThreadPool }, filename) {
    const pool = ThreadPool.create({ filename, size: 1 })
    const map = await pool.run(new Map([['key', { nested: [1, 2] }]]), { name: 'echo' })
    equal([...map], [['key', { nested: [1, 2] }]])
    equal(
      await pool
        .run({ date: new Date(5), list: [1, 'x', null], big: 'x'.repeat(200_000) }, { name: 'echo' })
        .then((value) => [value.date.getTime(), value.list, value.big.length]),
      [5, [1, 'x', null], 200_000],
    )
    const buffer = new Uint8Array([1, 2, 3])
    equal([...(await pool.run(buffer, { name: 'echo', transfer: [buffer.buffer] }))], [1, 2, 3])
    equal(buffer.byteLength, 0)
    const bytes = await pool.run(100_000, { name: 'bytes' })
    equal([bytes.length, bytes[99_999]], [100_000, 7])
    const uncloneable = await pool.run(() => {}, { name: 'echo' }).catch((error) => error)
    equal(uncloneable.name, 'DataCloneError')
    await pool.close()
  },

  async 'errors of threads are errors of this environment'({ ThreadPool, WorkerCrashedError, PoolError }, filename) {
    const pool = ThreadPool.create({ filename, size: 1 })
    const failed = await pool.run('no', { name: 'fail' }).catch((error) => error)
    equal(
      [failed instanceof RangeError, failed instanceof Error, failed.message, failed.code],
      [true, true, 'no', 'ERR_OF_A_TASK'],
    )
    const crashed = await pool.run(undefined, { name: 'crash' }).catch((error) => error)
    equal([crashed instanceof WorkerCrashedError, crashed instanceof PoolError, crashed.exitCode], [true, true, 3])
    const unknown = await pool.run(undefined, { name: 'unknown' }).catch((error) => error)
    equal([unknown instanceof TypeError, unknown.code], [true, 'ERR_POOL_OPTION'])
    await pool.close()
  },

  async 'threads retire and start again'({ ThreadPool }, filename) {
    const pool = ThreadPool.create({ filename, size: 2, recycle: { tasks: 1 } })
    equal(await Promise.all([1, 2, 3, 4].map((value) => pool.run(value, { name: 'echo' }))), [1, 2, 3, 4])
    pool.tune(1)
    equal(await pool.run(5, { name: 'echo' }), 5)
    await pool.close()
    pool.reboot()
    equal(await pool.run(6, { name: 'echo' }), 6)
    await pool.destroy()
  },

  async 'a thread gives its event loop its turn and goes on'({ ThreadPool }, filename) {
    const pool = ThreadPool.create({ filename, size: 1 })
    const tasks = Array.from({ length: 12 }, () => pool.run(5, { name: 'work' }))
    equal((await Promise.all(tasks)).length, 12)
    await pool.drain()
    await pool.close()
  },

  async 'a thread whose timers are faked goes on'({ ThreadPool }, filename) {
    const pool = ThreadPool.create({ filename, size: 1 })
    await pool.run(undefined, { name: 'fakeTimers' })
    const tasks = Array.from({ length: 6 }, () => pool.run(5, { name: 'work' }))
    equal((await Promise.all(tasks)).length, 6)
    equal([...(await pool.run(new Map([[1, 2]]), { name: 'echo' }))], [[1, 2]])
    await pool.close()
  },

  async 'a thread that cannot load its module says so'({ ThreadPool }, filename) {
    const pool = ThreadPool.create({ filename: filename.replace('tasks', 'no-tasks'), size: 1 })
    const error = await pool.run(1).catch((thrown) => thrown)
    equal([error.code, error instanceof Error], ['ERR_POOL_WORKER_START', true])
    await pool.close()
  },

  async 'a thread that dies while it loads is started again, after pauses'({ ThreadPool }, filename) {
    const pool = ThreadPool.create({ filename: filename.replace('tasks', 'tasks-that-die'), size: 1 })
    const error = await pool.run(1).catch((thrown) => thrown)
    equal([error.code, error instanceof Error], ['ERR_POOL_WORKER_START', true])
    await pool.close()
  },

  async 'runSync gives the result'({ ThreadPool }, filename) {
    const pool = ThreadPool.create({ filename, size: 1 })
    equal(pool.runSync(4, { name: 'echo' }), 4)
    await pool.close()
  },
}
