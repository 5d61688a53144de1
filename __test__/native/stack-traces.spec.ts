// The published code is shortened. What users report has to be readable all the same.
import test from 'ava'
import { Pool } from 'workpool'

test('a stack trace names the functions, classes and private methods of the package, each on a line of its own', async (t) => {
  const pool = Pool.create({ size: 1 })
  let stack = ''
  await pool.submit(() => void (stack = new Error('where').stack!))
  t.regex(stack, /\bPool\.submit \(/)
  t.regex(stack, /\bClosureRunner\.startPlain \(/)
  t.regex(stack, /#call \(/)
  const places = [...stack.matchAll(/[\\/]dist[\\/]\S+\.js:\d+/g)].map(([place]) => place)
  t.true(places.length >= 4, stack)
  t.is(new Set(places).size, places.length, stack)
})
