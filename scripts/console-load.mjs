/**
 * `npm run console:load [-- pools viewers seconds]`: which share of a processor the page of `workpool/console` takes, with 200 pools and 10
 * viewers for 10 s, each with 4 pools open; fails at 2 %. What the same process takes without viewers is taken off.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { root } from './run.mjs'
import { setUp } from './setup.mjs'

const MOST = 0.02
const WARM_MS = 3_000

setUp()
const [pools, viewers, seconds] = [200, 10, 10].map((usual, i) => Number(process.argv[i + 2] ?? usual))
const server = fork(join(root, '__test__/fixtures/console-server.mjs'), [String(pools)], { cwd: root })
const [{ port }] = await once(server, 'message')

async function measure() {
  server.send('start')
  await delay(seconds * 1_000)
  server.send('stop')
  const [{ share }] = await once(server, 'message')
  return share
}

// The first seconds are those of the start, and of the compiler.
await delay(WARM_MS)
const idle = await measure()
let bytes = 0
const asked = await Promise.all(
  Array.from({ length: viewers }, async () => {
    const asking = get({ port, host: '127.0.0.1', path: '/?open=1,2,3,4', headers: { accept: 'text/event-stream' } })
    const [response] = await once(asking, 'response')
    response.on('data', (chunk) => (bytes += chunk.length))
    return asking
  }),
)
await delay(WARM_MS)
bytes = 0
const share = (await measure()) - idle
for (const asking of asked) asking.destroy()
server.disconnect()
console.log(`${Math.round(bytes / seconds / viewers / 1_000)} kB a second to each viewer`)
console.log(
  `${pools} pools, ${viewers} viewers: ${(share * 100).toFixed(2)} % of a processor (${(idle * 100).toFixed(2)} % without viewers), at most ${MOST * 100} %`,
)
if (share >= MOST) process.exitCode = 1
