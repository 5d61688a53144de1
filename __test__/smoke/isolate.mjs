/** A thread of the user's own that shares a pool with the main thread. */
import { parentPort } from 'node:worker_threads'

import { Pool } from 'workpool'

const pool = Pool.create({ name: 'smoke', shared: true })
await pool.submit(async () => parentPort.postMessage({ busy: pool.busy, capacity: pool.capacity }))
parentPort.once('message', () => process.exit())
