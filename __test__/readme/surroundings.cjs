/** What README's examples leave to the reader, for their run: loaded before them, in their threads as well. */
const http = require('node:http')
const { syncBuiltinESMExports } = require('node:module')
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
  audit: { write: tick },
  connect: async () => connection,
  entry: {},
  fetch: async () => ({ text: async () => 'text' }),
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
/** A server that is asked once, at whatever port is free, and then ends. */
const { createServer } = http
http.createServer = (listener) => {
  const server = createServer(listener)
  const { listen } = server
  const ask = () =>
    http.get({ port: server.address().port, agent: false }, (response) => {
      if (response.statusCode !== 200) throw new Error(`answered with ${response.statusCode}`)
      response.resume().on('end', () => server.close())
    })
  server.listen = () => listen.call(server, 0, ask)
  return server
}
syncBuiltinESMExports()

/** For examples that go on with a pool. Made when first asked for. */
for (const name of ['pool', 'local', 'remote']) {
  let pool
  Object.defineProperty(globalThis, name, { configurable: true, get: () => (pool ??= Pool.create({ size: 4 })) })
}
