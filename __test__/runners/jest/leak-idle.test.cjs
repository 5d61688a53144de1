/** With `--detectLeaks`: a pool that nobody closes, as a module keeps one for all that it does. */
const { Pool } = require('workpool')

const pool = Pool.create({ size: 2 })

test('a pool is used and left open', async () => {
  expect(await Promise.all([1, 2, 3].map((value) => pool.submit(async () => value)))).toEqual([1, 2, 3])
  await pool.vacancy()
  expect(pool.idle).toBe(2)
})
