import { expect, expectSame, fulfils, outcomesOf, rejects, settle } from '../expect.mjs'
import { turns } from './gate.mjs'

const VALUES = [undefined, null, 0, -0, NaN, '', false, { a: 1 }]

/** @type {import('../lists.mjs').Group} */
export const failures = {
  name: 'closure-errors',
  tests: [
    {
      name: 'results',
      expects: 'every promise gives the result of its own closure, the very value',
      run: async ({ open }) => {
        const pool = open({ size: 2 })
        const outcomes = await outcomesOf(VALUES.map((value) => pool.run(async () => value)))
        outcomes.forEach((outcome, i) =>
          expect(outcome.state === 'fulfilled' && Object.is(outcome.value, VALUES[i]), `result ${i} is another value`),
        )
      },
    },
    {
      name: 'sync-throw',
      expects: 'a closure that throws at once rejects its own promise; the call does not throw',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const thrown = new Error('on purpose')
        const throwing = () => {
          throw thrown
        }
        const [first, waiting] = [pool.run(throwing), pool.run(throwing)]
        expectSame(await rejects(first), thrown, 'the error is')
        expectSame(await rejects(waiting), thrown, 'the error of one that waited is')
        await fulfils(
          pool.run(() => 1),
          1,
          'the next closure',
        )
      },
    },
    {
      name: 'rejection',
      expects: 'a closure that rejects rejects its own promise, with that very error, and no other',
      run: async ({ open }) => {
        const pool = open({ size: 2 })
        const error = new TypeError('on purpose')
        const outcomes = await outcomesOf(
          Array.from({ length: 10 }, (_, i) =>
            pool.run(async () => {
              if (i % 2) throw error
              return i
            }),
          ),
        )
        outcomes.forEach((outcome, i) => {
          if (i % 2) expect(outcome.state === 'rejected' && outcome.error === error, `closure ${i} ${outcome.state}`)
          else expect(outcome.state === 'fulfilled' && outcome.value === i, `closure ${i} ${outcome.state}`)
        })
      },
    },
    {
      name: 'slot-freed',
      expects: 'failures free their slot: after 20 of each kind the limit is whole',
      run: async ({ open }) => {
        const pool = open({ size: 2 })
        const ways = [
          () => {
            throw new Error('on purpose')
          },
          async () => {
            throw new Error('on purpose')
          },
          () => Promise.reject(undefined),
        ]
        await settle(
          ways.flatMap((way) => Array.from({ length: 20 }, () => pool.run(way))),
          'the closures',
        )
        let running = 0
        for (let i = 0; i < 4; i++) pool.run(() => new Promise(() => running++))
        await turns()
        expectSame(running, 2, 'running afterwards:')
      },
    },
    {
      name: 'no-unhandled-rejection',
      expects: 'a failure that the caller handles leaves no unhandled rejection behind',
      run: async ({ open }) => {
        let unhandled = 0
        process.on('unhandledRejection', () => unhandled++)
        const pool = open({ size: 2 })
        const closures = Array.from({ length: 10 }, () => pool.run(async () => Promise.reject(new Error('on purpose'))))
        await settle(closures, 'the closures')
        await turns(10)
        expect(unhandled === 0, `${unhandled} unhandled rejections`)
      },
    },
  ],
}
