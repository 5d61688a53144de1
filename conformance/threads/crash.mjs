import { existsSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fixture } from '../adapters/threads/fixture.mjs'
import { delay, expect, fulfils, inWords, outcomeOf, outcomesOf, rejects, settle, tally } from '../expect.mjs'
import { remainsUsable } from './usable.mjs'

/** Every thread of this process, by whomever it was made. @type {import('node:worker_threads').Worker[]} */
const workers = []
process.on('worker', (worker) => workers.push(worker))

/** What ends a thread under its task. @type {Record<string, { task: string, argument?: unknown, says: string }>} */
const UNDER_A_TASK = {
  'exit-0': { task: 'exit', argument: 0, says: 'process.exit(0) in a task' },
  'exit-3': { task: 'exit', argument: 3, says: 'process.exit(3) in a task' },
  'exit-later': { task: 'exitLater', argument: 3, says: 'process.exit(3) in a task that awaits' },
  'uncaught-exception': { task: 'throwElsewhere', says: 'an uncaught exception while a task awaits' },
  'unhandled-rejection': { task: 'rejectElsewhere', says: 'an unhandled rejection while a task awaits' },
}

/** What ends a thread between tasks. @type {Record<string, { task: string, says: string }>} */
const BETWEEN_TASKS = {
  'exit-afterwards': { task: 'exitAfterwards', says: 'process.exit(3) after a task' },
  'uncaught-exception-afterwards': { task: 'throwAfterwards', says: 'an uncaught exception after a task' },
  'unhandled-rejection-afterwards': { task: 'rejectAfterwards', says: 'an unhandled rejection after a task' },
}

/** Modules that never load. @type {Record<string, { file: string, says: string }>} */
const WHILE_LOADING = {
  'throw-while-loading': { file: 'throws.mjs', says: 'a module that throws' },
  'syntax-error': { file: 'syntax-error.mjs', says: 'a module with a syntax error' },
  'exit-while-loading': { file: 'exits.mjs', says: 'a module that calls process.exit(9)' },
  'missing-file': { file: 'missing.mjs', says: 'a module that does not exist' },
}

/** @type {import('../lists.mjs').Test[]} */
const underATask = Object.entries(UNDER_A_TASK).map(([name, { task, argument, says }]) => ({
  name,
  expects: `${says} rejects it, and the pool of one thread stays usable`,
  run: async ({ open }) => {
    const pool = open({ size: 1 })
    await fulfils(pool.run('double', 1), 2)
    await rejects(pool.run(task, argument))
    await remainsUsable(pool)
  },
}))

/** @type {import('../lists.mjs').Test[]} */
const betweenTasks = Object.entries(BETWEEN_TASKS).map(([name, { task, says }]) => ({
  name,
  expects: `after ${says.replace(' after a task', '')} in an idle thread every task settles, and the pool stays usable`,
  run: async ({ open }) => {
    const pool = open({ size: 1 })
    await fulfils(pool.run(task), undefined)
    await delay(200)
    await remainsUsable(pool)
  },
}))

/** @type {import('../lists.mjs').Test[]} */
const whileLoading = Object.entries(WHILE_LOADING).map(([name, { file, says }]) => ({
  name,
  expects: `with ${says} the pool cannot be made, or all of its tasks reject`,
  run: async ({ open }) => {
    let pool
    try {
      pool = open({ size: 2, file: fixture(file) })
    } catch {
      return
    }
    const outcomes = await outcomesOf(Array.from({ length: 4 }, () => pool.run('double', 1)))
    expect(
      outcomes.every(({ state }) => state === 'rejected'),
      `of 4 tasks ${tally(outcomes)}`,
    )
    // One more, of a pool that has seen it all.
    await rejects(pool.run('double', 1), 'the next task')
  },
}))

/** @type {import('../lists.mjs').Group} */
export const crash = {
  name: 'crash',
  tests: [
    ...underATask,
    {
      name: 'out-of-memory',
      expects: 'a task that needs more than resourceLimits allow rejects, and the pool of one thread stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 1, resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 } })
        await fulfils(pool.run('double', 1), 2)
        await rejects(pool.run('hog'), 'the task', 4_000)
        await remainsUsable(pool)
      },
      deadline: 12_000,
    },
    {
      name: 'terminated',
      expects: 'a thread that is terminated from outside rejects its task, and the pool of one thread stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        const running = outcomeOf(pool.run('wait', 60_000))
        await delay(50)
        await Promise.all(workers.map((worker) => worker.terminate()))
        const outcome = await running
        expect(outcome.state === 'rejected', `the task ${inWords(outcome)}`)
        await remainsUsable(pool)
      },
    },
    {
      name: 'terminated-idle',
      expects: 'after an idle thread was terminated from outside every task settles, and the pool stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        await Promise.all(workers.map((worker) => worker.terminate()))
        await remainsUsable(pool)
      },
    },
    ...betweenTasks,
    ...whileLoading,
    {
      name: 'dies-once-while-loading',
      expects: 'a thread that dies while it loads, once, leaves no task unsettled, and the pool stays usable',
      run: async ({ open }) => {
        const mark = join(tmpdir(), `conformance-${process.pid}`)
        process.env['CONFORMANCE_MARK'] = mark
        try {
          const pool = open({ size: 1, execArgv: ['--require', fixture('exits-once.cjs')] })
          await settle(
            Array.from({ length: 3 }, () => pool.run('double', 1)),
            'of 3 tasks',
          )
          expect(existsSync(mark), 'no thread has died: the test is at fault')
          await remainsUsable(pool)
        } finally {
          rmSync(mark, { force: true })
        }
      },
    },
    {
      name: 'with-waiting',
      expects: 'when a thread exits under its task, those that wait behind it are run by the next thread',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        const dying = outcomeOf(pool.run('exitLater', 3))
        const waiting = await outcomesOf(Array.from({ length: 10 }, (_, i) => pool.run('double', i)))
        const dead = await dying
        expect(dead.state === 'rejected', `the task that exits ${inWords(dead)}; of 10 behind it ${tally(waiting)}`)
        expect(
          waiting.every(({ state }) => state === 'fulfilled'),
          `of 10 waiting tasks ${tally(waiting)}`,
        )
      },
    },
    {
      name: 'others-unharmed',
      expects: 'when a thread exits under its task, the task of another thread goes on',
      run: async ({ open }) => {
        const pool = open({ size: 2, min: 2 })
        await settle([pool.run('wait', 100), pool.run('wait', 100)], 'the warm-up')
        const [other, dying] = await outcomesOf([pool.run('wait', 400), pool.run('exitLater', 3)])
        expect(other?.state === 'fulfilled', `the other task ${inWords(/** @type {any} */ (other))}`)
        expect(dying?.state === 'rejected', `the task that exits ${inWords(/** @type {any} */ (dying))}`)
      },
    },
    {
      name: 'ten-in-a-row',
      expects: 'ten tasks one after the other that exit their thread all reject, and the pool stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        for (let i = 1; i <= 10; i++) await rejects(pool.run('exitLater', 1), `task ${i}`)
        await remainsUsable(pool)
      },
    },
  ],
}
