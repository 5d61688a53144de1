import type { Redis } from 'ioredis'

import { Promise } from '../../base/intrinsics.js'
import type { Home, HomeOptions } from './home.js'

import type { Logger } from '../../base/logger.js'
import { peer } from './peer.js'
import { Shared } from './shared.js'
import { storeError } from './store-error.js'

const connections = new Shared<Redis>(end)

/**
 * One connection for all queues and workers of this process that live there; BullMQ makes those on which a worker waits
 * of its options. While the server is away commands wait: what a task has made is not thrown away.
 */
export async function openRedis(where: string, { logger }: HomeOptions): Promise<Home> {
  const { Redis } = await peer(() => import('ioredis'), '"redis:"', 'bullmq@6 ioredis')
  const { value, release } = await connections.acquire(where, () => connect(Redis, where, logger))
  return {
    kind: 'redis',
    engine: { connection: value, backend: undefined },
    refusesNul: false,
    close: release,
  }
}

async function connect(Client: typeof Redis, where: string, logger: Logger): Promise<Redis> {
  // BullMQ demands `null` of whoever shares a connection with a worker.
  const client = new Client(where, { lazyConnect: true, maxRetriesPerRequest: null })
  let last: unknown
  const remember = (error: unknown): void => {
    last = error
  }
  client.on('error', remember)
  try {
    await client.connect()
    await warn(client, logger)
  } catch (error) {
    client.disconnect()
    throw storeError(`Redis cannot be reached: ${messageOf(last ?? error)}`, last ?? error)
  }
  client.off('error', remember)
  // Without a listener ioredis prints to the console. Whoever has a queue hears of it there.
  client.on('error', () => {})
  watch(client, logger)
  return client
}

/** Tells once of each time that the server is away. */
function watch(client: Redis, logger: Logger): void {
  let isAway = false
  client.on('reconnecting', () => {
    if (!isAway) logger.warn({}, 'the connection to Redis is lost; jobs wait until it is there again')
    isAway = true
  })
  client.on('ready', () => {
    if (isAway) logger.info({}, 'the connection to Redis is there again')
    isAway = false
  })
}

/** A server that may forget jobs. One that does not tell (as some that are hosted) is not warned of. */
async function warn(client: Redis, logger: Logger): Promise<void> {
  const [persistence, memory] = await Promise.all([
    client.info('persistence').catch(() => ''),
    client.info('memory').catch(() => ''),
  ])
  if (/^aof_enabled:0/m.test(persistence)) {
    const what = 'Redis runs without appendonly: jobs of the last seconds or minutes are lost if it crashes'
    logger.warn({ setting: 'appendonly' }, `${what}; set "appendonly yes"`)
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1]
  if (policy !== undefined && policy !== 'noeviction') {
    const what = `Redis throws away jobs when its memory is full: its eviction policy is ${policy}`
    logger.warn({ setting: 'maxmemory-policy' }, `${what}; set "maxmemory-policy noeviction"`)
  }
}

/** Commands that wait for a server that is away end with an error. */
async function end(client: Redis): Promise<void> {
  if (client.status === 'end') return
  const ended = new Promise<void>((resolve) => {
    client.once('end', () => resolve())
  })
  if (client.status === 'ready') await client.quit().catch(() => client.disconnect())
  else client.disconnect()
  await ended
}

const messageOf = (error: unknown): string => {
  const { message, code } = error as { message?: string; code?: string }
  return message || code || String(error)
}
