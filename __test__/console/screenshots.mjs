// The screenshots of the documentation. `npm run test:console -- --screenshots` writes them.
import { join } from 'node:path'
import { test } from 'node:test'

import { Pool, ThreadPool } from 'workpool'

import { filename, row, serve, visit } from './browser.mjs'

test('the screenshots of the documentation', async (t) => {
  const pool = ThreadPool.create({ name: 'render', size: 3, filename, maxBlockingTasks: 8, measure: true })
  const queries = Pool.create({ name: 'queries', size: 10, nonblocking: true, measure: true })
  const { url } = await serve(t, [pool, queries])
  const light = await visit(t, url, { viewport: { width: 1_000, height: 900 }, colorScheme: 'light' })
  const dark = await visit(t, url, { viewport: { width: 1_000, height: 900 }, colorScheme: 'dark' })
  const narrow = await visit(t, url, { viewport: { width: 400, height: 900 }, colorScheme: 'light' })
  const cells = new Int32Array(new SharedArrayBuffer(8))
  const stuck = pool.run(cells, { name: 'loopFor' })
  const end = performance.now() + 20_000
  const load = async () => {
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
      const some = Math.floor(8 + 6 * Math.sin(performance.now() / 4_000))
      for (let i = 0; i < some; i++)
        queries.submit(() => new Promise((resolve) => setTimeout(resolve, Math.random() * 60))).catch(() => {})
      pool.run(1).catch(() => {})
    }
  }
  await load()
  await row(light, 'render').getByRole('button').click()
  await row(light, 'render').locator('pre').first().waitFor()
  for (const [name, tab] of Object.entries({ light, dark, narrow }))
    await tab.screenshot({ path: join('docs/images', `console-${name}.png`) })
  Atomics.store(cells, 1, 1)
  await stuck
  await Promise.all([pool.close(), queries.close()])
})
