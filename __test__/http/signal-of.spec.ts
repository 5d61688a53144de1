import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Http2ServerResponse, connect as connect2, constants, createServer as createServer2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { signalOf } from 'workpool/http'

import { gate } from '../support/gate.js'
import { reads, served } from '../support/served.js'

type Exchange = [request: IncomingMessage, response: ServerResponse]

/** The requests by their paths, each once it is there. */
function exchanges() {
  const all = new Map<string, ReturnType<typeof gate<Exchange>>>()
  const at = (path: string) => {
    if (!all.has(path)) all.set(path, gate<Exchange>())
    return all.get(path)!
  }
  return {
    listener: (...exchange: Exchange) => at(exchange[0].url!).open(exchange),
    at: (path: string) => at(path).promise,
  }
}

const aborted = (signal: AbortSignal) => (signal.aborted ? undefined : once(signal, 'abort'))

test('it aborts when the client is gone before the answer is finished', async (t) => {
  const { listener, at } = exchanges()
  const { ask } = await served(t, listener)
  const socket = await ask('/')
  const [, response] = await at('/')
  const signal = signalOf(response)
  t.is(signalOf(response), signal)
  t.false(signal.aborted)
  socket.destroy()
  await aborted(signal)
  t.true(signal.reason instanceof DOMException)
  t.is(signal.reason.name, 'AbortError')
  t.regex(signal.reason.message, /client is gone/)
})

test('it aborts when the client leaves an answer that has begun', async (t) => {
  const { listener, at } = exchanges()
  const { ask } = await served(t, listener)
  const socket = await ask('/')
  const [, response] = await at('/')
  const signal = signalOf(response)
  response.write('the first part')
  await reads(socket, 'the first part')
  socket.destroy()
  await aborted(signal)
  t.true(signal.aborted)
})

test('it is aborted from the start if the client was gone before', async (t) => {
  const { listener, at } = exchanges()
  const { ask } = await served(t, listener)
  const socket = await ask('/')
  const [, response] = await at('/')
  const closed = once(response, 'close')
  socket.destroy()
  await closed
  t.true(signalOf(response).aborted)
})

test('that the body of the request has been read, and the request closes, is no abort', async (t) => {
  const { listener, at } = exchanges()
  const { url } = await served(t, listener)
  const answer = fetch(url, { method: 'POST', body: 'a body' })
  const [request, response] = await at('/')
  const signal = signalOf(response)
  const closed = once(request, 'close')
  request.resume()
  await closed
  await turn()
  t.false(signal.aborted)
  response.end('an answer')
  t.is(await (await answer).text(), 'an answer')
  t.false(signal.aborted)
})

test('an answer that is finished never aborts, on a connection that is used again, and is closed then', async (t) => {
  const { listener, at } = exchanges()
  const { ask } = await served(t, listener)
  const socket = await ask('/one')
  const [, one] = await at('/one')
  const ofOne = signalOf(one)
  const oneClosed = once(one, 'close')
  one.end('first')
  await reads(socket, 'first')
  await oneClosed
  t.false(signalOf(one).aborted)

  socket.write('GET /two HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const [, two] = await at('/two')
  const ofTwo = signalOf(two)
  socket.destroy()
  await aborted(ofTwo)
  t.true(ofTwo.aborted)
  t.false(ofOne.aborted)
})

test('of requests on one connection that wait behind each other, all that are not answered abort, with one listener', async (t) => {
  const { listener, at } = exchanges()
  const { ask } = await served(t, listener)
  const paths = Array.from({ length: 30 }, (_, i) => `/${i}`)
  const socket = await ask(...paths)
  const responses: ServerResponse[] = []
  for (const path of paths) responses.push((await at(path))[1])
  const before = responses[0]!.socket!.listenerCount('close')
  const signals = responses.map((response) => signalOf(response))
  t.true(responses[0]!.socket!.listenerCount('close') <= before + 1)

  const closed = [once(responses[0]!, 'close'), once(responses[1]!, 'close')]
  // The second one is ended first, and has to wait.
  responses[1]!.end('second')
  responses[0]!.end('first')
  await reads(socket, 'second')
  await Promise.all(closed)
  socket.destroy()
  await Promise.all(signals.slice(2).map(aborted))
  t.deepEqual(
    signals.map(({ aborted }) => aborted),
    paths.map((_, i) => i > 1),
  )
})

test('with HTTP/2 it aborts when the client resets the stream, and not when the answer is finished', async (t) => {
  const responses = new Map<string, Http2ServerResponse>()
  const heard = new Map(['/finished', '/reset'].map((path) => [path, gate()]))
  const server = createServer2(({ url }, response) => {
    responses.set(url, response)
    heard.get(url)!.open()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(() => {
    session.destroy()
    server.close()
  })

  const finished = session.request({ ':path': '/finished' })
  await heard.get('/finished')!.promise
  const ofFinished = signalOf(responses.get('/finished')!)
  const closed = once(responses.get('/finished')!, 'close')
  responses.get('/finished')!.end('an answer')
  finished.resume()
  await closed
  t.false(ofFinished.aborted)

  const reset = session.request({ ':path': '/reset' })
  reset.on('error', () => {})
  await heard.get('/reset')!.promise
  const ofReset = signalOf(responses.get('/reset')!)
  reset.close(constants.NGHTTP2_CANCEL)
  await aborted(ofReset)
  t.is(ofReset.reason.name, 'AbortError')
})

test('what is no response is refused at once', (t) => {
  for (const wrong of [undefined, null, {}, 'response', { once() {} }]) {
    t.throws(() => signalOf(wrong as never), {
      instanceOf: TypeError,
      code: 'ERR_POOL_OPTION',
      message: /^response must be a response of node:http/,
    })
  }
})
