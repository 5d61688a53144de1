/** What the examples of `docs/` leave to the reader, for their run: loaded before them, in their threads as well. */
require('./network.cjs')
const { pathToFileURL } = require('node:url')
const { join } = require('node:path')
const { Pool } = require('workpool')

const tick = async (value) => value
async function* few(...items) {
  yield* items
}
const connection = { query: async () => ['a row'], end() {} }

Object.assign(globalThis, {
  ConnectionLost: class extends Error {},
  addon: { hash: tick, pack: tick },
  audit: { write: tick },
  data: new Uint8Array(8),
  connect: async () => connection,
  entry: {},
  filename: pathToFileURL(join(process.cwd(), 'tasks.js')),
  handle: tick,
  image: new Uint8Array(8),
  index() {},
  key: 'key',
  metrics: { skipped: 0 },
  paths: ['a', 'b'],
  queue: few(1, 2, 3),
  refresh: tick,
  render: tick,
  text: 'text',
  url: 'http://localhost/',
  urls: few('http://localhost/1', 'http://localhost/2'),
  walk: () => few('a', 'b'),
  write: tick,
})
/** For examples that go on with a pool. Made when first asked for. */
for (const name of ['pool', 'local', 'remote']) {
  let pool
  Object.defineProperty(globalThis, name, { configurable: true, get: () => (pool ??= Pool.create({ size: 4 })) })
}
