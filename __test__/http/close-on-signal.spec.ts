// What a process does that closes its pools on a signal: fixtures/close-on-signal.mjs.
import { Worker } from 'node:worker_threads'

import test from 'ava'
import { Pool } from 'workpool'
import { closeOnSignal } from 'workpool/http'

import { child, type Ending } from '../support/child.js'

/** No signals as others have them. */
const posix = process.platform === 'win32' ? test.skip : test

async function run(kind: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending & { lines: string[] }> {
  const ending = await child('close-on-signal', { args: [kind], signal, deadlineMs: 60_000 })
  return { ...ending, lines: ending.stdout.trim().split('\n') }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  posix(`${signal}: what was accepted runs, what comes later is refused, and the process ends by itself`, async (t) => {
    const { code, lines, stderr, hung } = await run('ends', signal)
    t.deepEqual([code, stderr, hung], [0, '', false])
    t.deepEqual(
      lines.toSorted(),
      [
        'ready',
        `before: ${signal}, open`,
        'running: done',
        'waiting: from the second',
        'refused: PoolClosedError',
        `closed: ${signal}, no errors, true true`,
        'listeners: 0 0',
      ].toSorted(),
    )
  })
}

posix(
  'out of time, what waits and what runs is aborted, nothing is unhandled, and the process ends by itself',
  async (t) => {
    const { code, lines, stderr } = await run('late')
    t.deepEqual([code, stderr], [0, ''])
    for (const line of [
      'waiting: PoolClosedError',
      'running: PoolClosedError',
      'a pool was not closed in time: 1 worker was left after 50 ms (pool "first")'.replace(/after \d+ ms/, 'after'),
      'closed: SIGTERM, ReleaseTimeoutError, true true',
    ]) {
      t.true(
        lines.some((said) => said.replace(/after \d+ ms/, 'after') === line),
        `${line} is not in ${lines.join('\n')}`,
      )
    }
  },
)

posix('a thread that spins is ended, so the process ends', async (t) => {
  const { code, lines, stderr } = await run('threads')
  t.deepEqual([code, stderr], [0, ''])
  t.true(lines.includes('running: PoolClosedError'))
})

posix('the second signal ends the process at once, as if nobody listened', async (t) => {
  const { code, signal, lines, stderr, hung } = await run('twice')
  t.deepEqual([code, signal, stderr, hung], [null, 'SIGTERM', '', false])
  t.false(lines.some((line) => line.startsWith('closed')))
})

posix('if somebody else listens to the second signal, it aborts all at once', async (t) => {
  const { code, signal, lines, stderr } = await run('twice, with a listener')
  t.deepEqual([code, signal, stderr], [0, null, ''])
  t.is(lines.filter((line) => line === 'mine').length, 2)
  for (const line of [
    'running: PoolClosedError',
    'waiting: PoolClosedError',
    'closed: SIGTERM, ReleaseTimeoutError, true true',
  ]) {
    t.true(lines.includes(line), `${line} is not in ${lines.join('\n')}`)
  }
})

posix('if before fails, or is late, that is told, and the pools are closed all the same', async (t) => {
  const message = 'what was to be done before the pools are closed has failed'
  const failed = await run('fails before')
  t.deepEqual([failed.code, failed.stderr], [0, ''])
  t.true(failed.lines.includes(`${message}: thrown by before`))
  t.true(failed.lines.includes('running: done'))
  t.true(failed.lines.includes('closed: SIGTERM, Error, true true'))
  const late = await run('late before')
  t.deepEqual([late.code, late.stderr], [0, ''])
  t.true(late.lines.includes(`${message}: before had not ended after 50 ms`))
  t.true(late.lines.some((line) => /^closed: SIGTERM, Error.*, true true$/.test(line)))
})

posix('after stop, a signal does what it would have done', async (t) => {
  const { code, signal, lines } = await run('stopped')
  t.deepEqual([code, signal], [null, 'SIGTERM'])
  t.false(lines.some((line) => line.startsWith('before')))
})

test('using stops listening at the end of its block', (t) => {
  const before = process.listenerCount('SIGTERM')
  {
    using closing = closeOnSignal([Pool.create()])
    t.is(process.listenerCount('SIGTERM'), before + 1)
    t.true(closing.closed instanceof Promise)
  }
  t.is(process.listenerCount('SIGTERM'), before)
})

test('what is wrong is refused at once, and nobody listens', (t) => {
  const counts = () => [process.listenerCount('SIGTERM'), process.listenerCount('SIGINT')]
  const before = counts()
  const pool = Pool.create()
  const wrong: [unknown, unknown, RegExp][] = [
    [pool, undefined, /^pools must be an iterable of pools, or a function that gives one/],
    [undefined, undefined, /^pools must be/],
    ['pools', undefined, /^pools must be/],
    [[pool, {}], undefined, /^pools must be an iterable of pools/],
    [[pool], null, /^the options of closeOnSignal must be an object/],
    [[pool], { signals: 'SIGTERM' }, /^signals must be an array/],
    [[pool], { signals: [] }, /^signals must be an array of at least one/],
    [[pool], { signals: ['SIGTERM', 'SIGNAL'] }, /^signals must be names of signals, not 'SIGNAL'/],
    [[pool], { timeout: -1 }, /^timeout must be/],
    [[pool], { before: 'close' }, /^before must be a function/],
    [[pool], { logger: {} }, /^logger must be/],
    [[pool], { timeOut: 5 }, /timeOut.*did you mean timeout/],
    ...(process.platform === 'win32'
      ? []
      : [
          [[pool], { signals: ['SIGTERM', 'SIGKILL'] }, /^no listener is possible for one of SIGTERM, SIGKILL/] as [
            unknown,
            unknown,
            RegExp,
          ],
        ]),
  ]
  for (const [pools, options, message] of wrong) {
    t.throws(() => closeOnSignal(pools as never, options as never), { code: 'ERR_POOL_OPTION', message })
  }
  t.deepEqual(counts(), before)
})

test('in a worker thread it throws, as no signal comes there', async (t) => {
  const code = `import('workpool/http').then(({ closeOnSignal }) => closeOnSignal([])).catch(({ code, message }) => {
    require('node:worker_threads').parentPort.postMessage([code, message])
  })`
  const worker = new Worker(code, { eval: true })
  const [said, message] = await new Promise<string[]>((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  )
  t.is(said, 'ERR_POOL_OPTION')
  t.regex(message!, /main thread/)
  await worker.terminate()
})
