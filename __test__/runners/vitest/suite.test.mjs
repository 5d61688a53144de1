/** As Vitest loads the package, with real timers, with fake ones, and with fake ones from before the load. */
import { createRequire } from 'node:module'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import * as workpool from 'workpool'
import cases from '../cases.cjs'

const require = createRequire(import.meta.url)
const filename = require.resolve('../tasks.cjs')

function testAll(loaded = workpool) {
  for (const kind of Object.values(cases))
    for (const [title, run] of Object.entries(kind)) test(title, () => run(loaded, filename))
}

describe('real timers', () => testAll())

describe('fake timers', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  testAll()
})

describe('fake timers, all that can be faked', () => {
  beforeEach(
    () =>
      void vi.useFakeTimers({
        toFake: [
          'setTimeout',
          'clearTimeout',
          'setImmediate',
          'clearImmediate',
          'setInterval',
          'clearInterval',
          'Date',
          'performance',
          'queueMicrotask',
        ],
      }),
  )
  afterEach(() => void vi.useRealTimers())
  testAll()
})

describe('fake timers before the load', () => {
  vi.useFakeTimers()
  for (const file of Object.keys(require.cache))
    if (/[\\/]node_modules[\\/]workpool[\\/]/.test(file)) delete require.cache[file]
  const late = require('workpool')
  vi.useRealTimers()
  test('it is another load', () => expect(late.Pool).not.toBe(workpool.Pool))
  testAll(late)
})
