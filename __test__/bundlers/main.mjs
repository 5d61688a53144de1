/** An application that is bundled: closures, and functions of a module in threads. */
import { Pool, ThreadPool } from 'workpool'

import { sum } from './numbers.mjs'

const pool = Pool.create({ size: 2 })
const threads = ThreadPool.create({ filename: new URL('./tasks.mjs', import.meta.url), size: 1 })
const closure = await pool.submit(async () => sum(1, 2))
const [thread, isInThread] = await Promise.all([threads.tasks.add(3, 4), threads.tasks.isInThread()])
await Promise.all([pool.close(), threads.close()])
console.log(JSON.stringify({ closure, thread, isInThread }))
