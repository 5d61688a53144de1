/** No way of ending the process hangs, and none ends it too early. */
import assert from 'node:assert/strict'

import { cases, ending } from './cases.mjs'

const ends = async (state, way, expected, signal) => {
  const { code, signal: endedBy, stdout, stderr } = await ending('end.mjs', [state, way], signal)
  try {
    assert.deepEqual({ code, signal: endedBy, stdout }, { signal: null, ...expected })
  } catch (error) {
    error.message += `\n${stderr}`
    throw error
  }
}

await cases([
  ['idle pools do not keep the process', () => ends('idle', 'naturally', { code: 0, stdout: 'ready\n' })],
  ['a task of a thread does', () => ends('working', 'naturally', { code: 0, stdout: 'ready\nsettled\n' })],
  ['process.exit with idle pools', () => ends('idle', 'exit', { code: 7, stdout: 'ready\n' })],
  ['process.exit with a thread that spins', () => ends('spinning', 'exit', { code: 7, stdout: 'ready\n' })],
  ['process.exit with closures that wait', () => ends('waiting', 'exit', { code: 7, stdout: 'ready\n' })],
  ['an uncaught exception with a thread that spins', () => ends('spinning', 'throw', { code: 1, stdout: 'ready\n' })],
  [
    'a signal with a thread that spins',
    () => ends('spinning', 'signal', { code: null, signal: 'SIGTERM', stdout: 'ready\n' }, 'SIGTERM'),
  ],
  [
    'the owner of idle pools is terminated',
    () => ends('idle', 'terminate', { code: 0, stdout: 'ready\nterminated\n' }),
  ],
  [
    'the owner of a thread that spins is terminated',
    () => ends('spinning', 'terminate', { code: 0, stdout: 'ready\nterminated\n' }),
  ],
])
