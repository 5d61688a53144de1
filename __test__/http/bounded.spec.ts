// `bounded` behind node:http and Express, as they are.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'

import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { MultiPool, Pool, type TaskContext, ThreadPool } from 'workpool'
import { type BoundedOptions, bounded } from 'workpool/http'

import { gate } from '../support/gate.js'
import { reads, served } from '../support/served.js'
import { until } from '../support/until.js'

type Handler = (request: IncomingMessage, response: ServerResponse, context: TaskContext<any>) => unknown

/** Serves a handler at every path, by node:http or by Express. */
const SERVERS = {
  'node:http': (t: ExecutionContext, pool: Pool<any>, handler: Handler, options?: BoundedOptions) =>
    served(t, bounded(pool, handler, options)),
  Express: (t: ExecutionContext, pool: Pool<any>, handler: Handler, options?: BoundedOptions) => {
    const app = express()
    app.use(bounded(pool, handler, options))
    return served(t, app)
  },
}

for (const [name, serve] of Object.entries(SERVERS)) {
  test(`${name}: a request runs in the pool, with what its worker holds`, async (t) => {
    const pool = Pool.create({ size: 1, init: () => 'resource' })
    const { url } = await serve(t, pool, (request, response, { resource }) => {
      t.is(pool.busy, 1)
      response.end(`${request.url} ${resource as string}`)
    })
    const answer = await fetch(`${url}/page`)
    t.deepEqual([answer.status, await answer.text()], [200, '/page resource'])
    t.is(pool.stats().completed, 1)
    await pool.close()
  })

  test(`${name}: as many run as the pool has workers, as many wait as may, and the others get 503 at once`, async (t) => {
    const pool = Pool.create({ size: 2, maxBlockingTasks: 1 })
    const end = gate()
    const { url } = await serve(t, pool, async (_, response) => {
      await end.promise
      response.setHeader('x-mine', 'yes').end('done')
    })
    const answers = [fetch(url), fetch(url), fetch(url)]
    await until(() => pool.busy === 2 && pool.waiting === 1, 'two run, and one waits')
    const refused = await fetch(url)
    t.is(refused.status, 503)
    t.is(refused.headers.get('retry-after'), '1')
    t.is(refused.headers.get('content-type'), 'application/json; charset=utf-8')
    t.like(await refused.json(), { statusCode: 503, error: 'Service Unavailable' })
    end.open()
    for (const answer of await Promise.all(answers)) t.is(await answer.text(), 'done')
    t.like(pool.stats(), { completed: 3, rejected: { overload: 1 } })
  })

  test(`${name}: what takes too long gets 504, and may end as late as it likes`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const handlerEnds = gate()
    const hasAborted = gate<unknown>()
    const handler: Handler = async (_, response, { signal }) => {
      response.setHeader('content-length', 4).setHeader('etag', 'mine').setHeader('x-kept', 'yes')
      signal.addEventListener('abort', async () => {
        hasAborted.open(signal.reason)
        // When the answer has just been given: Node takes it for an error then.
        for (let i = 0; i < 1_000 && !response.writableEnded; i++) await undefined
        response.write('late')
      })
      await handlerEnds.promise
    }
    const { url } = await serve(t, pool, handler, { timeout: 5 })
    const answer = await fetch(url)
    t.is(answer.status, 504)
    t.deepEqual([answer.headers.get('etag'), answer.headers.get('x-kept')], [null, 'yes'])
    t.like(await answer.json(), { statusCode: 504, message: 'The answer took too long' })
    t.is(((await hasAborted.promise) as Error).name, 'TaskTimeoutError')
    t.is(pool.busy, 1)
    handlerEnds.open()
    await pool.close()
  })

  test(`${name}: an answer that has begun and takes too long is cut off`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const { ask } = await serve(
      t,
      pool,
      async (_, response, { signal }) => {
        response.write('the first part')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
      { timeout: 50 },
    )
    const socket = await ask('/')
    await reads(socket, 'the first part')
    await once(socket.resume(), 'close')
    t.is(pool.stats().timedOut, 1)
    await pool.close()
  })

  test(`${name}: the client of a running request leaves: it is aborted, and the worker is free when it ends`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const started = gate()
    const seen = gate<unknown>()
    const { ask, url } = await serve(t, pool, async (request, response, { signal }) => {
      if (request.url !== '/left') return response.end('next')
      started.open()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      seen.open(signal.reason)
      throw signal.reason
    })
    const socket = await ask('/left')
    await started.promise
    socket.destroy()
    t.is(((await seen.promise) as Error).name, 'AbortError')
    t.is(await (await fetch(url)).text(), 'next')
    t.like(pool.stats(), { cancelled: 1, completed: 1, failed: 0 })
  })

  test(`${name}: the client of a waiting request leaves: it never runs`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const end = gate()
    const paths: string[] = []
    const { ask, url } = await serve(t, pool, async (request, response) => {
      paths.push(request.url!)
      await end.promise
      response.end('done')
    })
    const first = fetch(`${url}/first`)
    await until(() => pool.busy === 1, 'the first one runs')
    const socket = await ask('/left')
    await until(() => pool.waiting === 1, 'the second one waits')
    socket.destroy()
    await until(() => pool.waiting === 0, 'it is taken from the queue')
    end.open()
    t.is(await (await first).text(), 'done')
    await pool.close()
    t.deepEqual(paths, ['/first'])
    t.like(pool.stats(), { cancelled: 1, completed: 1 })
  })

  test(`${name}: requests on one connection that wait behind each other are aborted with it`, async (t) => {
    const pool = Pool.create({ size: 5 })
    const { ask } = await serve(
      t,
      pool,
      (_, __, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
    )
    const socket = await ask('/1', '/2', '/3')
    await until(() => pool.busy === 3, 'all run')
    socket.destroy()
    await until(() => pool.busy === 0, 'all are aborted')
    t.is(pool.stats().cancelled, 3)
  })

  test(`${name}: an answer on a connection that is kept alive aborts nothing`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const signals: AbortSignal[] = []
    const { ask } = await serve(t, pool, (_, response, { signal }) => {
      signals.push(signal)
      response.end('an answer')
    })
    const socket = await ask('/1')
    await reads(socket, 'an answer')
    socket.write('GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await reads(socket, 'an answer')
    socket.destroy()
    await once(socket, 'close')
    await turn()
    t.deepEqual(
      signals.map(({ aborted }) => aborted),
      [false, false],
    )
    t.like(pool.stats(), { completed: 2, cancelled: 0 })
  })

  test(`${name}: options of one request win over those of all`, async (t) => {
    const pool = Pool.create({ size: 4, perKey: 1, maxBlockingTasks: 10 })
    const end = gate()
    const { url } = await serve(
      t,
      pool,
      async (_, response) => {
        await end.promise
        response.end('done')
      },
      {
        key: 'all',
        waitTimeout: 60_000,
        forRequest: ({ headers }) =>
          headers['x-tenant'] === undefined ? {} : { key: String(headers['x-tenant']), waitTimeout: 0 },
      },
    )
    const ask = (tenant?: string) => fetch(url, { headers: tenant === undefined ? {} : { 'x-tenant': tenant } })
    const answers = [ask('a'), ask('b')]
    await until(() => pool.busy === 2, 'one of each key runs')
    t.is((await ask('a')).status, 503)
    const waits = [ask(), ask()]
    await until(() => pool.busy === 3 && pool.waiting === 1, 'the others have a key of their own')
    end.open()
    for (const answer of await Promise.all([...answers, ...waits])) t.is(answer.status, 200)
  })

  test(`${name}: onError is told of what the handler throws, and of nothing else`, async (t) => {
    const pool = Pool.create({ size: 1 })
    const seen: unknown[] = []
    const thrown = new Error('thrown by the handler')
    const { url } = await serve(
      t,
      pool,
      (request) => {
        if (request.url === '/now') throw thrown
        return Promise.reject(thrown)
      },
      {
        onError: (error, request, response) => {
          seen.push([error, request.url])
          response.writeHead(418).end()
        },
        forRequest: ({ url }) => {
          if (url === '/options') throw thrown
          return {}
        },
      },
    )
    for (const path of ['/now', '/later', '/options']) t.is((await fetch(url + path)).status, 418)
    t.deepEqual(
      seen,
      ['/now', '/later', '/options'].map((path) => [thrown, path]),
    )
    await pool.close()
    t.is((await fetch(url)).status, 503)
    t.is(seen.length, 3)
  })
}

test("Express: what the handler throws goes to the application's error handler", async (t) => {
  const pool = Pool.create({ size: 1 })
  const app = express()
  const thrown = new Error('thrown by the handler')
  app.get(
    '/',
    bounded(pool, async () => {
      throw thrown
    }),
  )
  const seen: unknown[] = []
  app.use((error: unknown, _: express.Request, response: express.Response, __: express.NextFunction) => {
    seen.push(error)
    response.status(500).json({ mine: true })
  })
  const { url } = await served(t, app)
  const answer = await fetch(url)
  t.deepEqual([answer.status, await answer.json()], [500, { mine: true }])
  t.deepEqual(seen, [thrown])
})

test.serial('node:http: what the handler throws is written to the console, and answered with 500', async (t) => {
  const written: unknown[] = []
  const { error } = console
  console.error = (...all: unknown[]) => void written.push(all)
  t.teardown(() => (console.error = error))
  const pool = Pool.create({ size: 1 })
  const thrown = new Error('thrown by the handler')
  const { url, ask } = await served(
    t,
    bounded(pool, async ({ url }, response) => {
      if (url === '/begun') response.write('the first part')
      throw thrown
    }),
  )
  const answer = await fetch(url)
  t.deepEqual([answer.status, await answer.text()], [500, 'Internal Server Error\n'])
  t.deepEqual(written, [['a request failed', { err: thrown }]])
  const socket = await ask('/begun')
  await once(socket.resume(), 'close')
  t.is(written.length, 2)
})

test('a MultiPool of closures, and a view of a pool, take requests', async (t) => {
  const multi = MultiPool.create({ pools: 2, size: 1 })
  const one = await served(
    t,
    bounded(multi, (_, response) => response.end('multi')),
  )
  t.is(await (await fetch(one.url)).text(), 'multi')
  const pool = Pool.create({ size: 1 })
  const two = await served(
    t,
    bounded(pool.with({ priority: 'low' }), (_, response) => response.end('view')),
  )
  t.is(await (await fetch(two.url)).text(), 'view')
  t.deepEqual([multi.stats().completed, pool.stats().completed], [1, 1])
})

test('what is wrong is refused at once', async (t) => {
  const pool = Pool.create()
  const handler = () => {}
  const filename = join(process.cwd(), '__test__/fixtures/tasks.mjs')
  const threads = ThreadPool.create({ filename })
  const manyThreads = MultiPool.of([threads, ThreadPool.create({ filename })])
  const wrong: [unknown, unknown, unknown, RegExp][] = [
    [undefined, handler, undefined, /^pool must be a pool, not undefined/],
    [{}, handler, undefined, /^pool must be a pool/],
    [threads, handler, undefined, /needs a pool of closures/],
    [manyThreads, handler, undefined, /needs a pool of closures/],
    [pool, undefined, undefined, /^handler must be a function/],
    [pool, handler, null, /^the options of bounded must be an object/],
    [pool, handler, { timeout: 0 }, /^timeout must be/],
    [pool, handler, { onErr: handler }, /onErr.*did you mean onError/],
    [pool, handler, { forRequest: 'key' }, /^forRequest must be a function/],
  ]
  for (const [of, by, options, message] of wrong) {
    t.throws(() => bounded(of as Pool, by as never, options as never), { code: 'ERR_POOL_OPTION', message })
  }
  await manyThreads.close()
})
