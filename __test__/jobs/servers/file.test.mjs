/** `file:`, as the system sees it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { ThreadPool } from 'workpool'
import { Jobs } from 'workpool/jobs'
import { obtainStrace, temporaryFolder } from '../../../scripts/servers.mjs'

const TIMEOUT = { timeout: 600_000 }
const fixture = (name) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))

const strace = obtainStrace()
if (typeof strace === 'string') console.log(`not tested, that every commit reaches the disk: ${strace}`)
else {
  test('every job that is acknowledged has been written through to the disk', TIMEOUT, async () => {
    const { folder, remove } = temporaryFolder()
    try {
      // Made before, so that what is counted are the jobs.
      const where = `file:${join(folder, 'jobs')}`
      await (await Jobs.open(where)).close()
      const syncsOf = (count) => {
        const log = join(folder, `syncs-${count}`)
        const args = ['-f', '-qq', '-e', 'trace=fsync,fdatasync,write', '-o', log]
        const program = [process.execPath, fixture('jobs-folder.mjs'), where, 'hold', String(count)]
        // Its input is at its end, so it ends when it has told of all.
        const { stdout } = spawnSync('strace', [...args, ...program], { encoding: 'utf8', input: '' })
        assert.match(stdout, /ready/)
        return readFileSync(log, 'utf8').split('\n')
      }
      const lines = syncsOf(40)
      let synced = 0
      let told = 0
      for (const line of lines) {
        // A call that another thread interrupts is written in two lines; the second says how it ended.
        if (/ (?:fsync|fdatasync)\(\d+\) += 0|(?:fsync|fdatasync) resumed>.*= 0/.test(line)) synced++
        if (!/write\(\d+, "added \d+\\n/.test(line)) continue
        assert.ok(synced > 0, `no sync before "${line}"`)
        synced = 0
        told++
      }
      assert.equal(told, 40)
    } finally {
      remove()
    }
  })
}

test('dead rows and the log do not grow with the jobs that have been', TIMEOUT, async () => {
  const { folder, remove } = temporaryFolder()
  try {
    const where = `file:${join(folder, 'jobs')}`
    const queue = randomUUID()
    const log = join(folder, 'log')
    const filename = pathToFileURL(fixture('recorded-tasks.mjs'))
    const threads = ThreadPool.create({ filename, size: 1 })
    const jobs = await Jobs.open(where, { queue, defaults: { keep: { completed: 0 } } })
    jobs.work(threads, { concurrency: 8 })
    const batch = 200
    for (let round = 0; round < 8; round++) {
      const numbers = Array.from({ length: batch }, (_, number) => number)
      const added = await jobs.addAll(
        numbers.map((number) => ({ task: 'recorded', argument: { number, log, ms: 0, text: 'x'.repeat(2_000) } })),
      )
      await jobs.drain()
      assert.equal(added.length, batch)
    }
    await jobs.close()
    await threads.close()
    const database = new PGlite(join(folder, 'jobs/data'))
    const { rows } = await database.query(`SELECT pg_table_size('bullmq.job')::int AS size`)
    const wal = await database.query('SELECT sum(size)::int AS size FROM pg_ls_waldir()')
    await database.close()
    // 1,600 jobs of 2 kB have been there; a batch of 200, and what it leaves until the next VACUUM, remain.
    assert.ok(rows[0].size < 16e6, `${rows[0].size} bytes`)
    assert.ok(wal.rows[0].size < 100e6, `${wal.rows[0].size} bytes`)
  } finally {
    remove()
  }
})
