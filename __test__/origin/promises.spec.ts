import { createRequire } from 'node:module'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'
import { Pool, ThreadPool } from 'workpool'

import { contradictions } from '../support/accounts.js'
import { child } from '../support/child.js'
import { occupy } from '../support/gate.js'
import { Recorder } from '../support/recorder.js'

interface Odd {
  readonly make: () => unknown
  readonly value?: unknown
  readonly error?: string
}
const filename = join(process.cwd(), '__test__', 'fixtures', 'odd-values.cjs')
const { check, values } = createRequire(filename)(filename) as {
  check(promise: Promise<unknown>, odd: Odd): Promise<void>
  values: Record<string, Odd>
}

function isWhole(t: ExecutionContext, pool: Pool<any> | ThreadPool<any>, tasks: number) {
  const stats = pool.stats()
  t.deepEqual(contradictions(stats), [])
  t.is(stats.completed + stats.failed, tasks)
  t.deepEqual([stats.busy, stats.waiting, stats.unsettled], [0, 0, 0])
}

for (const [name, odd] of Object.entries(values)) {
  test(`a closure that returns ${name} has one end`, async (t) => {
    const pool = Pool.create({ size: 2 })
    await check(pool.submit(odd.make), odd)
    await check(pool.submit(odd.make, { timeout: 10_000 }), odd)
    const { finish } = occupy(pool, 2)
    const plain = check(pool.submit(odd.make), odd)
    const other = check(pool.submit(odd.make, { priority: 2 }), odd)
    await finish()
    await Promise.all([plain, other])
    await pool.drain()
    isWhole(t, pool, 6)
    await pool.close()
  })
}

test('resources, handlers and sources may give whatever looks like a promise', async (t) => {
  for (const { make, value } of Object.values(values)) {
    const logger = new Recorder()
    const pool = Pool.create({ size: 1, init: make, dispose: make, panicHandler: make, logger })
    await pool.submit(() => 1).catch(() => {})
    await pool.submit(() => Promise.reject(new Error('seen'))).catch(() => {})
    await pool.close()
    t.is(pool.running, 0)

    const plain = Pool.create({ size: 1 })
    let pulls = 0
    const items = {
      [Symbol.asyncIterator]: () => ({ next: () => (pulls++ > 0 ? { done: true } : make()), return: make }),
    }
    const results: unknown[] = []
    try {
      for await (const result of plain.map(items as AsyncIterable<unknown>, (item) => item)) results.push(result)
    } catch {
      // What the source is broken with.
    }
    if (value === 1) t.deepEqual(results, [undefined].slice(0, results.length))
    await plain.close()
    isWhole(t, plain, results.length)
  }
})

test('a task in a thread that returns whatever looks like a promise has one end', async (t) => {
  await using pool = ThreadPool.create<any>({ filename, size: 1 })
  for (const [name, odd] of Object.entries(values)) await check(pool.run(name) as Promise<unknown>, odd)
  isWhole(t, pool, Object.keys(values).length)
})

test('a closure whose name cannot be read fails as any other', async (t) => {
  const seen: unknown[] = []
  const pool = Pool.create({ size: 1, panicHandler: (error, task) => seen.push([error, task.name]) })
  const failure = new Error('expected')
  const closure = () => {
    throw failure
  }
  Object.defineProperty(closure, 'name', {
    get: () => {
      throw new Error('no name')
    },
  })
  await t.throwsAsync(pool.submit(closure), { is: failure })
  t.deepEqual(seen, [[failure, undefined]])
  isWhole(t, pool, 1)
})

const PATCHES = [
  'zone',
  'bluebird',
  'then',
  'a then that throws',
  'species',
  'a species of its own',
  'constructor',
  'statics',
  'hasInstance',
]
for (const patch of PATCHES) {
  for (const when of ['before', 'after']) {
    test.serial(`pools go on where Promise is patched ${when} they are loaded: ${patch}`, async (t) => {
      const { hung, code, stdout, stderr } = await child('patched-promise', { args: [patch, when] })
      t.false(hung, stderr)
      t.is(stdout, 'all is well\n', stderr)
      t.is(code, 0)
    })
  }
}
