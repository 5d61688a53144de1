import { inspect } from 'node:util'
import { MessageChannel } from 'node:worker_threads'
import { once } from 'node:events'
import { expect, fulfils, rejects } from '../expect.mjs'
import { remainsUsable } from './usable.mjs'

const cycle = { name: 'cycle', self: {} }
cycle.self = cycle
const twice = { n: 1 }

/** @type {Record<string, unknown>} */
const VALUES = {
  undefined: undefined,
  null: null,
  zero: 0,
  'minus-zero': -0,
  nan: NaN,
  'empty-string': '',
  false: false,
  'lone-surrogate': 'a\uD800b',
  bigint: 2n ** 100n,
  date: new Date(86_400_000),
  regexp: /a+b/giu,
  map: new Map([['a', { b: [1, undefined, null] }]]),
  set: new Set([1, 'two', undefined]),
  'typed-array': new Float64Array([1, -0, NaN]),
  'sparse-array': Object.assign(Array.from({ length: 3 }), { 1: 'one' }),
  nested: { a: { b: { c: { d: [{ e: undefined }] } } } },
  cycle,
  'same-object-twice': [twice, twice],
  'large-string': 'ä'.repeat(200_000),
}
delete (/** @type {any} */ (VALUES['sparse-array'])[0])

/** @type {import('../lists.mjs').Test[]} */
const exact = Object.entries(VALUES).map(([name, value]) => ({
  name,
  expects: `${name} is the same in the thread and back here`,
  run: async ({ open }) => {
    const pool = open({ size: 1 })
    await fulfils(pool.run('show', value), inspect(value, { depth: 5, sorted: true }), 'as seen in the thread, it')
    await fulfils(pool.run('echo', value), value, 'sent there and back, it')
  },
}))

/** @type {import('../lists.mjs').Group} */
export const payloads = {
  name: 'payloads',
  tests: [
    ...exact,
    {
      name: 'transfer-in',
      expects: 'an ArrayBuffer in the transfer list is moved: whole there, detached here',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const bytes = new Uint8Array(1_000).fill(3)
        const result = pool.run('sum', bytes, { transfer: [bytes.buffer] })
        await fulfils(result, 3_000)
        expect(bytes.byteLength === 0, `the buffer here still has ${bytes.byteLength} bytes`)
      },
    },
    {
      name: 'transfer-port',
      expects: 'a MessagePort can be moved to a task, which talks through it',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const { port1, port2 } = new MessageChannel()
        const message = once(port1, 'message').then(([text]) => text)
        await fulfils(pool.run('answer', port2, { transfer: [port2] }), undefined)
        await fulfils(message, 'from the thread', 'the message')
      },
    },
    {
      name: 'transfer-out',
      expects: 'a task can move its result: whole here, detached there',
      needs: ['transfer out'],
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('giveBuffer', 1_000), new Uint8Array(1_000).fill(7))
        await fulfils(pool.run('rememberedBytes'), 0, 'the length in the thread')
      },
    },
    {
      name: 'uncloneable-argument',
      expects: 'an argument that cannot be cloned rejects, and the pool stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await rejects(pool.run('echo', () => {}))
        await remainsUsable(pool)
      },
    },
    {
      name: 'uncloneable-argument-waiting',
      expects:
        'an argument that cannot be cloned rejects when the threads are busy, too, and takes no other task with it',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        const busy = pool.run('wait', 150)
        const bad = pool.run('echo', () => {})
        const good = pool.run('double', 1)
        await Promise.all([rejects(bad), fulfils(good, 2, 'the task behind it'), busy])
        await remainsUsable(pool)
      },
    },
    {
      name: 'uncloneable-result',
      expects: 'a result that cannot be cloned rejects, and the pool stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await rejects(pool.run('giveUncloneable'))
        await remainsUsable(pool)
      },
    },
  ],
}
