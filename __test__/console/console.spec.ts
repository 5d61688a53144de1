// What the page of `workpool/console` answers. What a browser makes of it: page.browser.mjs.
import { once } from 'node:events'
import { type IncomingHttpHeaders, type Server, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test, { type ExecutionContext } from 'ava'
import { Pool, ThreadPool } from 'workpool'
import { type ConsoleOptions, type ConsoleSnapshot, consolePage } from 'workpool/console'

import { until } from '../support/until.js'

async function serve(t: ExecutionContext, options?: ConsoleOptions): Promise<{ server: Server; port: number }> {
  const page = consolePage(options)
  const server = createServer((request, response) => page(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

function ask(port: number, path = '/', method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, method }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode!, headers: response.headers, text })
    })
    asked.on('error', reject).end()
  })
}

/** A stream of snapshots, and those that have come. */
async function listen(t: ExecutionContext, port: number, path = '/') {
  const asked = request({ port, host: '127.0.0.1', path, headers: { accept: 'text/event-stream' } }).end()
  const [response] = await once(asked, 'response')
  const snapshots: ConsoleSnapshot[] = []
  let rest = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const events = (rest + chunk).split('\n\n')
    rest = events.pop()!
    for (const event of events)
      if (event.startsWith('data: ')) snapshots.push(JSON.parse(event.slice(6)) as ConsoleSnapshot)
  })
  t.teardown(() => asked.destroy())
  return { response, snapshots, leave: () => asked.destroy() }
}

test('the page, its style and its code come from one address, and nothing else may be loaded', async (t) => {
  const { port } = await serve(t)
  const { headers, text } = await ask(port, '/debug/pools')
  t.is(headers['content-type'], 'text/html; charset=utf-8')
  t.regex(String(headers['content-security-policy']), /^default-src 'none'; script-src 'self';/)
  t.is(headers['cache-control'], 'no-store')
  t.notRegex(text, /https?:|<script>|<style>| style=/, 'no network, and nothing that a policy forbids')
  const files = [...text.matchAll(/(?:href|src)="(\?[^"]+)"/g)].map(([, path]) => path!)
  t.deepEqual(files, ['?file=css', '?file=js'])
  const types = await Promise.all(
    files.map(async (file) => (await ask(port, `/debug/pools${file}`)).headers['content-type']),
  )
  t.deepEqual(types, ['text/css; charset=utf-8', 'text/javascript; charset=utf-8'])
  t.regex(
    (await ask(port, '/?file=js')).text,
    /uPlot [\d.]+\nThe MIT License/,
    'with the licence of what it draws with',
  )
})

test('it is read only', async (t) => {
  const { port } = await serve(t)
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const { status, headers } = await ask(port, '/', method)
    t.deepEqual([status, headers['allow']], [405, 'GET, HEAD'])
  }
  const head = await ask(port, '/', 'HEAD')
  t.deepEqual([head.status, head.text, Number(head.headers['content-length']) > 100], [200, '', true])
})

test('what does not exist is not found', async (t) => {
  const { port } = await serve(t, { pools: () => [] })
  for (const path of ['/?file=nothing', '/?file=__proto__', '/?file=', '/?stacks=7', '/?stacks='])
    t.is((await ask(port, path)).status, 404, path)
})

test('a snapshot has the numbers of all pools, and the details of those that are open', async (t) => {
  const one = Pool.create({ name: 'one', size: 1, measure: true })
  const other = Pool.create({ name: 'other' })
  let end!: () => void
  const ended = new Promise<void>((resolve) => (end = resolve))
  const tasks = [
    one.submit(async function first() {
      await ended
    }),
    one.submit(function second() {}, { key: 'k' }),
  ]
  const { port } = await serve(t, { pools: () => [one, other] })
  const all = await listen(t, port)
  await until(() => all.snapshots.length > 0, 'the first comes at once')
  const { at, pools, details } = all.snapshots[0]!
  t.true(Math.abs(Date.now() - at) < 60_000)
  t.deepEqual(
    pools.map(({ kind, stats }) => [kind, stats.name, stats.busy, stats.waiting]),
    [
      ['closures', 'one', 1, 1],
      ['closures', 'other', 0, 0],
    ],
  )
  t.deepEqual(details, {})
  const { id } = pools[0]!
  const opened = await listen(t, port, `/?open=${id},999,x`)
  await until(() => opened.snapshots.length > 0, 'the first comes')
  const detailsOfOne = opened.snapshots[0]!.details[id]!
  t.deepEqual(Object.keys(opened.snapshots[0]!.details), [String(id)])
  t.deepEqual(
    detailsOfOne.longest.map(({ name }) => name),
    ['first'],
  )
  t.deepEqual(
    detailsOfOne.next.map(({ name, key }) => [name, key]),
    [['second', 'k']],
  )
  t.deepEqual([detailsOfOne.wait?.count, detailsOfOne.run?.count], [0, 0])
  end()
  await Promise.all(tasks)
  await until(() => opened.snapshots.at(-1)!.details[id]!.run!.count === 2, 'their times are told')
  const { wait, run } = opened.snapshots.at(-1)!.details[id]!
  t.deepEqual([wait!.count, run!.p99 >= run!.p50, wait!.p99 > 0], [2, true, true])
  const both = await listen(t, port, `/?open=${pools[1]!.id}`)
  await until(() => both.snapshots.length > 0, 'the first comes')
  t.false('run' in both.snapshots[0]!.details[pools[1]!.id]!, 'that pool does not measure')
})

test('all who look get one snapshot a second, and while nobody looks no pool is asked', async (t) => {
  let asked = 0
  const pools = () => {
    asked++
    return []
  }
  const { port } = await serve(t, { pools })
  t.is(asked, 0)
  const viewers = [await listen(t, port), await listen(t, port), await listen(t, port)]
  t.is(asked, 3, 'each gets the first one at once')
  await until(() => viewers.every(({ snapshots }) => snapshots.length === 3), 'two seconds are over')
  t.is(asked, 5)
  t.is(new Set(viewers.map(({ snapshots }) => snapshots.at(-1)!.at)).size, 1, 'it is the same one')
  for (const { leave } of viewers) leave()
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  t.true(asked <= 6)
  const before = asked
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  t.is(asked, before)
})

test('the streams end when the server is closed', async (t) => {
  const { server, port } = await serve(t)
  const { response } = await listen(t, port)
  const ended = once(response, 'end')
  const closed = once(server, 'close')
  server.close()
  await ended
  server.closeIdleConnections()
  await closed
  t.pass()
})

test('where a pool is stuck; pools of closures have no threads', async (t) => {
  const pool = ThreadPool.create({
    filename: pathToFileURL(join(process.cwd(), '__test__/fixtures/stuck-tasks.mjs')),
    size: 1,
  })
  const closures = Pool.create()
  const { port } = await serve(t, { pools: () => [pool, closures] })
  const { snapshots } = await listen(t, port)
  await until(() => snapshots.length > 0, 'the first comes')
  const [threads, other] = snapshots[0]!.pools.map(({ id }) => id)
  t.deepEqual(JSON.parse((await ask(port, `/?stacks=${threads}`)).text), { stacks: [] })
  t.regex(JSON.parse((await ask(port, `/?stacks=${other}`)).text).error, /stacks/)
  await pool.close()
})

test('bad options are found at once', (t) => {
  for (const options of [{ pools: [] }, { pool: () => [] }, 7, null]) {
    const error = t.throws(() => consolePage(options as any)) as Error & { code?: string }
    t.is(error.code, 'ERR_POOL_OPTION')
  }
})
