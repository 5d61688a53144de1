import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'

import test from 'ava'

import { ThreadPool } from 'workpool'
import { child } from '../support/child.js'

const filename = join(process.cwd(), '__test__', 'fixtures', 'tasks.mjs')

test('the package works in a context that has nothing of the platform, with values of other contexts', async (t) => {
  const { hung, code, stdout, stderr } = await child('bare-context')
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
  t.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
    [
      ['closures', [1, 4, 9]],
      ['timeout', ['ERR_POOL_TASK_TIMEOUT', true]],
      ['foreign signal', 'of main'],
      ['foreign promise', 'settled'],
      ['foreign items', [2, 4, 6]],
      ['several pools', 'ran'],
      ['a thread', 'argument'],
      ['a Map', [[1, 1]]],
      ['moved', 8, 0],
      ['an error', true, 'no'],
      ['uncloneable', 'DataCloneError'],
      ['missing', 'ERR_POOL_WORKER_START'],
    ],
  )
})

test('a file: URL is known by what it is, not by its class', async (t) => {
  const { href } = pathToFileURL(filename)
  // As jsdom's, which holds everything on its prototype.
  class OtherUrl {
    get href() {
      return href
    }
    get protocol() {
      return 'file:'
    }
  }
  for (const url of [new OtherUrl(), { href, protocol: 'file:' }]) {
    await using pool = ThreadPool.create({ filename: url as URL, size: 1 })
    t.is(await pool.run(7), 7)
  }
  for (const url of [{ href }, { protocol: 'file:' }, {}, null, 7]) {
    t.throws(() => ThreadPool.create({ filename: url as unknown as URL }), {
      instanceOf: TypeError,
      code: 'ERR_POOL_OPTION',
    })
  }
  t.throws(() => ThreadPool.create({ filename: new URL('http://localhost/tasks.mjs') }), {
    instanceOf: RangeError,
    code: 'ERR_POOL_OPTION',
  })
})

test('classes and errors of another context are classes and errors', async (t) => {
  const context = vm.createContext({})
  const Foreign = vm.runInContext('class Foreign extends Error {}; Foreign', context) as ErrorConstructor
  await using pool = ThreadPool.create({ filename, size: 1, errors: [Foreign] })
  t.is(await pool.run(7), 7)
  for (const item of [class {}, Object, () => {}, {}, vm.runInContext('class Plain {}; Plain', context)]) {
    t.throws(() => ThreadPool.create({ filename, errors: [item as ErrorConstructor] }), { code: 'ERR_POOL_OPTION' })
  }
  // What inherits from another realm's Error without being one, as a DOMException does on Node 20.
  const thrower = vm.runInContext(
    "Object.assign(Object.create(Error.prototype), { message: 'inherited', code: 'ERR_FOREIGN' })",
    context,
  ) as Error
  const cell = new Int32Array(new SharedArrayBuffer(8))
  const controller = new AbortController()
  const reason = pool.run(cell, { name: 'reasonOf', signal: controller.signal })
  while (Atomics.load(cell, 0) === 0) await new Promise((resolve) => setImmediate(resolve))
  controller.abort(thrower)
  t.is(await reason.catch((error: unknown) => error), thrower)
  // The thread may have this call with the abort, and the aborted function goes on only after what has come.
  let last: unknown
  while (last === undefined) last = await pool.run(undefined, { name: 'lastReason' })
  t.deepEqual(last, {
    isError: true,
    message: 'inherited',
    code: 'ERR_FOREIGN',
  })
})

test('a load of the package is collected once it has nothing to do, and not before', async (t) => {
  t.timeout(40_000)
  const { hung, code, stdout, stderr } = await child('collected-loads', {
    execArgv: ['--expose-gc'],
    deadlineMs: 30_000,
  })
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 0, stderr: '' })
  const lines = stdout.trim().split('\n')
  const uses = [
    'only loaded',
    'an idle pool',
    'a closed pool with resources',
    'failed and aborted tasks',
    'a face of a shared pool',
    'a closed thread pool',
    'an idle thread pool whose threads have expired',
  ]
  t.deepEqual(
    lines.slice(0, uses.length),
    uses.map((use) => `${use}: 0 left`),
  )
  t.deepEqual(lines.slice(uses.length, -3).toSorted(), [
    'a resource that nobody knows of is disposed of',
    'a task in a thread has ended',
    'a task that waited for another load has run',
    'so has a vacancy',
  ])
  t.deepEqual(lines.slice(-3), ['0 of many left', 'heapUsed stays', 'arrayBuffers stays'])
})

test('what environments replace or lack is taken of the platform in one place', (t) => {
  const globals = [
    'setTimeout',
    'setImmediate',
    'setInterval',
    'clearTimeout',
    'queueMicrotask',
    'performance',
    'structuredClone',
    'AbortController',
    'AbortSignal.',
    'DOMException',
    'MessageChannel',
    'process',
    'Buffer',
    'Promise',
  ]
  const places = new Set(['base/intrinsics.ts', 'base/socket-timers.ts'])
  // What runs by itself, where no program has replaced anything: a thread, a browser, a command.
  const apart = /^(threads\/inspect\/inside|jobs\/home\/file\/inside|console\/page|console\/cli)\//
  for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || places.has(file) || apart.test(file.replaceAll('\\', '/'))) continue
    const code = readFileSync(join('src', file), 'utf8').replaceAll(/\/\*.*?\*\/|\/\/[^\n]*|'[^'\n]*'/gs, '')
    for (const name of globals) {
      // A name of its own: imported, or declared. As a type it takes nothing.
      const isOwn = new RegExp(`import (type )?\\{[^}]*\\b${name}\\b|const ${name}\\b`).test(code)
      const isUsed = new RegExp(`(?<![.\\w])${name.replace('.', '\\.')}${name.endsWith('.') ? '' : '[.(]'}`).test(code)
      t.false(isUsed && !isOwn, `src/${file} takes ${name} from wherever it is`)
    }
  }
})
