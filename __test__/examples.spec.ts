import { readFileSync, readdirSync } from 'node:fs'

import test from 'ava'

import { child } from './support/child.js'

test('the first example of docs/overload.md answers, sheds load, survives what render throws, and is told when a client leaves', async (t) => {
  t.timeout(30_000)
  const { code, stdout, stderr } = await child('example-server')
  t.deepEqual(stdout.trim().split('\n'), [
    'page: 200 <p>page</p>',
    'throws: 500',
    'throws later: 500',
    'gives no text: 500',
    'while it is full: 503, retry after 1',
    'left: its task was aborted, and its place is free',
    'page: 200 <p>page</p>',
  ])
  t.is(code, 0)
  // Whoever runs the server learns of what was thrown, and of nothing else.
  t.is(stderr.match(/thrown by render/g)?.length, 2)
  t.false(stderr.includes('PoolOverloadError'))
  t.false(stderr.includes('AbortError'))
})

test("README's first example answers, and says whether it is full, the upstream is slow or the upstream is broken", async (t) => {
  t.timeout(30_000)
  const { code, stdout, stderr } = await child('example-upstream')
  t.deepEqual(stdout.trim().split('\n'), [
    'page: 200 a page',
    'the upstream answers 500: 502',
    'the upstream hangs up: 502',
    'while it is full: 503, retry after 1',
    'a client left: its call was aborted, and its place is free',
    'page: 200 a page',
    'the upstream is slow: 504',
  ])
  t.is(code, 0)
  t.is(stderr.match(/answered 500|fetch failed/g)?.length, 2)
  t.false(stderr.includes('PoolOverloadError'))
  t.false(stderr.includes('AbortError'))
})

test('README has at most 200 lines, and every page of docs/ begins with an example', (t) => {
  t.true(readFileSync('README.md', 'utf8').trimEnd().split('\n').length <= 200)
  for (const page of readdirSync('docs').filter((file) => file.endsWith('.md') && file !== 'README.md')) {
    // What nobody may overlook comes first: one bold sentence, and what explains it.
    t.regex(readFileSync(`docs/${page}`, 'utf8'), /^# .+\n\n(\*\*.+\n(.+\n)*\n)?```/, page)
  }
})
