/** An application that is bundled with workpool itself. */
import { Pool, ThreadPool } from 'workpool'

const pool = Pool.create({ size: 2 })
console.log(await pool.submit(async () => 'a closure has run'))
const threads = ThreadPool.create({ filename: process.argv[2], size: 1 })
await threads.ready().catch((error) => console.log(`${error.code}: ${error.cause?.message}`))
