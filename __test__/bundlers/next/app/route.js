/** A route that is answered by closures, and by functions of a module in threads. */
import { join } from 'node:path'

import { Pool, ThreadPool } from 'workpool'

const pool = Pool.create({ size: 2 })
let threads

export const dynamic = 'force-dynamic'

export async function GET() {
  threads ??= ThreadPool.create({ filename: join(process.cwd(), 'tasks.mjs'), size: 1 })
  const closure = await pool.submit(async () => 1 + 2)
  const [thread, isInThread] = await Promise.all([threads.tasks.add(3, 4), threads.tasks.isInThread()])
  return Response.json({ closure, thread, isInThread })
}
