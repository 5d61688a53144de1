/** What `workpool/jobs` survives on the store that `STORE` names, with processes and servers that are really killed. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ThreadPool } from 'workpool'
import { Jobs } from 'workpool/jobs'
import { startStore } from '../../../scripts/servers.mjs'
import { killRound, outageRound, reopenRound } from './rounds.mjs'

const { STORE } = process.env
const hasServer = STORE !== 'file'
let store
before(async () => {
  store = await startStore(STORE)
})
after(() => store?.close())

const TIMEOUT = { timeout: 300_000 }
const filename = new URL('../../fixtures/recorded-tasks.mjs', import.meta.url)
const silent = { debug() {}, info() {}, warn() {}, error() {} }

function assertNothingLost({ jobs, right, lost, startedTwice }, most) {
  assert.equal(lost, 0)
  assert.equal(right, jobs)
  assert.ok(startedTwice <= most, `${startedTwice} started twice`)
}

if (hasServer) {
  // Whoever is killed has 4 jobs, and may have taken as many that were not written down yet.
  test('kill -9 of one of two workers loses no job, and starts twice only what it had', TIMEOUT, async () => {
    assertNothingLost(await killRound(store, 150), 8)
  })
  test('a server that is stopped for 10 s loses no job', TIMEOUT, async () => {
    assertNothingLost(await outageRound(store, 150, 10_000, 'stop'), 16)
  })
  test('a server that is killed loses no job that was acknowledged before', TIMEOUT, async () => {
    const account = await outageRound(store, 150, 500, 'kill')
    assert.equal(account.right, account.jobs)
  })
} else {
  test('kill -9 of the process loses no job, and its folder opens again', TIMEOUT, async () => {
    assertNothingLost(await reopenRound(store, 150), 8)
  })
}

test('a thread that is busy for longer than a lease keeps its job', TIMEOUT, async () => {
  const queue = randomUUID()
  const log = join(store.folder, queue)
  const jobs = await Jobs.open(store.where, { queue, lease: 1_500, logger: silent })
  const beside = await Jobs.open(store.where, { queue, lease: 1_500, logger: silent })
  const [one, two] = [0, 1].map(() => ThreadPool.create({ filename, size: 1 }))
  try {
    jobs.work(one)
    beside.work(two)
    const job = await jobs.add('busy', { number: 21, log, ms: 4_000 })
    assert.equal(await job.result(), 42)
    assert.equal(readFileSync(log, 'utf8'), '21\n')
  } finally {
    await Promise.all([jobs.close(), beside.close()])
    await Promise.all([one.close(), two.close()])
  }
})
