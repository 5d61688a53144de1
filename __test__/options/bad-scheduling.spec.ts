// Whatever kind of pool it is: a bad option of scheduling is an error at once, and nothing has changed.
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'
import { MultiPool, Pool, ThreadPool } from 'workpool'

import { badPoolOptions, badTaskOptions } from '../support/bad-options.js'
import { threads } from '../support/threads.js'

const code = 'ERR_POOL_OPTION'
const filename = join(process.cwd(), '__test__', 'fixtures', 'tasks.mjs')

const titleOf = (options: object): string => `${JSON.stringify(options)} ${String(Object.values(options)[0])}`

// ── when a pool is made ─────────────────────────────────────────────────────────────────────────────────────────────

interface Made {
  readonly capacity: number
  readonly running: number
  close(): Promise<void>
}

let named = 0
/** What has a pool be one that no other test shares. */
const shared = () => ({ name: `of bad options ${++named}`, shared: true })

/** Each makes pools with certain options beside those given, all shared ones by one name. */
const made: Record<string, () => (options: object) => Made> = {
  Pool: () => (options) => Pool.create(options),
  'shared Pool':
    (own = shared()) =>
    (options) =>
      Pool.create({ ...own, ...options }),
  MultiPool: () => (options) => MultiPool.create({ pools: 2, ...options }),
  'shared MultiPool':
    (own = shared()) =>
    (options) =>
      MultiPool.create({ ...own, pools: 2, ...options }),
  ThreadPool: () => (options) => ThreadPool.create({ filename, ...options }),
  'shared ThreadPool':
    (own = shared()) =>
    (options) =>
      ThreadPool.create({ filename, ...own, ...options }),
}

for (const [kind, maker] of Object.entries(made)) {
  test(`${kind}: each bad option is refused when it is made, and nothing is left of it`, async (t) => {
    const create = maker()
    for (const [options, ErrorClass, message] of badPoolOptions) {
      const title = titleOf(options)
      t.is(t.throws(() => create({ size: 3, ...options }), { code, message }, title)?.constructor, ErrorClass, title)
    }
    // Whoever had got the name of a shared pool would have it with another size.
    const pool = create({ size: 5 })
    t.is(pool.capacity % 5, 0)
    await pool.close()
  })

  test(`${kind}: defaults that contradict its options are refused, before a thread has started`, async (t) => {
    const create = maker()
    const options = { size: 3, preAlloc: true, ageing: 5, defaults: { key: 'tenant' } }
    t.throws(() => create(options), { code, message: /^key is not possible in a pool with ageing/ })
    const pool = create({ size: 5 })
    t.deepEqual([pool.capacity % 5, pool.running], [0, 0])
    await pool.close()
  })
}

const badResourceOptions: Record<string, unknown[]> = {
  init: [1, null, 'init'],
  dispose: [1, null],
  isBroken: [1, null],
  validate: [1, null, 'true'],
  validateAfter: [-1, NaN, Infinity, '5', null],
  maxUses: [0, 1.5, -1, Infinity, '1', null],
  maxAge: [0, -1, NaN, Infinity, 2 ** 31, '5', null],
  initTimeout: [0, -1, NaN, Infinity, 2 ** 31, '5', null],
  disposeTimeout: [0, -1, NaN, Infinity, 2 ** 31, '5', null],
  minSize: [-1, 0.5, Infinity, '1', null],
}

for (const kind of ['Pool', 'MultiPool'] as const) {
  test(`${kind}: each bad option of resources is refused, and no resource is made`, (t) => {
    const create = made[kind]!()
    const all = { init: () => t.fail('it is made'), dispose: () => 0, validate: () => true }
    for (const [option, values] of Object.entries(badResourceOptions)) {
      for (const value of values) {
        const message = new RegExp(`^${option} must be`)
        t.throws(() => create({ ...all, [option]: value }), { code, message }, `${option} ${String(value)}`)
      }
    }
    t.throws(() => create({ ...all, size: 2, minSize: 3 }), { code, message: /^minSize must be at most size, 2/ })
  })
}

const badMinSizes = [...badResourceOptions['minSize']!, 10]
const badGraces = [-1, NaN, Infinity, 2 ** 31, '5', null]

test('minSize and grace: each bad one is refused when a pool is made, and by configure', (t) => {
  const withInit = { size: 9, init: () => t.fail('it is made') }
  const pools = [
    Pool.create(withInit),
    MultiPool.create({ pools: 2, ...withInit }),
    threads(t, { size: 9 }),
    threads(t, { size: 9, ...shared() }),
    MultiPool.of([threads(t, { size: 9 }), threads(t, { size: 9 })]),
  ]
  for (const pool of pools) {
    const before = pool.stats()
    for (const minSize of badMinSizes) {
      const change = { nonblocking: true, minSize } as never
      t.throws(() => pool.configure(change), { code, message: /^minSize must be/ }, `${String(minSize)}`)
    }
    t.deepEqual(pool.stats(), before)
  }
  for (const grace of badGraces) {
    const message = /^grace must be a number of ms/
    t.throws(() => made['ThreadPool']!()({ grace }), { code, message }, String(grace))
    for (const pool of pools.slice(2)) t.throws(() => pool.configure({ size: 5, grace } as never), { code, message })
  }
  for (const pool of pools.slice(0, 2)) {
    t.throws(() => pool.configure({ size: 5, grace: 1 }), { code, message: /grace/ })
  }
  for (const pool of pools) t.is(pool.capacity % 9, 0)
})

// ── in a pool that is there ─────────────────────────────────────────────────────────────────────────────────────────

type Closures = Pool<void>
type Threads = ReturnType<typeof threads>

const closures: Record<string, (options: object) => Closures> = {
  Pool: (options) => Pool.create(options),
  'shared Pool': (options) => Pool.create({ ...shared(), ...options }),
  MultiPool: (options) => MultiPool.create({ pools: 2, ...options }) as unknown as Closures,
}
const inThreads: Record<string, (t: ExecutionContext, options: object) => Threads> = {
  ThreadPool: (t, options) => threads(t, options),
  'shared ThreadPool': (t, options) => threads(t, { ...shared(), ...options }),
  'MultiPool of threads': (t, options) =>
    MultiPool.of([threads(t, options), threads(t, options)]) as unknown as Threads,
}
const all: Record<string, (t: ExecutionContext, options: object) => Closures | Threads> = {
  ...Object.fromEntries(Object.entries(closures).map(([kind, create]) => [kind, (_, options) => create(options)])),
  ...inThreads,
}

for (const [kind, create] of Object.entries(all)) {
  test(`${kind}: configure refuses each bad option, and all that comes with it`, (t) => {
    const pool = create(t, { size: 1 })
    const before = pool.stats()
    for (const [options, ErrorClass, message] of badPoolOptions) {
      const title = titleOf(options)
      const change = { size: 9, nonblocking: true, ...options } as never
      const expected = 'ageing' in options ? { code, message: /^ageing is not live/ } : { code, message }
      const error = t.throws(() => pool.configure(change), expected, title)
      t.is(error?.constructor, 'ageing' in options ? TypeError : ErrorClass, title)
    }
    t.deepEqual(pool.stats(), before)

    const ageing = create(t, { size: 1, ageing: 5 })
    for (const option of ['perKey', 'maxBlockingPerKey']) {
      const message = new RegExp(`^${option} is not possible with ageing`)
      t.throws(() => ageing.configure({ size: 9, [option]: 1 }), { code, message })
    }
    t.is(ageing.capacity, before.capacity)
  })
}

test('minSize is refused by a MultiPool if one of its pools has nothing to keep', (t) => {
  const [withInit, without] = [Pool.create({ size: 2, init: () => 'resource' }), Pool.create({ size: 2 })]
  for (const pools of [
    [withInit, without],
    [without, withInit],
  ] as Pool<any>[][]) {
    const multi = MultiPool.of(pools)
    t.throws(() => multi.configure({ size: 9, minSize: 1 }), { code, message: /^minSize needs init/ })
    t.is(multi.capacity, 4)
  }
})

/** What a call throws, or its promise rejects with. */
async function refusal(act: () => unknown): Promise<{ error: any; isThrown: boolean }> {
  let promise: unknown
  try {
    promise = act()
  } catch (error) {
    return { error, isThrown: true }
  }
  try {
    await promise
  } catch (error) {
    return { error, isThrown: false }
  }
  return { error: undefined, isThrown: false }
}

type Verb<P> = [name: string, isThrown: boolean, act: (pool: P, options: never) => unknown]

const didRun = (): never => {
  throw new Error('it ran')
}

const closureVerbs: Verb<Closures>[] = [
  ['submit', false, (pool, options) => pool.submit(didRun, options)],
  ['submitAll', false, (pool, options) => pool.submitAll([didRun, didRun], options)],
  ['lease', false, (pool, options) => pool.lease(options)],
  ['future', false, (pool, options) => pool.future(didRun, options)],
  ['submit of a group', false, (pool, options) => pool.group().submit(didRun, options)],
  ['execute', true, (pool, options) => pool.execute(didRun, options)],
  ['tryExecute', true, (pool, options) => pool.tryExecute(didRun, options)],
  ['map', true, (pool, options) => pool.map([1], didRun, options)],
  ['with', true, (pool, options) => pool.with(options)],
]

const threadVerbs: Verb<Threads>[] = [
  ['run', false, (pool, options) => pool.run(1, options)],
  ['runAll', false, (pool, options) => pool.runAll([1, 2], options)],
  ['future', false, (pool, options) => pool.future(1, options)],
  ['run of a group', false, (pool, options) => pool.group().run(1, options)],
  ['map', true, (pool, options) => pool.map([1], options)],
  ['with', true, (pool, options) => pool.with(options)],
  ['stream', true, (pool, options) => pool.stream(1, options)],
]

async function refuses<P extends Closures | Threads>(
  t: ExecutionContext,
  pool: P,
  verbs: readonly Verb<P>[],
): Promise<void> {
  const before = pool.stats()
  for (const [options, ErrorClass] of badTaskOptions) {
    for (const [name, throws, act] of verbs) {
      const title = `${name} ${titleOf(options)}`
      const { error, isThrown } = await refusal(() => act(pool, options as never))
      t.is(error?.code, code, title)
      t.is(isThrown, throws, title)
      t.true(error.message.includes(Object.keys(options)[0]), `${title}: ${error.message}`)
      // Where there is no weight, the error says so.
      if (!/is not possible|unknown option/.test(error.message)) t.is(error.constructor, ErrorClass, title)
    }
  }
  t.deepEqual(pool.stats(), before)
}

for (const [kind, create] of Object.entries(closures)) {
  test(`${kind}: every verb refuses each bad option of a task at once`, async (t) => {
    await refuses(t, create({ size: 1 }), closureVerbs)
  })
}
for (const [kind, create] of Object.entries(inThreads)) {
  test(`${kind}: every verb refuses each bad option of a task at once`, async (t) => {
    const runSync: Verb<Threads> = ['runSync', true, (pool, options) => pool.runSync(1, options)]
    await refuses(t, create(t, { size: 1 }), kind.startsWith('Multi') ? threadVerbs : [...threadVerbs, runSync])
  })
}
