// `workpool/fastify` with Fastify as it is, by inject and over sockets.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import underPressure from '@fastify/under-pressure'
import test, { type ExecutionContext } from 'ava'
import fastify, { type FastifyInstance } from 'fastify'
import { Pool, PoolClosedError, type ThreadPool } from 'workpool'
import { readiness, workpool, type WorkpoolPluginOptions } from 'workpool/fastify'

import { gate } from '../support/gate.js'
import { askOn, reads } from '../support/served.js'
import { rejection, until } from '../support/until.js'

interface Pools {
  [name: string]: Pool<any>
}

async function create(t: ExecutionContext, options: WorkpoolPluginOptions, add: (app: FastifyInstance) => void) {
  const app = fastify()
  t.teardown(() => app.close().catch(() => {}))
  await app.register(workpool, options)
  add(app)
  await app.ready()
  return { app, pools: app.pools as Pools }
}

const heed = (signal: AbortSignal) => new Promise((resolve) => signal.addEventListener('abort', resolve))

const listen = async (app: FastifyInstance): Promise<number> => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

test('it makes pools by their options, takes those that are there, and decorates the application', async (t) => {
  const given = Pool.create({ name: 'given' })
  const filename = join(process.cwd(), '__test__/fixtures/tasks.mjs')
  const { app } = await create(
    t,
    { pools: { pages: { size: 3 }, other: { name: 'mine', size: 4 }, threads: { filename, size: 1 }, given } },
    (app) => {
      void app.register(async (child) => {
        child.get('/', async function () {
          return (await (this.pools as { threads: ThreadPool<any> }).threads.run('echoed', { name: 'echo' })) as string
        })
      })
    },
  )
  const { pages, other, threads } = app.pools as Pools & { threads: ThreadPool }
  t.deepEqual([pages!.name, pages!.capacity, other!.name, other!.kind], ['pages', 3, 'mine', 'closures'])
  t.is((app.pools as Pools)['given'], given)
  t.is(threads.kind, 'threads')
  t.is((await app.inject('/')).body, 'echoed')
  await app.close()
  t.true(pages!.isClosed && other!.isClosed && threads.isClosed)
  t.false(given.isClosed)
  await given.close()
})

test('a handler with config.pool runs in the pool, as async function and with reply.send', async (t) => {
  const { app, pools } = await create(t, { pools: { pages: { size: 1, init: () => 'resource' } } }, (app) => {
    const config = { pool: 'pages' }
    app.get('/async', { config }, async function (request) {
      return { busy: (this.pools as Pools)['pages']!.busy, resource: request.task!.resource as string }
    })
    app.get('/reply', { config }, (request, reply) => {
      setImmediate(() => reply.send({ busy: (app.pools as Pools)['pages']!.busy, query: request.query }))
    })
    app.get('/returned', { config }, async (_, reply) => {
      setImmediate(() => void reply.send('late'))
      return reply
    })
    app.get('/outside', async (request) => ({ task: request.task }))
  })
  t.deepEqual((await app.inject('/async')).json(), { busy: 1, resource: 'resource' })
  t.deepEqual((await app.inject('/reply?a=1')).json(), { busy: 1, query: { a: '1' } })
  t.is((await app.inject('/returned')).body, 'late')
  t.deepEqual((await app.inject('/outside')).json(), { task: null })
  t.is((await app.inject({ url: '/async', method: 'HEAD' })).statusCode, 200)
  await until(() => pools['pages']!.busy === 0, 'all have ended')
  t.is(pools['pages']!.stats().completed, 4)
})

test('refusals are 503 with retry-after, and what takes too long is 504', async (t) => {
  const end = gate()
  const { app, pools } = await create(t, { pools: { pages: { size: 1, nonblocking: true } } }, (app) => {
    app.get('/held', { config: { pool: 'pages' } }, () => end.promise.then(() => 'done'))
    app.get('/slow', { config: { pool: { name: 'pages', timeout: 5 } } }, ({ task }) => heed(task!.signal))
    app.get('/calls', async () => (app.pools as Pools)['pages']!.submit(() => 'done'))
    app.get('/throws', { config: { pool: 'pages' } }, async () => {
      throw new Error('thrown by the handler')
    })
  })
  t.is((await app.inject('/throws')).statusCode, 500)
  const held = app.inject('/held')
  await until(() => pools['pages']!.busy === 1, 'one runs')
  for (const path of ['/held', '/calls']) {
    const refused = await app.inject(path)
    t.is(refused.statusCode, 503, path)
    t.is(refused.headers['retry-after'], '1')
    t.is(refused.headers['cache-control'], 'no-store')
    t.like(refused.json(), { statusCode: 503, code: 'ERR_POOL_OVERLOAD', error: 'Service Unavailable' })
  }
  end.open()
  t.is((await held).body, 'done')
  await until(() => pools['pages']!.busy === 0, 'it has ended')
  const slow = await app.inject('/slow')
  t.deepEqual([slow.statusCode, slow.headers['retry-after']], [504, undefined])
  t.is(slow.json().code, 'ERR_POOL_TASK_TIMEOUT')
})

test("the application's error handler sees the error of the pool as it is", async (t) => {
  const seen: unknown[] = []
  const { app } = await create(t, { pools: { pages: { size: 1 } } }, (app) => {
    app.setErrorHandler((error: Error & { statusCode: number }, _, reply) => {
      seen.push(error)
      return reply.code(error.statusCode).send('mine')
    })
    app.get('/', { config: { pool: 'pages' } }, async () => 'page')
  })
  ;(app.pools as Pools)['pages']!.release()
  const answer = await app.inject('/')
  t.deepEqual([answer.statusCode, answer.body], [503, 'mine'])
  t.true(seen[0] instanceof PoolClosedError)
  t.deepEqual(Object.keys(seen[0] as object), ['code', 'retryable'])
})

test('options of one request win over those of the route', async (t) => {
  const end = gate()
  const { app, pools } = await create(t, { pools: { pages: { size: 4, perKey: 1 } } }, (app) => {
    app.get(
      '/:tenant',
      {
        config: {
          pool: {
            name: 'pages',
            waitTimeout: 0,
            forRequest: ({ params }) => ({ key: (params as { tenant: string }).tenant }),
          },
        },
      },
      () => end.promise.then(() => 'done'),
    )
  })
  const running = [app.inject('/a'), app.inject('/b')]
  await until(() => pools['pages']!.busy === 2, 'one of each runs')
  t.is((await app.inject('/a')).statusCode, 503)
  end.open()
  for (const answer of await Promise.all(running)) t.is(answer.body, 'done')
})

test('a client that leaves aborts its task, running or waiting, and frees its place', async (t) => {
  const started = gate()
  const aborted = gate<unknown>()
  const { app, pools } = await create(t, { pools: { pages: { size: 1 } } }, (app) => {
    const config = { pool: 'pages' }
    app.get('/left', { config }, async ({ task }) => {
      started.open()
      await new Promise((resolve) => task!.signal.addEventListener('abort', resolve))
      aborted.open(task!.signal.reason)
      throw task!.signal.reason
    })
    app.get('/waits', { config }, () => t.fail('it ran'))
    app.get('/next', { config }, async () => 'next')
  })
  const port = await listen(app)
  const running = await askOn(port, ['/left'])
  await started.promise
  const waiting = await askOn(port, ['/waits'])
  await until(() => pools['pages']!.waiting === 1, 'it waits')
  waiting.destroy()
  await until(() => pools['pages']!.waiting === 0, 'it is gone')
  running.destroy()
  t.is(((await aborted.promise) as Error).name, 'AbortError')
  const socket = await askOn(port, ['/next'])
  t.regex(await reads(socket, 'next'), /200 OK/)
  // An answer that is finished aborts nothing.
  socket.destroy()
  await once(socket, 'close')
  t.like(pools['pages']!.stats(), { cancelled: 2, completed: 1, failed: 0 })
})

test('close answers what was accepted, and then closes the pools in their order', async (t) => {
  const closed: string[] = []
  const end = gate()
  const dispose = (name: string) => () => void closed.push(name)
  const { app, pools } = await create(
    t,
    {
      pools: {
        requests: { size: 2, init: () => 1, dispose: dispose('requests') },
        queries: { size: 2, init: () => 1, dispose: dispose('queries') },
      },
    },
    (app) => {
      app.get('/', { config: { pool: 'requests' } }, async () => {
        await end.promise
        return (app.pools as Pools)['queries']!.submit(() => 'from a query')
      })
    },
  )
  const port = await listen(app)
  const socket = await askOn(port, ['/'])
  await until(() => pools['requests']!.busy === 1, 'it runs')
  const closing = app.close()
  end.open()
  t.regex(await reads(socket, 'from a query'), /200 OK/)
  socket.destroy()
  await closing
  t.deepEqual(closed, ['requests', 'queries'])
})

test('close gives up when closeTimeout is up: what runs is aborted and answered with 503', async (t) => {
  const { app, pools } = await create(t, { pools: { pages: { size: 1 } }, closeTimeout: 50 }, (app) => {
    app.get(
      '/',
      { config: { pool: 'pages' } },
      ({ task }) =>
        new Promise((_, reject) => task!.signal.addEventListener('abort', () => reject(task!.signal.reason))),
    )
  })
  const port = await listen(app)
  const socket = await askOn(port, ['/'])
  await until(() => pools['pages']!.busy === 1, 'it runs')
  const closing = app.close()
  t.regex(await reads(socket, 'ERR_POOL_CLOSED'), /503 Service Unavailable/)
  socket.destroy()
  await closing
  t.is(pools['pages']!.stats().cancelled, 1)
})

test('readiness tells under-pressure whether the pools take tasks', async (t) => {
  const end = gate()
  const { app, pools } = await create(t, { pools: { pages: { size: 1 } } }, (app) => {
    void app.register(underPressure, { healthCheck: readiness({ maxWaiting: 1 }), exposeStatusRoute: '/status' })
  })
  const status = async () => (await app.inject('/status')).statusCode
  t.is(await status(), 200)
  pools['pages']!.pause()
  t.is(await status(), 503)
  pools['pages']!.resume()
  const tasks = [1, 2, 3].map(() => pools['pages']!.submit(() => end.promise))
  t.is(await status(), 503)
  end.open()
  await Promise.all(tasks)
  t.is(await status(), 200)
  pools['pages']!.release()
  t.is(await status(), 503)
})

test('what is wrong is refused when the application starts', async (t) => {
  const wrong: [unknown, RegExp][] = [
    [{}, /^pools must be an object of pools by name/],
    [{ pools: {} }, /^pools must be an object of at least one pool/],
    [{ pools: { pages: 5 } }, /^pools\.pages must be a pool, or its options/],
    [{ pools: { pages: { size: 0 } } }, /^size must be/],
    [{ pools: { pages: {} }, closeTimeout: -1 }, /^closeTimeout must be/],
    [{ pools: { pages: {} }, timeout: 5 }, /^unknown option timeout/],
  ]
  for (const [options, message] of wrong) {
    const error = await rejection(Promise.resolve(fastify().register(workpool, options as never)))
    t.is(error.code, 'ERR_POOL_OPTION')
    t.regex(error.message, message)
  }
  const { app } = await create(t, { pools: { pages: { size: 1 }, threads: { filename: '/tasks.js' } } }, () => {})
  const open = fastify()
  await open.register(workpool, { pools: { pages: { size: 1 }, threads: { filename: '/tasks.js' } } })
  const routes: [unknown, RegExp][] = [
    ['page', /^config\.pool must be one of pages, threads, for the route GET \/, not 'page'$/],
    [{ timeout: 5 }, /^config\.pool\.name must be the name of a pool/],
    [{ name: 'pages', timeout: 0 }, /^timeout must be/],
    ['threads', /needs a pool of closures/],
  ]
  for (const [pool, message] of routes) {
    t.throws(() => open.get('/', { config: { pool: pool as string } }, async () => ''), {
      code: 'ERR_POOL_OPTION',
      message,
    })
  }
  await Promise.all([app.close(), open.close()])
  const bare = fastify()
  await bare.ready()
  t.regex((await rejection(readiness()(bare))).message, /needs the plugin workpool/)
  t.throws(() => readiness({ maxWaiting: -1 }), { code: 'ERR_POOL_OPTION' })
})
