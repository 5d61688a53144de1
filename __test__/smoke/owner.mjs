/** A thread of the user's own that owns a thread pool, and does not close it. */
import { parentPort } from 'node:worker_threads'

import { ThreadPool } from 'workpool'

const pool = ThreadPool.create({ filename: new URL('tasks.mjs', import.meta.url), size: 1 })
parentPort.postMessage(await pool.tasks.doubled(21))
parentPort.on('message', () => {})
