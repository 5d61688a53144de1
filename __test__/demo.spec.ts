// What the demo says of what it has measured; `npm run demo` measures.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'

interface Loop {
  readonly active: number
  readonly idle: number
}
type Restless = { readonly name: string; readonly share: number } | undefined

const load = (file: string) => import(pathToFileURL(join(process.cwd(), 'demo', file)).href)
const loops = (server: Loop, upstream: Loop): Record<string, Loop> => ({ server, upstream })

/** What was measured in all runs; `disturbed`: in this one a process never came to rest. */
async function results(disturbed?: string): Promise<unknown[]> {
  const { phases, modesOf } = await load('scenario.mjs')
  return phases.flatMap((phase: { name: string; load: number }) =>
    modesOf(phase).map((mode: string) => ({
      phase,
      mode,
      perSecond: { sent: 400, good: mode === 'unbounded' ? 20 : 90, refused: 0, lost: 0 },
      p50: 50,
      p99: mode === 'shed' ? 200 : 500,
      peakRss: 2 ** 27,
      restless: disturbed === `${phase.name}, ${mode}` ? { name: 'server', share: 0.97 } : undefined,
    })),
  )
}

test('a process that never comes to rest between two readings is found, the busiest first', async (t) => {
  const { restless } = (await load('rest.mjs')) as {
    restless(before: Record<string, Loop>, after: Record<string, Loop>): Restless
  }
  const start = loops({ active: 10, idle: 10 }, { active: 0, idle: 0 })
  t.is(restless(start, loops({ active: 60, idle: 60 }, { active: 80, idle: 20 })), undefined)
  t.deepEqual(restless(start, loops({ active: 105, idle: 15 }, { active: 93, idle: 7 })), {
    name: 'server',
    share: 0.95,
  })
  // One that has not reported in all that time had none to report.
  t.deepEqual(restless(start, loops({ active: 10, idle: 10 }, { active: 1, idle: 9 })), { name: 'server', share: 1 })
})

test('runs on a machine that was busy with other work are marked, and not compared', async (t) => {
  const { reading } = await load('reading.mjs')
  const { table } = await load('table.mjs')
  t.regex(
    reading(await results()),
    /^At 4 times what the upstream can take, the pool gives 90 good answers .* 4\.5 times the 20/,
  )
  t.regex(
    reading(await results()),
    /With `shed` it gives as many good answers \(90 per second\) at a lower p99 \(200 ms\)\./,
  )
  t.notRegex(table(await results()), /\*/)
  for (const run of ['far above, pool', 'far above, shed', 'far above, unbounded', 'below, pool']) {
    const text = reading(await results(run))
    t.regex(
      text,
      new RegExp(
        `^This machine had too little processor time .* not compared \\(never at rest – ${run}: the server, 97 % of its time\\)`,
      ),
    )
    t.notRegex(text, /good answers/)
    t.regex(table(await results(run)), new RegExp(`${run.split(', ')[0]} +${run.split(', ')[1]} \\*`))
  }
})

test('the demo of jobs finds a job that has no result, or was never started', async (t) => {
  const { account } = (await load('jobs/account.mjs')) as {
    account(told: object): { text: string; isComplete: boolean }
  }
  const rendered = { status: 'fulfilled', value: { pid: 1, characters: 1e6 } }
  const processes = [{ pid: 1, done: 2, fate: 'killed after 2 jobs' }]
  const told = { outcomes: [rendered, rendered], starts: [0, 1, 1], processes, seconds: 1 }
  t.true(account(told).isComplete)
  t.regex(account(told).text, /2 jobs: 2 rendered, 0 failed, 0 never started; 1 started more than once/)
  t.false(account({ ...told, starts: [1, 1] }).isComplete)
  const lost = { status: 'rejected', reason: new Error('no process has answered') }
  const { text, isComplete } = account({ ...told, outcomes: [rendered, lost] })
  t.false(isComplete)
  t.true(text.includes('no process has answered'))
})

test('pools that find their size are compared with the fixed size that is best in each phase, unless the machine was busy', async (t) => {
  const { halvingReading, halvingTable } = await load('halving.mjs')
  const phases = (...good: number[]) =>
    good.map((each, phase) => ({
      slots: phase === 1 ? 10 : 20,
      good: each,
      p99: 100,
      capacity: 20,
      restless: undefined,
    }))
  const halved = (restless?: Restless): unknown[] => [
    { name: 'fixed, 22', mode: 'fixed', phases: phases(400, 100, 380) },
    { name: 'fixed, 11', mode: 'fixed', phases: phases(220, 200, 220) },
    {
      name: 'adaptive from 2',
      mode: 'adaptive',
      phases: phases(390, 190, 399).map((phase) => ({ ...phase, restless })),
    },
  ]
  t.is(
    halvingReading(halved()),
    'adaptive from 2: 98 %, 95 %, 105 % of the good answers of the fixed size that is best in that phase.',
  )
  const busy = halved({ name: 'server', share: 0.97 })
  t.regex(halvingReading(busy), /had too little processor time, and the pools are not compared/)
  t.regex(halvingTable(busy), /adaptive from 2 \*/)
  t.notRegex(halvingTable(halved()), /\*/)
})
