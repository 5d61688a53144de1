import { createRequire } from 'node:module'
import { join } from 'node:path'

import test from 'ava'
import ts from 'typescript'
import * as workpool from 'workpool'

import { child } from '../support/child.js'

const { Pool } = workpool
/** What all kinds of pool have in common. */
const AnyPool = Object.getPrototypeOf(Pool.prototype)

test('the package exports its pools, the list of them and their errors', (t) => {
  for (const name of [
    'Pool',
    'ThreadPool',
    'WorkerCrashedError',
    'WorkerStartError',
    'MultiPool',
    'PoolError',
    'PoolClosedError',
    'PoolClearedError',
    'PoolOverloadError',
    'WaitTimeoutError',
    'TaskTimeoutError',
    'ReleaseTimeoutError',
    'NoThreadError',
    'ResultTimeoutError',
    'GroupTimeoutError',
    'pools',
  ]) {
    t.is(typeof (workpool as Record<string, unknown>)[name], 'function', name)
  }
})

test('import and require give one and the same code, so that there is one PoolError', async (t) => {
  // The compiler of the last test blocks this process meanwhile.
  t.timeout(60_000)
  const required = createRequire(join(process.cwd(), 'package.json'))('workpool')
  t.is(required.Pool, Pool)
  t.is(required.PoolError, workpool.PoolError)
  const { code, stdout, stderr } = await child('import-and-require')
  t.is(stderr, '')
  t.is(stdout, 'same\n')
  t.is(code, 0)
})

test('a pool has the verbs and getters of the design, and shows nothing else', (t) => {
  const pool = Pool.create({ size: 2 })
  const tasks = ['submit', 'submitAll', 'execute', 'tryExecute', 'future', 'group', 'with', 'wrap']
  const submission = [...tasks, 'lease', 'map', 'vacancy']
  const scheduling = ['tune', 'configure', 'pause', 'resume', 'clear']
  const verbs = [
    ...submission,
    ...scheduling,
    'stats',
    'inspect',
    'report',
    'toJSON',
    'histogram',
    'release',
    'releaseTimeout',
    'close',
    'drain',
    'ready',
    'reboot',
  ]
  const numbers = ['capacity', 'running', 'busy', 'idle', 'available', 'free', 'waiting']
  const getters = ['name', ...numbers, 'isClosed', 'isPaused']
  for (const verb of verbs) t.is(typeof Pool.prototype[verb as 'submit'], 'function', verb)
  t.is(typeof pool[Symbol.asyncDispose], 'function')
  for (const getter of getters) {
    const descriptor = Object.getOwnPropertyDescriptor(AnyPool, getter)
    t.is(typeof descriptor?.get, 'function', getter)
    t.is(descriptor?.set, undefined, getter)
  }
  const own = [Pool.prototype, AnyPool].flatMap((prototype) => Object.getOwnPropertyNames(prototype))
  const named = new Set(own.filter((name) => name !== 'constructor'))
  t.deepEqual([...named].sort(), [...verbs, ...getters, 'kind'].sort())
  t.deepEqual(Object.keys(pool), [])
  t.true(pool instanceof Pool)
})

test('a ThreadPool has the verbs and getters of a pool, and what runs exports', (t) => {
  const names = (of: object) =>
    Object.getOwnPropertyNames(of).filter((name) => name !== 'constructor' && name !== 'tune')
  t.deepEqual(names(workpool.ThreadPool.prototype).sort(), [
    'destroy',
    'future',
    'group',
    'kind',
    'lease',
    'map',
    'places',
    'ready',
    'run',
    'runAll',
    'runSync',
    'stream',
    'with',
    'wrap',
  ])
  const forAllThreads = Object.getPrototypeOf(workpool.ThreadPool.prototype)
  t.deepEqual(names(forAllThreads).sort(), ['broadcast', 'profile', 'stacks'])
  t.is(Object.getPrototypeOf(forAllThreads), AnyPool)
})

test('a MultiPool has the verbs and getters of a pool, and at and setStrategy', (t) => {
  const names = (prototype: object) => Object.getOwnPropertyNames(prototype).sort()
  const { MultiPool } = workpool
  const ofPools = new Set([...names(Pool.prototype), ...names(AnyPool), 'job', 'run', 'runAll', 'stream', 'tasks'])
  const forAllThreads = Object.getPrototypeOf(MultiPool.prototype)
  t.is(Object.getPrototypeOf(forAllThreads), AnyPool)
  const ofMultiPools = new Set([MultiPool.prototype, forAllThreads, AnyPool].flatMap(names))
  const ofThreads = ['broadcast', 'stacks', 'profile']
  t.deepEqual([...ofMultiPools].sort(), [...ofPools, ...ofThreads, 'at', 'setStrategy'].sort())
  t.deepEqual(
    names(MultiPool).filter((name) => !(name in Function.prototype)),
    ['create', 'of', 'prototype'],
  )
  const multi = MultiPool.create({ pools: 2 })
  t.is(typeof multi[Symbol.asyncDispose], 'function')
  t.deepEqual(Object.keys(multi), [])
  t.throws(() => Reflect.construct(MultiPool, []), { code: 'ERR_POOL_OPTION' })
})

test('every pool says its kind and its name', (t) => {
  const filename = join(process.cwd(), '__test__/fixtures/tasks.mjs')
  const { Pool, ThreadPool, MultiPool } = workpool
  const pools: workpool.AnyPool[] = [
    Pool.create({ name: 'fetch' }),
    ThreadPool.create({ name: 'render', filename }),
    MultiPool.create({ name: 'db', pools: 2 }),
  ]
  t.deepEqual(
    pools.map(({ kind, name }) => [kind, name]),
    [
      ['closures', 'fetch'],
      ['threads', 'render'],
      ['multi', 'db'],
    ],
  )
  for (const pool of pools) t.is(pool.stats().name, pool.name)
  const multi = pools[2] as workpool.MultiPool<workpool.Pool>
  t.deepEqual([multi.at(0).name, multi.at(1).stats().name], ['db#0', 'db#1'])
  t.regex(Pool.create().name, /^pool-\d+$/)
  t.regex(MultiPool.of([Pool.create()]).name, /^pool-\d+$/)
})

test('a strategy knows the pools by name', async (t) => {
  const { Pool, MultiPool } = workpool
  const named = ['near', 'far'].map((name) => Pool.create({ name }))
  let seen: string[] = []
  const multi = MultiPool.of(named, {
    strategy: (pools) => {
      seen = pools.map(({ name }) => name)
      return seen.indexOf('far')
    },
  })
  await multi.submit(() => 1)
  t.deepEqual(seen, ['near', 'far'])
  t.is(named[1]!.stats().completed, 1)
})

test('getters agree with stats', (t) => {
  const pool = Pool.create({ size: 2 })
  void pool.submit(() => {
    const stats = pool.stats()
    const { name, capacity, running, busy, idle, available, free, waiting, isClosed, isPaused } = pool
    t.like(stats, { name, capacity, running, busy, idle, available, free, waiting, isClosed, isPaused })
    t.is(busy, 1)
  })
})

test('verbs taken off their pool fail as methods do, and do not crash', (t) => {
  const { stats, tune, release } = Pool.prototype
  for (const verb of [stats, tune, release] as ((this: unknown, ...args: unknown[]) => unknown)[]) {
    for (const receiver of [undefined, {}, Object.create(Pool.prototype)]) {
      t.throws(() => verb.call(receiver, 1), { instanceOf: TypeError })
    }
  }
})

test('the public types accept what is right and refuse what is wrong', (t) => {
  t.timeout(60_000)
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: false,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
  }
  const program = ts.createProgram([join(process.cwd(), '__test__', 'fixtures', 'types.mts')], options)
  const complaints = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
    return `${file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
  t.deepEqual(complaints, [])
})
