import { getEventListeners } from 'node:events'
import {
  delay,
  expect,
  expectSame,
  fulfils,
  inWords,
  outcomeOf,
  outcomesOf,
  rejects,
  settle,
  tally,
} from '../expect.mjs'
import { remainsUsable } from './usable.mjs'

const PROMPT_MS = 1_000

/** @type {import('../lists.mjs').Group} */
export const cancellation = {
  name: 'cancellation',
  tests: [
    {
      name: 'waiting',
      expects: 'a waiting task that is cancelled rejects at once and never runs',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        const controller = new AbortController()
        const busy = outcomeOf(pool.run('wait', 600))
        const cancelled = pool.run('append', 'cancelled', { signal: controller.signal })
        const behind = outcomeOf(pool.run('append', 'behind'))
        setTimeout(() => controller.abort(), 50)
        await rejects(cancelled, 'the waiting task', 400)
        expectSame(
          (await Promise.all([busy, behind])).map(({ state }) => state),
          ['fulfilled', 'fulfilled'],
          'the others are',
        )
        await fulfils(pool.run('taken'), ['behind'], 'the list of those that ran')
      },
    },
    {
      name: 'running',
      expects: 'a running task that is cancelled rejects, and the pool stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        const controller = new AbortController()
        const running = pool.run('wait', 60_000, { signal: controller.signal })
        setTimeout(() => controller.abort(), 100)
        await rejects(running, 'the running task', PROMPT_MS)
        await remainsUsable(pool)
      },
    },
    {
      name: 'already-aborted',
      expects: 'a task whose signal is aborted already rejects and never runs',
      needs: ['signal'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await rejects(pool.run('append', 'aborted', { signal: AbortSignal.abort() }), 'the task', PROMPT_MS)
        await fulfils(pool.run('taken'), [], 'the list of those that ran')
      },
    },
    {
      name: 'reason',
      expects: 'the reason of the abort is the error, or its cause',
      needs: ['signal', 'reason'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        const controller = new AbortController()
        const reason = new Error('the user left')
        const running = pool.run('wait', 60_000, { signal: controller.signal })
        setTimeout(() => controller.abort(reason), 100)
        const error = await rejects(running)
        expect(error === reason || error?.cause === reason, `it was rejected with ${error}, cause ${error?.cause}`)
      },
    },
    {
      name: 'spinning',
      expects: 'a task that never gives way is stopped when it is cancelled: the one thread runs the next task',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        const controller = new AbortController()
        const spinning = pool.run('spinForever', undefined, { signal: controller.signal })
        setTimeout(() => controller.abort(), 100)
        await rejects(spinning, 'the spinning task')
        await remainsUsable(pool)
      },
    },
    {
      name: 'others-unharmed',
      expects: 'cancelling one of two running tasks leaves the other alone',
      run: async ({ open }) => {
        const pool = open({ size: 2, min: 2 })
        await settle([pool.run('wait', 100), pool.run('wait', 100)], 'the warm-up')
        const controller = new AbortController()
        const other = pool.run('wait', 500)
        const cancelled = pool.run('wait', 60_000, { signal: controller.signal })
        setTimeout(() => controller.abort(), 100)
        const [first, second] = await Promise.all([outcomeOf(other), outcomeOf(cancelled)])
        expect(second.state === 'rejected', `the cancelled task ${inWords(second)}`)
        expect(first.state === 'fulfilled', `the other task ${inWords(first)}`)
      },
    },
    {
      name: 'thousand-on-one-signal',
      expects: '1,000 tasks may share a signal: no warning of a leak, and its abort rejects them all',
      needs: ['signal'],
      run: async ({ open }) => {
        /** @type {string[]} */
        const warnings = []
        process.on('warning', ({ name }) => warnings.push(name))
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        const controller = new AbortController()
        const tasks = Array.from({ length: 1_000 }, () => pool.run('wait', 60_000, { signal: controller.signal }))
        setTimeout(() => controller.abort(), 100)
        const outcomes = await outcomesOf(tasks)
        expect(
          outcomes.every(({ state }) => state === 'rejected'),
          tally(outcomes),
        )
        await delay(10)
        expect(warnings.length === 0, `warned: ${warnings.join(', ')}`)
      },
    },
    {
      name: 'no-listener-left',
      expects: 'tasks that are done leave no listener on their signal',
      needs: ['signal'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const { signal } = new AbortController()
        await settle(
          Array.from({ length: 5 }, () => pool.run('double', 1, { signal })),
          'the tasks',
        )
        await delay(10)
        const left = getEventListeners(signal, 'abort').length
        expect(left === 0, `${left} listeners are left`)
      },
    },
    {
      name: 'many-at-once',
      expects: 'twenty running and waiting tasks cancelled in one go all reject, and the pool stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 2 })
        await fulfils(pool.run('double', 1), 2)
        const controllers = Array.from({ length: 20 }, () => new AbortController())
        const tasks = controllers.map(({ signal }) => pool.run('wait', 60_000, { signal }))
        setTimeout(() => controllers.forEach((controller) => controller.abort()), 100)
        const outcomes = await outcomesOf(tasks)
        expect(
          outcomes.every(({ state }) => state === 'rejected'),
          tally(outcomes),
        )
        await remainsUsable(pool)
      },
    },
    {
      name: 'timeout',
      expects: 'a task that spins longer than its timeout rejects and is stopped: the one thread runs the next task',
      needs: ['timeout'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        await rejects(pool.run('spinForever', undefined, { timeout: 200 }), 'the spinning task')
        await remainsUsable(pool)
      },
    },
    {
      name: 'timeout-from-start',
      expects: 'the timeout counts from the start of the task, not from the call',
      needs: ['timeout'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        const busy = outcomeOf(pool.run('wait', 800))
        const short = pool.run('wait', 1, { timeout: 400 })
        const outcome = await outcomeOf(short)
        expect(
          outcome.state === 'fulfilled',
          `a task of 1 ms, timeout 400 ms, behind one of 800 ms ${inWords(outcome)}`,
        )
        await busy
      },
    },
  ],
}
