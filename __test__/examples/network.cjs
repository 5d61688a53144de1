/** The world around examples: a network with one page, and a client for every server. Loaded before them, in their threads as well. */
const http = require('node:http')
const { syncBuiltinESMExports } = require('node:module')

globalThis.fetch = async () => new Response('a page')

/** A server that is asked once, at whatever port is free, and then ends. */
const { createServer } = http
http.createServer = (...given) => {
  const server = createServer(...given)
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
