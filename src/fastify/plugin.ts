import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'

import { misuse, outOfRange, wrongType } from '../base/errors.js'
import { clearTimeout, monotonicNow, setTimeout } from '../base/intrinsics.js'
import { toHttp } from '../http/answer.js'
import { type BoundedPool, assertOfClosures } from '../http/bounded.js'
import { signalOf } from '../http/client-signal.js'
import { closeInOrder } from '../http/close-in-order.js'
import { type MadePools, type NamedPools, makePools } from '../http/made-pools.js'
import { type ReadinessOptions, checkReadiness, readinessOf } from '../http/readiness.js'
import { type Check, MS, functionOf, milliseconds, ms, reader, text } from '../options/checks.js'
import { SUBMIT, type SubmitOptions } from '../options/options.js'
import { POLICY } from '../options/policy-options.js'
import type { TaskContext } from '../origin/task.js'
import type { AnyPool } from '../pool/any-pool.js'

/**
 * The pools of the application, by the names under which `fastify.pools` has them. Say what they are:
 *
 * ```ts
 * import type { Pool } from 'workpool'
 *
 * declare module 'workpool/fastify' {
 *   interface FastifyPools {
 *     pages: Pool
 *   }
 * }
 * ```
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- applications add to it
export interface FastifyPools {}

type PoolName = keyof FastifyPools extends never ? string : keyof FastifyPools & string

/** Of a route: the pool in which its handler runs, and the options of its tasks. */
export interface RoutePool extends SubmitOptions {
  /** The name of the pool, one of closures. */
  name: PoolName
  /** Gives options of the task of one request, such as its `key`. They win over the others; but all signals abort. */
  forRequest?: ((request: FastifyRequest) => SubmitOptions) | undefined
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The pools that `workpool/fastify` was given. */
    pools: FastifyPools
  }
  interface FastifyRequest {
    /** If the handler runs in a pool, by `config.pool`: the context of its task. */
    task: TaskContext<any> | null
  }
  interface FastifyContextConfig {
    /** The pool in which the handler runs. */
    pool?: PoolName | RoutePool
  }
}

/** Options of the plugin. */
export interface WorkpoolPluginOptions {
  /** The pools by name: options of those that the plugin makes, and pools that are there already. */
  pools: NamedPools
  /**
   * How long the pools that the plugin has made may take to close, in ms from the call of `fastify.close`. What still waits
   * then rejects, and what runs is aborted. From 0 to 2³¹ − 1. Default 10,000.
   */
  closeTimeout?: number | undefined
}

const DEFAULT_CLOSE_TIMEOUT = 10_000

const readOptions = reader('the options of workpool/fastify', {
  pools: ((value) => value) as Check<unknown>,
  closeTimeout: milliseconds(ms, MS),
  // Fastify gives every plugin its prefix and the like.
  prefix: ((value) => value) as Check<unknown>,
  logLevel: ((value) => value) as Check<unknown>,
  logSerializers: ((value) => value) as Check<unknown>,
})
const checkRoute = reader('config.pool', { ...SUBMIT, ...POLICY, name: text, forRequest: functionOf })

/**
 * A plugin for Fastify 5: makes pools, decorates the application with them, runs the handlers of routes in them, and
 * closes them with the server.
 *
 * ```ts
 * import fastify from 'fastify'
 * import { workpool } from 'workpool/fastify'
 *
 * const app = fastify()
 * await app.register(workpool, { pools: { pages: { size: 50, maxBlockingTasks: 1_000 } } })
 * app.get('/', { config: { pool: 'pages' } }, async (request) => render(request.url, request.task?.signal))
 * ```
 *
 * - A handler with `config.pool` runs as a task of that pool, which `request.task` is the context of. When its client is
 *   gone, it never starts, or `request.task.signal` aborts.
 * - An error of a pool that a handler throws has the `statusCode` and the `headers` that `toHttp` says, so Fastify answers
 *   with 503 and `retry-after`, or 504. Error handlers see it as it is.
 * - When the server closes, and all requests have been answered, the pools that the plugin has made are closed in the
 *   order of `pools`. Those that were given are left open.
 *
 * Register it before the routes.
 *
 * @throws TypeError, RangeError with code `ERR_POOL_OPTION`
 */
export async function workpool(fastify: FastifyInstance, options: WorkpoolPluginOptions): Promise<void> {
  const { pools: named, closeTimeout = DEFAULT_CLOSE_TIMEOUT } = readOptions(options)
  const pools = makePools(named)
  fastify.decorate('pools', pools.all as FastifyPools)
  fastify.decorateRequest('task', null)
  fastify.addHook('onRoute', (route) => runInPool(route, pools.all))
  closeWith(fastify, pools, closeTimeout)
}

// What `fastify-plugin` does: the application itself is decorated, and Fastify checks its own version.
Object.assign(workpool, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'workpool',
  [Symbol.for('plugin-meta')]: { name: 'workpool', fastify: '5.x' },
})

/** Of one route, what is wrapped is wrapped once: Fastify makes its HEAD out of its GET. */
const wrapped = new WeakSet<object>()

function runInPool(route: RouteOptions, pools: Record<string, AnyPool>): void {
  const { handler } = route
  if (typeof handler !== 'function' || wrapped.has(handler)) return
  const config = route.config?.pool
  route.handler = config === undefined ? answering(handler) : inPool(handler, config, route, pools)
  wrapped.add(route.handler)
}

type Handler = RouteOptions['handler']

/** An error of a pool gets what Fastify answers by. */
function withStatus(error: unknown): unknown {
  const answer = toHttp(error)
  if (answer === undefined) return error
  const { 'content-type': _, ...headers } = answer.headers
  for (const [name, value] of Object.entries({ statusCode: answer.status, headers })) {
    // Not enumerable, so that whoever logs the error sees it as it was thrown.
    Reflect.defineProperty(error as object, name, { value, configurable: true, writable: true })
  }
  return error
}

/** A handler that may call pools itself. */
function answering(handler: Handler): Handler {
  return function (request, reply) {
    let answered: unknown
    try {
      answered = handler.call(this, request, reply)
    } catch (error) {
      throw withStatus(error)
    }
    // A reply is a thenable, too.
    return answered instanceof Promise ? orStatus(answered) : answered
  }
}

async function orStatus(answered: Promise<unknown>): Promise<unknown> {
  try {
    return await answered
  } catch (error) {
    throw withStatus(error)
  }
}

function inPool(
  handler: Handler,
  config: string | RoutePool,
  { method, url }: RouteOptions,
  pools: Record<string, AnyPool>,
): Handler {
  const given = typeof config === 'string' ? { name: config } : config
  checkRoute(given)
  const { name, forRequest, ...task } = given as RoutePool
  if (name === undefined) throw wrongType('config.pool.name', name, 'the name of a pool')
  const pool = Object.hasOwn(pools, name) ? pools[name] : undefined
  if (pool === undefined) {
    const route = `${[method].flat().join(', ')} ${url}`
    throw outOfRange('config.pool', name, `one of ${Object.keys(pools).join(', ')}, for the route ${route}`)
  }
  assertOfClosures(pool)
  const closures: BoundedPool<unknown> = pool
  const view = closures.with(task)
  return async function (request: FastifyRequest, reply: FastifyReply) {
    const gone = signalOf(reply.raw)
    try {
      const own = forRequest === undefined ? view : closures.with({ ...task, ...forRequest(request) })
      return await own.submit(
        (context) => {
          request.task = context
          const answered = handler.call(this, request, reply)
          // It answers by `reply.send`: until then it runs.
          return answered === undefined ? reply : answered
        },
        { signal: gone },
      )
    } catch (error) {
      if (!gone.aborted) throw withStatus(error)
      // There is nobody to answer.
      reply.hijack()
      return undefined
    }
  }
}

/** From the call of `close` on, the time of the pools runs; they are closed when all requests have been answered. */
function closeWith(fastify: FastifyInstance, { made }: MadePools, timeout: number): void {
  let endsAt: number | undefined
  let timer: NodeJS.Timeout | undefined
  fastify.addHook('preClose', async () => {
    endsAt = monotonicNow() + timeout
    // The server waits for its requests, which may wait for tasks that do not end.
    timer = setTimeout(() => void closeInOrder(made, monotonicNow()), timeout)
  })
  fastify.addHook('onClose', async () => {
    clearTimeout(timer)
    const errors = await closeInOrder(made, endsAt ?? monotonicNow() + timeout)
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} pools could not be closed in time`)
    if (errors.length === 1) throw errors[0]
  })
}

/**
 * Makes a `healthCheck` for `@fastify/under-pressure`: it tells whether the pools of `fastify.pools` take tasks. A pool is
 * not ready while it is closed or paused, or while more than `maxWaiting` tasks wait in it.
 *
 * ```ts
 * import underPressure from '@fastify/under-pressure'
 * import fastify from 'fastify'
 * import { readiness, workpool } from 'workpool/fastify'
 *
 * const app = fastify()
 * await app.register(workpool, { pools: { pages: { size: 50 } } })
 * await app.register(underPressure, { healthCheck: readiness({ maxWaiting: 500 }), healthCheckInterval: 1_000 })
 * ```
 *
 * @throws TypeError, RangeError with code `ERR_POOL_OPTION`
 */
export function readiness(options?: ReadinessOptions): (fastify: FastifyInstance) => Promise<boolean> {
  const { maxWaiting } = checkReadiness(options)
  return async ({ pools }) => {
    if (pools === undefined) throw misuse('readiness needs the plugin workpool of workpool/fastify; register it before')
    return Object.values(pools as Record<string, AnyPool>).every(
      (pool) => readinessOf(pool, maxWaiting).status === 'up',
    )
  }
}
