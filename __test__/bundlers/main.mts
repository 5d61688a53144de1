/** The same application in TypeScript, that runs without being compiled before. */
import { Pool, ThreadPool } from 'workpool'

import { type Term, sum } from './numbers.mts'

const pool = Pool.create({ size: 2 })
const threads = ThreadPool.create<typeof import('./tasks.mts')>({
  filename: new URL('./tasks.mts', import.meta.url),
  size: 1,
})
const term: Term = 1
const closure: number = await pool.submit(async () => sum(term, 2))
const [thread, isInThread]: [number, boolean] = await Promise.all([threads.tasks.add(3, 4), threads.tasks.isInThread()])
await Promise.all([pool.close(), threads.close()])
console.log(JSON.stringify({ closure, thread, isInThread }))
