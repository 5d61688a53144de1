/**
 * `npm run jobs:kill [-- --store file|redis|postgres] [--rounds 10] [--jobs 300]`: again and again one of two processes that work on jobs is killed
 * by `kill -9` (in a folder: the only one, which opens it again), and the server is stopped for 10 s. Fails if a job is lost.
 */
import { parseArgs } from 'node:util'
import { killRound, outageRound, reopenRound } from '../__test__/jobs/servers/rounds.mjs'
import { STORES, startStore } from './servers.mjs'
import { setUp } from './setup.mjs'

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    rounds: { type: 'string', default: '10' },
    jobs: { type: 'string', default: '300' },
  },
})
const [rounds, jobs] = [Number(values.rounds), Number(values.jobs)]

setUp()
const rows = []
async function repeat(name, what, times, play) {
  const accounts = []
  for (let i = 0; i < times; i++) accounts.push(await play())
  const sum = (key) => accounts.reduce((total, account) => total + account[key], 0)
  const longest = Math.max(...accounts.map(({ pause }) => pause))
  rows.push({
    store: name,
    'what is done': what,
    rounds: times,
    jobs: sum('jobs'),
    'right results': sum('right'),
    'never started': sum('lost'),
    'started twice': sum('startedTwice'),
    'longest pause, s': Number(longest.toFixed(1)),
  })
  console.log(`${name}, ${what}: ${sum('right')} of ${sum('jobs')} right, ${sum('startedTwice')} started twice`)
}

for (const name of values.store === undefined ? STORES : [values.store]) {
  const store = await startStore(name)
  try {
    if (name === 'file') await repeat(name, 'kill -9, opened again', rounds, () => reopenRound(store, jobs))
    else {
      await repeat(name, 'kill -9 of one of two', rounds, () => killRound(store, jobs))
      await repeat(name, 'server away for 10 s', Math.ceil(rounds / 3), () => outageRound(store, jobs, 10_000, 'stop'))
    }
  } finally {
    await store.close()
  }
}
console.table(rows)
if (rows.some((row) => row['right results'] !== row.jobs || row['never started'] > 0)) {
  console.error('jobs were lost')
  process.exitCode = 1
}
