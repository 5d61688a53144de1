// Random programs of submits, aborts with shared signals, tunes, releases, closes and reboots, from wherever a program can make them:
// every promise settles once, with what is its own task's, and the pool has counted the same.
//
// `PROGRAMS_SECONDS=60 PROGRAMS_SEED=1 npx ava __test__/pool/random-programs.spec.ts` plays for longer, or the same again.
import { join } from 'node:path'

import test from 'ava'
import { Pool, ThreadPool } from 'workpool'

import { type Make, type Submission, playPrograms } from '../support/programs.js'

const seconds = Number(process.env.PROGRAMS_SECONDS ?? 1)
const seed = Number(process.env.PROGRAMS_SEED ?? Math.floor(Math.random() * 2 ** 30))
const filename = join(process.cwd(), '__test__', 'fixtures', 'random-tasks.mjs')

/** That a closure has submitted to its own full pool is warned of, and here it is meant. */
const silent = () => {}
const logger = { debug: silent, info: silent, warn: silent, error: silent }

function spin(): void {
  const end = performance.now() + 1
  while (performance.now() < end);
}

/** What a closure does that is to come to `id`. */
function closure(id: number, { how }: Submission, signal: AbortSignal): unknown {
  switch (how) {
    case 'throws':
      throw new Error(`fails ${id}`)
    case 'micro':
      return Promise.resolve(id)
    case 'rejects':
      return Promise.reject(new Error(`fails ${id}`))
    case 'later':
      return new Promise((resolve) => setImmediate(resolve, id))
    case 'heeds':
      return new Promise((resolve) => {
        setTimeout(resolve, 5, id)
        signal.addEventListener('abort', () => resolve(id))
      })
    case 'spins':
      spin()
      return id
    default:
      return id
  }
}

const closures =
  (options: Parameters<typeof Pool.create>[0], faces = 1): Make =>
  (panic) => {
    const pools = Array.from({ length: faces }, () => Pool.create({ ...options, logger, panicHandler: panic }))
    return {
      faces: pools,
      changes: [10, 10],
      ready: async () => {},
      submit(face, id, submission, submitOptions, { started, aborted }) {
        const run = ({ signal }: { signal: AbortSignal }) => {
          signal.addEventListener('abort', aborted)
          started()
          return closure(id, submission, signal)
        }
        // Without options a task takes another way.
        return pools[face]!.submit(run, Object.keys(submitOptions).length > 0 ? submitOptions : undefined)
      },
    }
  }

const LARGE = 'x'.repeat(1_000)

const inThreads =
  (options: Partial<Parameters<typeof ThreadPool.create>[0]>, faces = 1): Make =>
  (panic) => {
    const pools = Array.from({ length: faces }, () =>
      // Nobody is to be ended: tasks end by themselves, however busy the machine is.
      ThreadPool.create<any>({ filename, grace: 60_000, ...options, logger, panicHandler: panic }),
    )
    return {
      faces: pools,
      // It takes long to start threads again.
      changes: [2, 1],
      ready: () => pools[0]!.ready(),
      async submit(face, id, { how, argument }, submitOptions, { started }) {
        const task = { id, how, ...(argument === 'large' && { filling: LARGE }) }
        // The other faces have no message port to their threads.
        const isShared = argument === 'shared' && face === 0
        const promise = isShared
          ? pools[face]!.run(
              new Map<string, unknown>([
                ['task', task],
                ['shared', new SharedArrayBuffer(8)],
              ]),
              { ...submitOptions, name: 'playShared' },
            )
          : pools[face]!.run(task, { ...submitOptions, name: 'play' })
        promise.catch(() => {})
        started()
        const value = (await promise) as unknown
        return isShared ? (value as Map<string, unknown>).get('id') : value
      },
    }
  }

const subjects: Record<string, Make> = {
  'a pool': closures({ size: 2 }),
  'a pool with resources': closures({ size: 2, init: async () => {}, dispose: async () => {} }),
  'a shared pool': closures({ size: 2, shared: true, name: 'random programs' }, 2),
  'a thread pool': inThreads({ size: 2 }),
  'a thread pool with several tasks each': inThreads({ size: 2, concurrency: 3 }),
  'a shared thread pool': inThreads({ size: 2, concurrency: 2, shared: true, name: 'random programs' }, 2),
}

for (const [name, make] of Object.entries(subjects)) {
  test.serial(`random programs over ${name}`, async (t) => {
    t.timeout((seconds + 120) * 1_000)
    const runs = await playPrograms(make, { seconds, seed })
    t.log(`${runs} programs from seed ${seed}`)
    t.true(runs > 0)
  })
}
