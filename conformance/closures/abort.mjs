import { getEventListeners } from 'node:events'
import { delay, expect, expectSame, fulfils, outcomesOf, rejects, settle, tally } from '../expect.mjs'
import { gate, turns } from './gate.mjs'

/** @type {import('../lists.mjs').Group} */
export const abort = {
  name: 'closure-abort',
  tests: [
    {
      name: 'waiting',
      expects: 'a waiting closure whose signal aborts rejects at once, with the reason, and never runs',
      needs: ['signal'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const first = gate()
        pool.run(first.closure)
        const controller = new AbortController()
        const reason = new Error('the user left')
        let ran = false
        const waiting = pool.run(async () => (ran = true), { signal: controller.signal })
        await turns()
        controller.abort(reason)
        const error = await rejects(waiting)
        expect(error === reason || error?.cause === reason, `it rejected with ${error}`)
        await first.letOneGo()
        await fulfils(
          pool.run(async () => 1),
          1,
          'the next closure',
        )
        expect(!ran, 'it ran')
      },
    },
    {
      name: 'already-aborted',
      expects: 'a closure whose signal is aborted already rejects and never runs',
      needs: ['signal'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        let ran = false
        await rejects(pool.run(async () => (ran = true), { signal: AbortSignal.abort() }))
        await turns()
        expect(!ran, 'it ran')
      },
    },
    {
      name: 'running',
      expects: 'a running closure whose signal aborts rejects at once, and the signal it was given aborts',
      needs: ['signal'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const controller = new AbortController()
        let wasTold = false
        const running = pool.run(
          (/** @type {{ signal: AbortSignal }} */ { signal }) => {
            signal.addEventListener('abort', () => (wasTold = true))
            return new Promise(() => {})
          },
          { signal: controller.signal },
        )
        await turns()
        controller.abort()
        await rejects(running)
        expect(wasTold, 'the closure was not told')
      },
    },
    {
      name: 'limit-held',
      expects: 'a closure that was aborted but still runs counts: nothing starts above the limit',
      needs: ['signal'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const closures = gate()
        const controller = new AbortController()
        const aborted = pool.run(closures.closure, { signal: controller.signal })
        pool.run(closures.closure)
        await turns()
        controller.abort()
        await rejects(aborted)
        await turns()
        expectSame(closures.peak(), 1, 'the most at a time were')
        await closures.letOneGo()
        expectSame(closures.started(), 2, 'started, after it has ended:')
      },
    },
    {
      name: 'thousand-on-one-signal',
      expects: '1,000 closures may share a signal: no warning of a leak, and its abort rejects them all',
      needs: ['signal'],
      run: async ({ open }) => {
        /** @type {string[]} */
        const warnings = []
        process.on('warning', ({ name }) => warnings.push(name))
        const pool = open({ size: 2 })
        const controller = new AbortController()
        const closures = Array.from({ length: 1_000 }, () =>
          pool.run(() => new Promise(() => {}), { signal: controller.signal }),
        )
        setTimeout(() => controller.abort(), 20)
        const outcomes = await outcomesOf(closures)
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
      expects: 'closures that are done leave no listener on their signal',
      needs: ['signal'],
      run: async ({ open }) => {
        const pool = open({ size: 2 })
        const { signal } = new AbortController()
        await settle(
          Array.from({ length: 8 }, (_, i) => pool.run(async () => i, { signal })),
          'the closures',
        )
        await turns()
        expectSame(getEventListeners(signal, 'abort').length, 0, 'listeners left:')
      },
    },
  ],
}
