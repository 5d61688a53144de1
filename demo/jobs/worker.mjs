/** A process that works: `worker.mjs <where> <queue> <lease>`. It shares the queue with the others through a server. */
import { ThreadPool } from 'workpool'
import { Jobs } from 'workpool/jobs'

const [where, queue, lease] = process.argv.slice(2)
const threads = ThreadPool.create({ filename: new URL('rendering.mjs', import.meta.url), size: 1 })
await threads.ready()
const jobs = await Jobs.open(where, { queue, lease: Number(lease) })
jobs.work(threads, { concurrency: 2 })
process.send('ready')
