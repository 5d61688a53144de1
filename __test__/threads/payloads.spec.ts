import { join } from 'node:path'

import test from 'ava'
import fc from 'fast-check'
import { ThreadPool } from 'workpool'

import { identical } from '../support/identical.js'
import { CLASSES, anything, cheap } from '../support/values.js'

const filename = join(process.cwd(), '__test__', 'fixtures', 'thread-tasks.mjs')

/** What `structuredClone` makes of it, there and back; or the name of its error. */
function expected(value: unknown): { clone: unknown } | { error: string } {
  try {
    return { clone: structuredClone(structuredClone(value)) }
  } catch (error) {
    return { error: (error as Error).name }
  }
}

for (const [what, values, numRuns] of [
  ['values of the cheap kinds', cheap, 300],
  ['any values', anything, 300],
] as const) {
  test(`${what} go through a thread as through structuredClone, or fail with the same error`, async (t) => {
    t.timeout(60_000)
    await using pool = ThreadPool.create<Record<string, (value: any) => any>>({ filename, size: 1 })
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const should = expected(value)
        const [end] = await Promise.allSettled([pool.run(value, { name: 'identity' })])
        if ('error' in should) return end.status === 'rejected' && end.reason?.name === should.error
        return end.status === 'fulfilled' && identical(should.clone, end.value)
      }),
      { numRuns },
    )
    // Several arguments are a list of them.
    t.is(await pool.tasks.identity!([1, [2]]).then((list: unknown[]) => list.length), 2)
  })
}

/** Bytes around the size from which a view goes by itself, and around that of the exchange. */
const SIZES = [8_184, 8_192, 65_528, 65_536, 65_544, 300_000, 1_200_000]
const KINDS = [ArrayBuffer, DataView, ...CLASSES]

/** So many bytes, no two of these alike. */
function bytes(length: number, seed: number): ArrayBuffer {
  const words = new Uint32Array(length / 4)
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed, 0x9e3779b1)
  return words.buffer
}

test('views and buffers of many bytes arrive whole, each as its own kind, whatever else is under way', async (t) => {
  await using pool = ThreadPool.create<Record<string, (value: any) => any>>({ filename, size: 2 })
  const checks = KINDS.flatMap((Kind, kind) =>
    SIZES.map(async (size) => {
      const buffer = bytes(size, kind * 1_000)
      const value = Kind === ArrayBuffer ? buffer : new (Kind as DataViewConstructor)(buffer)
      const [alone, nested, small] = await Promise.all([
        pool.run(value, { name: 'identity' }),
        pool.run({ value }, { name: 'identity' }),
        pool.run({ size }, { name: 'identity' }),
      ])
      t.true(identical(value, alone), `${Kind.name} of ${size}`)
      t.true(identical({ value }, nested), `${Kind.name} of ${size} in an object`)
      t.deepEqual(small, { size })
      t.not(alone, value)
    }),
  )
  await Promise.all(checks)
})

test('a view of many bytes is what it shows, and of its class only the kind', async (t) => {
  await using pool = ThreadPool.create<Record<string, (value: any) => any>>({ filename, size: 1 })
  class Named extends Float64Array {
    override get byteLength(): number {
      throw new Error('asked')
    }
  }
  const named = Object.assign(new Named(2_000).fill(1.5), { extra: 1 })
  t.true(identical(new Float64Array(2_000).fill(1.5), await pool.run(named, { name: 'identity' })))
  const part = new Uint8Array(bytes(40_000, 1), 100, 20_000)
  const arrived = await pool.run(part, { name: 'identity' })
  t.deepEqual(arrived, part.slice())
  const node = Buffer.alloc(9_000, 7)
  t.deepEqual(await pool.run(node, { name: 'identity' }), new Uint8Array(9_000).fill(7))
})
