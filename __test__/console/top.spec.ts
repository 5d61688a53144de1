// `workpool top`: the page's numbers in a terminal.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import test, { type ExecutionContext } from 'ava'
import { Pool } from 'workpool'
import { consolePage } from 'workpool/console'

const CLI = join(process.cwd(), 'dist', 'cli.js')

interface Ending {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const top = (...args: string[]): Promise<Ending> =>
  new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })

async function serve(
  t: ExecutionContext,
  pools: readonly Pool<any>[],
  hear: (request: IncomingMessage) => void = () => {},
) {
  const page = consolePage({ pools: () => pools })
  const server = createServer((request, response) => {
    hear(request)
    if (request.url === '/pools') page(request, response)
    else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/pools`
}

test('it shows the pools, those that are busiest first, and no name is a command of the terminal', async (t) => {
  const [quiet, busy] = [Pool.create({ name: 'quiet\u001b[2J' }), Pool.create({ name: 'busy', size: 1 })]
  let end!: () => void
  const ended = new Promise<void>((resolve) => (end = resolve))
  const tasks = [busy.submit(() => ended), busy.submit(() => ended)]
  const { code, stdout, stderr } = await top('top', await serve(t, [quiet, busy]), '--once')
  end()
  await Promise.all(tasks)
  t.deepEqual([code, stderr], [0, ''])
  const [head, ...rows] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/))
  t.deepEqual(head, [
    'POOL',
    'KIND',
    'BUSY',
    'OF',
    'IDLE',
    'WAITING',
    'ENDED/S',
    'RUN P50',
    'RUN P99',
    'FAILED',
    'REFUSED',
  ])
  t.deepEqual(rows[0], ['busy', 'closures', '1', '1', '0', '1', '0.0', '-', '-', '0', '0'])
  t.deepEqual(rows[1]!.slice(0, 4), ['quiet?[2J', 'closures', '0', '256'])
})

test('headers are sent', async (t) => {
  const heard: unknown[] = []
  const url = await serve(t, [], ({ headers }) => heard.push(headers['authorization'], headers['x-more']))
  const { code } = await top('top', url, '--once', '--header', 'authorization: Bearer 1:2', '--header', 'x-more: a')
  t.deepEqual([code, heard], [0, ['Bearer 1:2', 'a']])
})

test('an address where the page is not says so, and so does an end of the stream', async (t) => {
  const url = await serve(t, [])
  const { code, stderr } = await top('top', `${url}/other`)
  t.is(code, 1)
  t.regex(stderr, /^workpool: http.* answers 404 ; consolePage of workpool\/console is not there\n$/)
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('retry: 1\n\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const ended = await top('top', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  t.deepEqual([ended.code, /has ended the stream/.test(ended.stderr)], [1, true])
})

test('bad arguments end with the usage', async (t) => {
  for (const args of [
    [],
    ['top'],
    ['bottom', 'http://x'],
    ['top', 'ftp://x'],
    ['top', 'http://x', '--header', 'x'],
    ['--what'],
  ]) {
    const { code, stderr } = await top(...args)
    t.deepEqual([code, /^workpool: .+\n\nusage: workpool top <url>/.test(stderr)], [2, true], args.join(' '))
  }
  const { code, stdout } = await top('--help')
  t.deepEqual([code, stdout.startsWith('usage:')], [0, true])
})
