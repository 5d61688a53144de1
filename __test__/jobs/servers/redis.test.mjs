/** `redis:`, with servers that are set up well and badly. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Jobs } from 'workpool/jobs'
import { freePort, startRedis, temporaryFolder } from '../../../scripts/servers.mjs'

let folder
before(() => {
  folder = temporaryFolder()
})
after(() => folder.remove())

/** What is logged as a warning when jobs are opened there. */
async function warnings(settings) {
  const server = await startRedis(folder.folder, settings)
  const warned = []
  const logger = { debug() {}, info() {}, warn: ({ setting }) => warned.push(setting), error: assert.fail }
  try {
    const jobs = await Jobs.open(server.url, { logger })
    await jobs.close()
    return warned
  } finally {
    await server.stop()
  }
}

test('a server that keeps what it is given is not warned of', async () => {
  assert.deepEqual(await warnings({ appendonly: 'yes' }), [])
})

test('a server without appendonly is warned of, and one that evicts', async () => {
  const settings = { appendonly: 'no', maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' }
  assert.deepEqual(await warnings(settings), ['appendonly', 'maxmemory-policy'])
})

test('a server that is not there fails the opening at once, by name', async () => {
  const where = `redis://127.0.0.1:${await freePort()}`
  await assert.rejects(Jobs.open(where), { code: 'ERR_POOL_STORE', message: /Redis cannot be reached: .*ECONNREFUSED/ })
})

test('queues of one process share their connection to a server', async () => {
  const server = await startRedis(folder.folder)
  const { Redis } = await import('ioredis')
  const client = new Redis(server.url)
  try {
    const all = await Promise.all(['a', 'b', 'c'].map((queue) => Jobs.open(server.url, { queue })))
    assert.equal((await client.client('LIST')).trim().split('\n').length, 2)
    await Promise.all(all.map((jobs) => jobs.close()))
    assert.equal((await client.client('LIST')).trim().split('\n').length, 1)
  } finally {
    await client.quit()
    await server.stop()
  }
})
