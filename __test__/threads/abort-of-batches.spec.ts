// What the abort of very many batches looks at: counted, as times depend on the machine. No thread is ever started.
import { join } from 'node:path'

import test from 'ava'

import { ThreadPool } from '../../src/pool/thread-pool.js'
import { CallTable } from '../../src/threads/owner/call-table.js'
import { rejection } from '../support/until.js'

const filename = join(process.cwd(), '__test__', 'fixtures', 'tasks.cjs')

test.serial(
  'many batches on one signal: its abort looks at each task a few times, and not at those of the others',
  async (t) => {
    const batches = 200
    const each = 5
    const controller = new AbortController()
    const pool = ThreadPool.create({ filename, size: 1 })
    pool.pause()
    const bystander = pool.runAll([1, 2], { name: 'double' })
    const { signal } = controller
    const settled = Array.from({ length: batches }, () =>
      rejection(
        pool.runAll(
          Array.from({ length: each }, (_, i) => i),
          { name: 'double', signal },
        ),
      ),
    )
    const { batchAt, objectAt, at } = CallTable.prototype
    let looks = 0
    const counted = <K extends 'batchAt' | 'objectAt' | 'at'>(method: CallTable[K]) =>
      function (this: CallTable, id: number) {
        looks++
        return (method as (id: number) => any).call(this, id)
      }
    Object.assign(CallTable.prototype, { batchAt: counted(batchAt), objectAt: counted(objectAt), at: counted(at) })
    try {
      controller.abort('enough')
      t.true((await Promise.all(settled)).every((reason) => reason === 'enough'))
      t.is(pool.waiting, 2)
      t.is(pool.stats().cancelled, batches * each)
      t.true(looks <= 10 * batches * each, `${looks} looks for ${batches * each} tasks`)
    } finally {
      Object.assign(CallTable.prototype, { batchAt, objectAt, at })
    }
    pool.release()
    t.is(((await rejection(bystander)) as { code: string }).code, 'ERR_POOL_CLOSED')
  },
)
