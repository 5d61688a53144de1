// The page of `workpool/console` in Chromium, behind real servers. `npm run test:console` runs it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'

import { Pool, ThreadPool, pools } from 'workpool'
import { consolePage } from 'workpool/console'

import { PATH, afterwards, browser, drawn, filename, gate, row, says, serve, tool, until, visit } from './browser.mjs'

test('it draws, and follows a change of load', async (t) => {
  const pool = Pool.create({ name: 'fetch', size: 2 })
  const { url } = await serve(t, [pool])
  const tab = await visit(t, url)
  await says(tab, 'fetch', '0 of 2 busy')
  const { open, opened } = gate()
  const tasks = Array.from({ length: 5 }, () => pool.submit(() => opened))
  await says(tab, 'fetch', '2 of 2 busy')
  await says(tab, 'fetch', '3 waiting')
  await until(async () => (await drawn(tab)) > 1_000)
  open()
  await Promise.all(tasks)
  await says(tab, 'fetch', '0 of 2 busy')
  await row(tab, 'fetch').locator('td', { hasText: /^5$/ }).first().waitFor()
  await pool.close()
  await says(tab, 'fetch', 'closures, closed')
})

test('refusals are shown by reason', async (t) => {
  const pool = Pool.create({ name: 'full', size: 1, nonblocking: true })
  const { open, opened } = gate()
  const first = pool.submit(() => opened)
  await assert.rejects(pool.submit(() => 1))
  const { url } = await serve(t, [pool])
  const tab = await visit(t, url)
  await says(tab, 'full', '1 refused')
  await says(tab, 'full', 'overload')
  open()
  await first
  await pool.close()
})

test('it shows the stuck task of a thread, and where it is stuck', async (t) => {
  const pool = ThreadPool.create({ name: 'render', size: 1, filename })
  const cells = new Int32Array(new SharedArrayBuffer(8))
  const running = pool.run(cells, { name: 'loopFor', key: 'a tenant' })
  await until(() => Atomics.load(cells, 0) > 0)
  const { url } = await serve(t, [pool])
  const tab = await visit(t, url)
  await says(tab, 'render', 'loopFor')
  await says(tab, 'render', 'a tenant')
  await row(tab, 'render').getByRole('button', { name: 'Where is it stuck?' }).press('Enter')
  await row(tab, 'render').locator('pre', { hasText: 'stuck-tasks.mjs:' }).waitFor()
  Atomics.store(cells, 1, 1)
  await running
  await row(tab, 'render').getByText('Nothing runs.').waitFor()
  await pool.close()
})

test('names are text, never markup', async (t) => {
  const name = '<img src=x onerror=alert(1)>'
  const pool = Pool.create({ name })
  const { url } = await serve(t, [pool])
  const tab = await visit(t, url)
  await tab.getByRole('heading', { name, exact: true }).waitFor()
  assert.equal(await tab.locator('img').count(), 0)
  await pool.close()
})

test('it is used by keyboard', async (t) => {
  const shown = Array.from({ length: 6 }, (_, i) => Pool.create({ name: `pool ${i}` }))
  const { url } = await serve(t, shown)
  const tab = await visit(t, url)
  await says(tab, 'pool 5', '0 waiting')
  assert.equal(await tab.locator('details[open]').count(), 0)
  await tab.keyboard.press('Tab')
  await tab.keyboard.type('pool 3')
  await until(async () => (await tab.locator('details.pool:visible').count()) === 1)
  await tab.keyboard.press('Tab')
  await tab.keyboard.press('Enter')
  await row(tab, 'pool 3').getByText('Nothing runs.').waitFor()
  await Promise.all(shown.map((pool) => pool.close()))
})

test('the stream ends when the tab closes, and when the server does', async (t) => {
  const pool = Pool.create({ name: 'left' })
  const { url, streams, server } = await serve(t, [pool])
  const context = await browser.newContext()
  const tab = await context.newPage()
  await tab.goto(url)
  await says(tab, 'left', '0 waiting')
  await until(() => streams.size === 1)
  await context.close()
  await until(() => streams.size === 0)
  const other = await browser.newContext()
  const second = await other.newPage()
  await second.goto(url)
  await says(second, 'left', '0 waiting')
  server.closeIdleConnections()
  const closed = new Promise((resolve) => server.close(resolve))
  await until(() => streams.size === 0)
  server.closeIdleConnections()
  await closed
  await other.close()
  await pool.close()
})

test('400 px are wide enough, in light and dark', async (t) => {
  const pool = ThreadPool.create({ name: 'thumbnails of all the pictures', size: 1, filename })
  await pool.run(1)
  const { url } = await serve(t, [pool])
  for (const colorScheme of ['light', 'dark']) {
    const tab = await visit(t, url, { viewport: { width: 400, height: 800 }, colorScheme })
    await row(tab, 'thumbnails of all the pictures').getByText('Nothing runs.').waitFor()
    const [wide, all] = await tab.evaluate(() => [
      document.documentElement.clientWidth,
      document.documentElement.scrollWidth,
    ])
    assert.ok(all <= wide, `${all} px in ${wide}`)
    const ground = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const [red] = ground.match(/\d+/)
    assert.equal(Number(red) > 128, colorScheme === 'light')
  }
  await pool.close()
})

test('200 pools do not freeze it', async (t) => {
  const shown = Array.from({ length: 200 }, (_, i) => Pool.create({ name: `pool ${i}` }))
  const { url } = await serve(t, shown)
  const tab = await visit(t, url)
  await says(tab, 'pool 199', '0 waiting')
  // The longest time between two frames while three snapshots come.
  const longest = await tab.evaluate(
    () =>
      new Promise((resolve) => {
        const start = performance.now()
        let last = start
        let most = 0
        const frame = (now) => {
          most = Math.max(most, now - last)
          last = now
          if (now - start < 3_500) requestAnimationFrame(frame)
          else resolve(most)
        }
        requestAnimationFrame(frame)
      }),
  )
  t.diagnostic(`longest time between two frames: ${longest.toFixed(0)} ms`)
  assert.ok(longest < 1_000)
  await Promise.all(shown.map((pool) => pool.close()))
})

test('Express and Fastify serve it as it is', async (t) => {
  const pool = Pool.create({ name: 'served' })
  const page = consolePage({ pools: () => [pool] })
  const app = tool('express')()
  app.get(PATH, page)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fastify = tool('fastify')({ forceCloseConnections: true })
  fastify.get(PATH, page)
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  afterwards(t, async () => {
    server.closeAllConnections()
    server.close()
    await fastify.close()
  })
  for (const { port } of [server.address(), fastify.server.address()]) {
    const tab = await visit(t, `http://127.0.0.1:${port}${PATH}`)
    await says(tab, 'served', '0 waiting')
  }
  await pool.close()
})

test('by default all pools of the isolate are shown', async (t) => {
  const pool = Pool.create({ name: 'one of all' })
  assert.ok(pools().includes(pool))
  const server = createServer(consolePage()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterwards(t, () => {
    server.closeAllConnections()
    server.close()
  })
  const tab = await visit(t, `http://127.0.0.1:${server.address().port}/`)
  await tab.getByRole('heading', { name: 'one of all', exact: true }).waitFor()
  await pool.close()
})
