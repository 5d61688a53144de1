// Streams and the life of their process, of their iterator and of a guest.
import test from 'ava'

import { child } from '../support/child.js'

const end = (how: string) => child('stream-ends', { args: [how], execArgv: ['--expose-gc'], deadlineMs: 30_000 })

test.serial('a stream of which nobody awaits a chunk keeps no process alive', async (t) => {
  const { hung, code, stdout, stderr } = await end('idle')
  t.deepEqual({ hung, code, stdout, stderr }, { hung: false, code: 0, stdout: 'idle\n', stderr: '' })
})

test.serial('a next without an answer keeps the process alive', async (t) => {
  const { code, stdout } = await end('waiting')
  t.deepEqual({ code, stdout }, { code: 0, stdout: 'true\n' })
})

test.serial('a process that exits with open streams ends at once', async (t) => {
  const { hung, code, stderr } = await end('exit')
  t.deepEqual({ hung, code, stderr }, { hung: false, code: 5, stderr: '' })
})

test.serial('an iterator that is dropped without return ends its generator when it is collected', async (t) => {
  const { code, stdout } = await end('dropped')
  t.deepEqual({ code, stdout }, { code: 0, stdout: '1 free\n' })
})

test.serial('the generator of a guest that ends is ended', async (t) => {
  const { hung, code, stdout, stderr } = await end('guest')
  t.deepEqual({ hung, code, stdout, stderr }, { hung: false, code: 0, stdout: '1 free\n', stderr: '' })
})

test.serial('a stream of very many chunks runs with constant memory', async (t) => {
  const { code, stdout } = await end('memory')
  t.is(code, 0)
  const { heap, rss } = JSON.parse(stdout)
  t.true(heap < 2, `${heap} MB more`)
  t.true(rss < 40, `${rss} MB more`)
})
