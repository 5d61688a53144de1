// A browser, servers with the page, and what tests do with them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { pathToFileURL } from 'node:url'

import { consolePage } from 'workpool/console'

const { CHROMIUM, TOOLS } = process.env
export const tool = createRequire(`${TOOLS}/`)
const { chromium } = tool('playwright-core')
export const filename = pathToFileURL(join(process.cwd(), '__test__/fixtures/stuck-tasks.mjs'))
export const PATH = '/debug/pools'

export let browser
before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
})
after(() => browser?.close())

const endings = new WeakMap()

/** Is done when the test is over; what was begun last ends first. */
export function afterwards(t, end) {
  if (!endings.has(t)) {
    endings.set(t, [])
    t.after(async () => {
      for (const ending of endings.get(t).reverse()) await ending()
    })
  }
  endings.get(t).push(end)
}

/** A server with the page of these pools. `connections`: how many streams are open. */
export async function serve(t, shown) {
  const page = consolePage({ pools: () => shown })
  const streams = new Set()
  const server = createServer((request, response) => {
    if (request.headers.accept?.includes('text/event-stream')) {
      streams.add(response)
      response.once('close', () => streams.delete(response))
    }
    page(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterwards(t, () => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${server.address().port}${PATH}`, streams, server }
}

/** A tab on the page, which must not have reported an error by the end. */
export async function visit(t, url, options = {}) {
  const context = await browser.newContext(options)
  const tab = await context.newPage()
  const errors = []
  tab.on('pageerror', (error) => errors.push(String(error)))
  tab.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await tab.goto(url)
  afterwards(t, async () => {
    await context.close()
    assert.deepEqual(errors, [])
  })
  return tab
}

export const row = (tab, name) => tab.locator('details.pool', { has: tab.getByRole('heading', { name, exact: true }) })
export const says = (tab, name, text) => row(tab, name).getByText(text).first().waitFor()

/** A task that ends when it is told to. */
export function gate() {
  let open
  const opened = new Promise((resolve) => (open = resolve))
  return { open, opened }
}

export const until = async (isTrue) => {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** How many pixels of the chart have been drawn. */
export const drawn = (tab) =>
  tab
    .locator('canvas')
    .first()
    .evaluate((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      return data.filter((value, i) => i % 4 === 3 && value > 0).length
    })
