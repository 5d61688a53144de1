/** `postgres:`, with a real server. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { ThreadPool } from 'workpool'
import { Jobs } from 'workpool/jobs'
import { freePort, startStore } from '../../../scripts/servers.mjs'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const filename = new URL('../../fixtures/recorded-tasks.mjs', import.meta.url)
let store
let where
before(async () => {
  store = await startStore('postgres')
  where = store.where
})
after(() => store?.close())

async function ask(text, url = where) {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('a server that is not there fails the opening at once, by name', async () => {
  const url = `postgres://jobs@127.0.0.1:${await freePort()}/postgres`
  await assert.rejects(Jobs.open(url), { code: 'ERR_POOL_STORE', message: /PostgreSQL cannot be used: .*ECONNREFUSED/ })
})

test('a machine whose clock is not that of the server does not open', () => {
  const script = `
    const now = Date.now
    Date.now = () => now() + Number(process.argv[1])
    import('workpool/jobs').then(({ Jobs }) => Jobs.open(process.argv[2], { lease: 10_000 })).then((jobs) => jobs.close())
      .then(() => console.log('opened'), ({ code, message }) => console.log(code, message))`
  const open = (ahead) =>
    spawnSync(process.execPath, ['-e', script, '--', String(ahead), where], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      encoding: 'utf8',
    }).stdout
  assert.match(open(60_000), /^ERR_POOL_STORE .* 60\.\d s ahead of that of PostgreSQL/)
  assert.match(open(-3_000), /^ERR_POOL_STORE .* [23]\.\d s behind that of PostgreSQL/)
  assert.match(open(1_000), /^opened/)
})

test('many queues of one process use few connections', async () => {
  const names = Array.from({ length: 12 }, () => randomUUID())
  const all = await Promise.all(names.map((queue) => Jobs.open(where, { queue, logger: silent })))
  await Promise.all(all.map((jobs) => jobs.addAll(Array.from({ length: 20 }, () => ({ task: 'x', argument: 1 })))))
  const [{ count }] = await ask(`SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'`)
  await Promise.all(all.map((jobs) => jobs.close()))
  // 10 for statements, one in which this was asked, and at most one a queue that has just looked at the schema.
  assert.ok(count <= 10 + 1 + names.length, String(count))
})

test('statements whose connection is cut off by the server are tried again', async () => {
  const queue = randomUUID()
  const jobs = await Jobs.open(where, { queue, logger: silent })
  const threads = ThreadPool.create({ filename, size: 2 })
  const log = join(store.folder, queue)
  try {
    jobs.work(threads)
    const numbers = Array.from({ length: 100 }, (_, number) => number)
    const added = await jobs.addAll(numbers.map((number) => ({ task: 'recorded', argument: { number, log, ms: 10 } })))
    let isOver = false
    const results = Promise.all(added.map((job) => job.result())).finally(() => (isOver = true))
    while (!isOver) {
      await ask(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = current_user',
      )
      await delay(100)
    }
    assert.deepEqual(
      await results,
      numbers.map((number) => number * 2),
    )
  } finally {
    await jobs.close()
    await threads.close()
  }
})

test('a role that may not change the schema opens one that is there', async () => {
  await (await Jobs.open(where)).close()
  await ask(`CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA bullmq TO guest;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO guest;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA bullmq TO guest`)
  const jobs = await Jobs.open(where.replace('jobs@', 'guest@'), { queue: randomUUID(), logger: silent })
  try {
    assert.equal(await (await jobs.add('x', 1)).state(), 'waiting')
  } finally {
    await jobs.close()
  }
})

test('options of the address hold', async () => {
  const jobs = await Jobs.open(`${where}?options=-c%20statement_timeout%3D12345&application_name=ours`, {
    logger: silent,
  })
  try {
    await jobs.stats()
    const rows = await ask(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'ours'`)
    assert.ok(rows.length > 0)
  } finally {
    await jobs.close()
  }
})
