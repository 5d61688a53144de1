/** The same as `whole.mjs`, for bundles that cannot await at their top level. */
const { Pool, ThreadPool } = require('workpool')

async function main() {
  const pool = Pool.create({ size: 2 })
  console.log(await pool.submit(async () => 'a closure has run'))
  const threads = ThreadPool.create({ filename: process.argv[2], size: 1 })
  await threads.ready().catch((error) => console.log(`${error.code}: ${error.cause?.message}`))
}
main()
