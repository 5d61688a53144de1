/** With `--detectOpenHandles`: idle pools, of closures and of threads, are no handles. */
const { Pool, ThreadPool } = require('workpool')

test('pools are used and left open', async () => {
  const pool = Pool.create({ size: 1 })
  expect(await Promise.all([1, 2].map((value) => pool.submit(async () => value)))).toEqual([1, 2])
  const threads = ThreadPool.create({ filename: require.resolve('../tasks.cjs'), size: 1 })
  expect(await threads.run(1, { name: 'echo' })).toBe(1)
  expect([...(await threads.run(new Map([[1, 2]]), { name: 'echo' }))]).toEqual([[1, 2]])
})
