// `stacks` and `profile`: what the threads of a pool do now, by the inspector. One after the other, as most have threads that
// spin.
import { Session } from 'node:inspector'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { MultiPool, Pool, ThreadPool } from 'workpool'

import { begun, cells, open } from '../support/cells.js'
import { child } from '../support/child.js'
import { Remote } from '../support/remote.js'
import { type Functions, threads } from '../support/threads.js'
import { rejection, until } from '../support/until.js'

const fixture = (name: string) => pathToFileURL(join(process.cwd(), '__test__', 'fixtures', name)).href
const filename = fixture('stuck-tasks.mjs')
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Whether the innermost frames are those of this function of the fixture, perhaps in a function that it calls. */
const isIn = (stack: string, name: string): boolean =>
  stack.split('\n').some((line) => line.includes(`at ${name} (${filename}:`))

test.serial('an endless loop is seen where it is, and ends by its timeout afterwards', async (t) => {
  const pool = threads(t, { filename, size: 2, logger: silent })
  const gate = cells()
  const running = rejection(pool.run(gate, { name: 'endless', timeout: 4_000 }))
  await begun(gate)
  const [look, ...others] = await pool.stacks()
  t.deepEqual(others, [])
  t.true(Number.isInteger(look!.threadId))
  t.deepEqual(
    look!.tasks.map(({ id, name }) => [id, name]),
    [[1, 'endless']],
  )
  t.true(look!.tasks[0]!.runMs > 0)
  t.true(isIn(look!.stack, 'endless'), look!.stack)
  t.is(((await running) as any).code, 'ERR_POOL_TASK_TIMEOUT')
})

test.serial('positions are those of the stack of an Error', async (t) => {
  const pool = threads(t, { filename, size: 1 })
  const gate = cells()
  const running = pool.run(gate, { name: 'loopFor' })
  await begun(gate)
  const { stack } = (await pool.stacks())[0]!
  open(gate)
  await running
  const lines = stack.split('\n').filter((line) => line.includes(filename))
  for (const line of lines) t.regex(line, /^ {4}at (inner|loopFor) \(file:.*stuck-tasks\.mjs:\d+:\d+\)$/)
  const [, line, column] = /loopFor .*:(\d+):(\d+)\)$/.exec(lines.at(-1)!)!
  t.is(Number(line), 12, 'the loop, counted from 1')
  t.true(Number(column) > 1)
  const error = (await rejection(pool.run(undefined, { name: 'thrown' }))) as Error
  t.regex(error.stack!, /^ {4}at thrown \(file:.*stuck-tasks\.mjs:\d+:\d+\)$/m)
})

test.serial(
  'several threads are looked at together, in several calls at the same time, and all of them go on',
  async (t) => {
    const pool = threads(t, { filename, size: 3 })
    const other = threads(t, { filename, size: 1 })
    const gate = cells()
    const names = ['loopFor', 'debugged', 'waits']
    const running = names.map((name) => pool.run(gate, { name }))
    running.push(other.run(gate, { name: 'loopFor' }))
    await begun(gate, 4)
    const looks = await Promise.all([pool.stacks(), other.stacks(), pool.stacks()])
    const named = ({ tasks, stack }: { tasks: readonly { name: string }[]; stack: string }) => {
      const { name } = tasks[0]!
      return `${name}: ${isIn(stack, name) ? 'runs' : 'waits'}`
    }
    const expected = ['debugged: runs', 'loopFor: runs', 'waits: waits']
    t.deepEqual(looks[0]!.map(named).sort(), expected)
    t.deepEqual(looks[1]!.map(named), ['loopFor: runs'])
    t.deepEqual(looks[2]!.map(named).sort(), expected)
    open(gate)
    t.deepEqual(await Promise.all(running), Array(4).fill('went on'), 'nothing stops at its debugger statements')
    t.deepEqual(await pool.stacks(), [], 'nobody is busy')
  },
)

test.serial('tasks that were aborted and go on are shown, and so is a thread that loads', async (t) => {
  const gate = cells()
  const pool = threads(t, { filename: fixture('stuck-while-loading.mjs'), size: 1, workerData: gate })
  const first = pool.run(1)
  await begun(gate)
  const [look] = await pool.stacks()
  t.deepEqual(look!.tasks, [])
  t.regex(look!.stack, /stuck-while-loading\.mjs:5:/)
  open(gate)
  t.is(await first, 1)

  const slow = threads(t, { filename, size: 1, concurrency: 2, grace: 60_000 })
  const next = cells()
  const aborted = new AbortController()
  const running = rejection(slow.run(next, { name: 'waits', signal: aborted.signal }))
  await begun(next)
  aborted.abort()
  await running
  const beside = slow.run(next, { name: 'waits' })
  await begun(next, 2)
  const [both] = await slow.stacks()
  t.deepEqual(both!.tasks.map(({ id, name }) => [id, name]).sort(), [
    [1, 'waits'],
    [2, 'waits'],
  ])
  open(next)
  await beside
  await until(() => slow.busy === 0, 'the aborted one has ended, too')
})

test.serial('a thread in native code is not waited for without bound', async (t) => {
  const pool = threads(t, { filename, size: 1 })
  const gate = cells()
  const running = pool.run(gate, { name: 'inNativeCode' })
  await begun(gate)
  const [look] = await pool.stacks()
  t.is(look!.tasks[0]!.name, 'inNativeCode')
  t.is(await running, 'went on', 'and is not stopped when it comes back')
})

test.serial('a thread that ends in the midst of a look is left out', async (t) => {
  const pool = threads(t, { filename, size: 2, logger: silent })
  const gate = cells()
  const lost = [1, 2].map(() => rejection(pool.run(gate, { name: 'endless' })))
  await begun(gate, 2)
  const looks = [pool.stacks(), pool.stacks(), pool.profile({ ms: 10_000 })]
  await pool.destroy()
  await Promise.all(lost)
  for (const look of await Promise.all(looks)) t.true(look.length <= 2)
  t.deepEqual(await pool.stacks(), [])
})

test.serial(
  'somebody else who debugs a thread stays attached, and a thread that he has stopped stays stopped',
  async (t) => {
    const pool = threads(t, { filename, size: 1 })
    const gate = cells()
    const session = new Session()
    session.connect()
    t.teardown(() => session.disconnect())
    let own = ''
    const events: string[] = []
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      if (params.workerInfo.title.includes(pool.name)) own = params.sessionId
    })
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const { method } = JSON.parse(params.message)
      if (params.sessionId === own && (method === 'Debugger.paused' || method === 'Debugger.resumed'))
        events.push(method)
    })
    const send = (method: string) =>
      session.post('NodeWorker.sendMessageToWorker', { sessionId: own, message: JSON.stringify({ id: 1, method }) })
    const running = pool.run(gate, { name: 'loopFor' })
    await begun(gate)
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
    await until(() => own !== '', 'he is attached')
    send('Debugger.enable')
    send('Debugger.pause')
    await until(() => events.length === 1, 'he has stopped the thread')
    t.true(isIn((await pool.stacks())[0]!.stack, 'loopFor'))
    t.deepEqual(events, ['Debugger.paused'])
    open(gate)
    send('Debugger.resume')
    t.is(await running, 'went on')
    t.deepEqual(events, ['Debugger.paused', 'Debugger.resumed'])
    session.post('NodeWorker.disable')
  },
)

test.serial('profile gives a profile of each live thread, named by pool and thread', async (t) => {
  const pool = threads(t, { filename, size: 2, name: 'profiled' })
  const gate = cells()
  const running = pool.run(gate, { name: 'calls' })
  await begun(gate)
  const { threadId } = (await pool.stacks())[0]!
  const profiles = await pool.profile({ ms: 500 })
  open(gate)
  await running
  t.deepEqual(
    profiles.map(({ name }) => name),
    [`profiled-${threadId}`],
  )
  const { nodes, samples, startTime, endTime } = profiles[0]!.profile
  t.true(nodes.some(({ callFrame }) => callFrame.url === filename))
  t.true(samples!.length > 0)
  t.true(endTime - startTime >= 100_000, 'in µs')
  t.is(((await rejection((pool as any).profile())) as any).code, 'ERR_POOL_OPTION')
  t.is(((await rejection(pool.profile({ ms: 0 }))) as any).code, 'ERR_POOL_OPTION')
})

test.serial('a guest of a shared pool, and an owner that is no main thread, look as well', async (t) => {
  const gate = cells()
  const name = 'looked at by guests'
  const pool = ThreadPool.create<Functions>({ name, shared: true, filename, size: 1 })
  t.teardown(() => pool.destroy())
  const running = pool.run(gate, { name: 'loopFor' })
  await begun(gate)
  const [remote] = await Remote.starting(1)
  const look = (pool: any) => pool.stacks()
  const stacks = (await remote!.run(
    async ({ ThreadPool, kept }: any, name: string, filename: string) => {
      kept.pool = ThreadPool.create({ name, shared: true, filename })
      return kept.pool.stacks()
    },
    name,
    filename,
  )) as Awaited<ReturnType<typeof look>>
  t.deepEqual(
    stacks.map(({ tasks, stack }: any) => [tasks[0].name, isIn(stack, 'loopFor')]),
    [['loopFor', true]],
  )
  open(gate)
  await running
  const owned = (await remote!.run(async ({ ThreadPool }: any, filename: string) => {
    const pool = ThreadPool.create({ filename, size: 1 })
    const gate = new Int32Array(new SharedArrayBuffer(8))
    const running = pool.run(gate, { name: 'loopFor' })
    while (Atomics.load(gate, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    const stacks = await pool.stacks()
    Atomics.store(gate, 1, 1)
    await running
    await pool.close()
    return stacks
  }, filename)) as any[]
  t.deepEqual(
    owned.map(({ tasks, stack }) => [tasks[0].name, isIn(stack, 'loopFor')]),
    [['loopFor', true]],
  )
  await remote!.terminate()
})

test.serial('a guest of a shared pool has profiles of its threads', async (t) => {
  const name = 'profiled by guests'
  const pool = ThreadPool.create<Functions>({ name, shared: true, filename, size: 1 })
  t.teardown(() => pool.destroy())
  const gate = cells()
  const running = pool.run(gate, { name: 'calls' })
  await begun(gate)
  const [remote] = await Remote.starting(1)
  const profiles = (await remote!.run(
    async ({ ThreadPool }: any, name: string, filename: string) => {
      const guest = ThreadPool.create({ name, shared: true, filename })
      return guest.profile({ ms: 500 })
    },
    name,
    filename,
  )) as Awaited<ReturnType<typeof pool.profile>>
  open(gate)
  await running
  t.deepEqual(
    profiles.map(({ name: own, profile }) => [
      own.startsWith(`${name}-`),
      profile.nodes.some(({ callFrame }) => callFrame.url === filename),
    ]),
    [[true, true]],
  )
  await remote!.terminate()
})

test.serial('a MultiPool looks at the threads of all its pools; pools of closures have none', async (t) => {
  const pools = [threads(t, { filename, size: 1 }), threads(t, { filename, size: 1 })]
  const multi = MultiPool.of(pools)
  const gate = cells()
  const running = pools.map((pool) => pool.run(gate, { name: 'loopFor' }))
  await begun(gate, 2)
  t.is((await multi.stacks()).length, 2)
  t.is((await multi.profile({ ms: 10 })).length, 2)
  open(gate)
  await Promise.all(running)
  const closures = MultiPool.of([Pool.create()]) as any
  for (const verb of ['stacks', 'profile']) {
    const { code, message } = (await rejection(closures[verb]({ ms: 1 }))) as any
    t.deepEqual([code, message.startsWith(`${verb} looks at threads`)], ['ERR_POOL_OPTION', true])
  }
})

test.serial('the inspector calls nobody in the isolate that looks, and threads may end meanwhile', async (t) => {
  const { code, stdout, stderr, hung } = await child('looked-at-while-ending', { deadlineMs: 60_000 })
  t.deepEqual([hung, code, stderr, stdout.trim()], [false, 0, '', 'true true'])
})

test.serial('whoever the inspector calls in the midst of other code leaves all timers alone', async (t) => {
  const { code, stdout, stderr, hung } = await child('interrupted-timers')
  t.deepEqual([hung, code, stderr], [false, 0, ''])
  t.deepEqual(stdout.trim().split('\n'), ['2 2', 'true 0'])
})

test.serial(
  'a look loads no inspector here, does not keep the process alive, and without an inspector it is a PoolUnsupportedError',
  async (t) => {
    const { code, stdout, stderr, hung } = await child('looked-at')
    t.deepEqual([hung, code, stderr], [false, 0, ''])
    t.deepEqual(stdout.trim().split('\n'), [
      'stack true',
      'loaded false',
      'PoolUnsupportedError ERR_POOL_UNSUPPORTED false ERR_NO_INSPECTOR',
    ])
  },
)
