// The system gives no thread, or no memory: an error of the call that needed it, nothing is lost, and it works again when there is room.
import test, { type ExecutionContext } from 'ava'

import { limited } from '../support/limited.js'

const isLinux = process.platform === 'linux'
/** Limits of a process can be set by others on Linux only. */
const onLinux = isLinux ? test.serial : test.serial.skip

/** What the fixture says, beside what it asks for. */
async function said(t: ExecutionContext, name: string, ...args: string[]): Promise<readonly string[]> {
  const { code, signal, stdout, stderr, hung } = await limited(name, args)
  t.is(stderr, '')
  t.deepEqual({ code, signal, hung }, { code: 0, signal: null, hung: false }, stdout)
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('limit '))
}

const NO_THREAD = 'NoThreadError ERR_POOL_NO_THREAD true'

onLinux(
  'no thread for deadlines: tasks with a time are refused, others run, and the next call asks the system again',
  async (t) => {
    const lines = await said(t, 'no-thread', 'submit')
    t.regex(lines[1]!, /^the system gives no thread to see to times: .*\(os error 11\) \(pool "pool-1"\)$/)
    t.deepEqual(lines.toSpliced(1, 1), [
      `timeout: ${NO_THREAD}`,
      `waitTimeout: ${NO_THREAD}`,
      `execute: ${NO_THREAD}`,
      'tryExecute: false',
      'plain: result, 0 unsettled, 1 idle',
      'afterwards: TaskTimeoutError ERR_POOL_TASK_TIMEOUT true',
    ])
  },
)

onLinux('no thread for deadlines: MultiPool says so, and not that its pools are full', async (t) => {
  t.deepEqual(await said(t, 'no-thread', 'multi'), [`waitTimeout: ${NO_THREAD}`])
})

onLinux('no thread for deadlines: a close with a timeout leaves the pool open', async (t) => {
  t.deepEqual(await said(t, 'no-thread', 'close'), [
    `close: ${NO_THREAD}`,
    `releaseTimeout: ${NO_THREAD}`,
    'closed: false',
    'afterwards: ReleaseTimeoutError ERR_POOL_RELEASE_TIMEOUT false',
  ])
})

onLinux('no thread for deadlines: idle workers are retired once there is one', async (t) => {
  t.deepEqual(await said(t, 'no-thread', 'purge'), ['idle: 1', 'retired: 1'])
})

onLinux('no thread for deadlines: a thread pool starts none of its own, and the next run tries again', async (t) => {
  t.deepEqual(await said(t, 'no-thread', 'run'), [
    `waitTimeout: ${NO_THREAD}`,
    'run: WorkerStartError ERR_POOL_WORKER_START false',
    `cause: ${NO_THREAD}`,
    'afterwards: 2',
  ])
})

onLinux('no thread for workers: tasks go to those that are there', async (t) => {
  t.deepEqual(await said(t, 'no-thread', 'workers'), ['warned: EAGAIN true', 'beside: 2, 4', 'afterwards: 2 running'])
})

for (const guest of [[], ['guest']]) {
  const who = guest.length === 0 ? 'the owner' : 'a guest'
  onLinux(`no memory for an argument of ${who}: that call rejects`, async (t) => {
    t.deepEqual(await said(t, 'no-memory', 'argument', ...guest), [
      'alone: RangeError ERR_POOL_MEMORY',
      'within: DataCloneError 25',
      'within: RangeError ERR_POOL_MEMORY',
      'unsettled 0, afterwards 2',
    ])
  })

  onLinux(`no memory for a result for ${who}: that task rejects, others on its thread are unharmed`, async (t) => {
    t.deepEqual(await said(t, 'no-memory', 'result', ...guest), [
      'alone: RangeError ERR_POOL_MEMORY',
      'within: DataCloneError 25',
      'within: RangeError ERR_POOL_MEMORY',
      'beside 1, crashed 0',
      'unsettled 0, afterwards 2',
    ])
  })
}

onLinux('no memory for preAlloc: create throws', async (t) => {
  t.deepEqual(await said(t, 'no-memory', 'preAlloc'), ['create: RangeError ERR_POOL_MEMORY', 'afterwards 16777216'])
})
