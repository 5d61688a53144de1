import { delay, expect, fulfils, outcomeOf } from '../expect.mjs'

/** @param {import('../adapters/threads/fixture.mjs').Threads} pool */
async function ticksOf(pool) {
  const outcome = await outcomeOf(pool.run('countTicks'))
  return outcome.state === 'fulfilled' ? Number(outcome.value) : 0
}

/** @param {import('../adapters/threads/fixture.mjs').Threads} pool */
async function ticksWhileIdle(pool) {
  await fulfils(pool.run('startTicking'), undefined)
  const before = await ticksOf(pool)
  await delay(400)
  const ticks = (await ticksOf(pool)) - before
  expect(ticks >= 10, `a timer of 5 ms ticked ${ticks} times in 400 ms`)
}

/** @type {import('../lists.mjs').Group} */
export const eventLoop = {
  name: 'event-loop',
  tests: [
    {
      name: 'timers-while-idle',
      expects: 'timers of a thread tick while it has no task, with the setting for it',
      run: ({ open }) => ticksWhileIdle(open({ size: 1, liveLoop: true })),
    },
    {
      name: 'timers-while-idle-by-default',
      expects: 'timers of a thread tick while it has no task, without a setting for it',
      needs: ['timers by default'],
      run: ({ open }) => ticksWhileIdle(open({ size: 1 })),
    },
    {
      name: 'timers-between-tasks',
      expects: 'timers of a thread tick between one synchronous task and the next, however many wait',
      run: async ({ open }) => {
        const pool = open({ size: 1, liveLoop: true })
        await fulfils(pool.run('startTicking'), undefined)
        const before = await ticksOf(pool)
        const tasks = Array.from({ length: 100 }, () => pool.run('spin', 5))
        const counted = ticksOf(pool)
        await Promise.all(tasks)
        const ticks = (await counted) - before
        expect(ticks >= 10, `a timer of 5 ms ticked ${ticks} times between 100 tasks of 5 ms`)
      },
    },
    {
      name: 'tasks-overlap-with-main',
      expects: 'the main thread’s own timers tick while a task spins',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        let ticks = 0
        const timer = setInterval(() => ticks++, 5)
        await outcomeOf(pool.run('spin', 300))
        clearInterval(timer)
        expect(ticks >= 10, `a timer of 5 ms ticked ${ticks} times in 300 ms`)
      },
    },
  ],
}
