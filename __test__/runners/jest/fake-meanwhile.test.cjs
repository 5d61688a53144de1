/** Timers are replaced after the package was loaded, and restored again. */
const cases = require('../cases.cjs')
const workpool = require('workpool')

const filename = require.resolve('../tasks.cjs')

describe('between two tests', () => {
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())
  require('./suite.cjs').testAll()
})

describe('legacy ones', () => {
  beforeEach(() => jest.useFakeTimers({ legacyFakeTimers: true }))
  afterEach(() => jest.useRealTimers())
  require('./suite.cjs').testAll()
})

test('between two tasks of one pool', async () => {
  const pool = workpool.Pool.create({ size: 1 })
  const threads = workpool.ThreadPool.create({ filename, size: 1 })
  for (const change of [
    () => jest.useFakeTimers(),
    () => jest.useRealTimers(),
    () => jest.useFakeTimers(),
    () => jest.useRealTimers(),
  ]) {
    await pool.vacancy()
    const before = [
      pool.submit(async () => 1),
      threads.run(2, { name: 'echo' }),
      threads.run(new Map(), { name: 'echo' }),
    ]
    change()
    expect((await Promise.all(before)).slice(0, 2)).toEqual([1, 2])
    await pool.vacancy()
    await threads.vacancy()
  }
  await pool.close()
  await threads.close()
  expect(Object.keys(cases)).toHaveLength(2)
})
