import { fixture } from '../adapters/threads/fixture.mjs'
import { pathToFileURL } from 'node:url'
import { expect, expectSame, fulfils, outcomeOf, inWords, rejects } from '../expect.mjs'
import { remainsUsable } from './usable.mjs'

/** @type {import('../lists.mjs').Group} */
export const loading = {
  name: 'loading',
  tests: [
    {
      name: 'sync',
      expects: 'the result of a synchronous function arrives',
      run: ({ open }) => fulfils(open({ size: 1 }).run('double', 21), 42),
    },
    {
      name: 'async',
      expects: 'the result of an asynchronous function arrives',
      run: ({ open }) => fulfils(open({ size: 1 }).run('echoLater', 'value'), 'value'),
    },
    {
      name: 'throw',
      expects: 'a synchronous function that throws rejects its promise with the message',
      run: async ({ open }) => {
        const { message } = await rejects(open({ size: 1 }).run('fail', 'plain'))
        expect(message.includes('on purpose'), `the message is ${message}`)
      },
    },
    {
      name: 'reject',
      expects: 'an asynchronous function that rejects rejects its promise with the message',
      run: async ({ open }) => {
        const { message } = await rejects(open({ size: 1 }).run('failLater', 'plain'))
        expect(message.includes('on purpose'), `the message is ${message}`)
      },
    },
    {
      name: 'default',
      expects: 'without a name the default function is called',
      needs: ['default'],
      run: ({ open }) => fulfils(open({ size: 1 }).run(undefined, 1), ['default', 1]),
    },
    {
      name: 'named',
      expects: 'functions of one module are called by name',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await fulfils(pool.run('double', 1), 2)
        await fulfils(pool.run('echo', 1), 1)
      },
    },
    {
      name: 'unknown-name',
      expects: 'a name that does not exist rejects, and the pool stays usable',
      run: async ({ open }) => {
        const pool = open({ size: 1 })
        await rejects(pool.run('doesNotExist', 1))
        await remainsUsable(pool)
      },
    },
    {
      name: 'esm',
      expects: 'the task module may be an ES module',
      run: ({ open, adapter }) => fulfils(open({ size: 1, file: adapter.module }).run('double', 2), 4),
    },
    {
      name: 'commonjs',
      expects: 'the task module may be CommonJS',
      run: async ({ open, adapter }) => {
        const pool = open({ size: 1, file: adapter.commonjs })
        await fulfils(pool.run('double', 2), 4)
        await fulfils(pool.run('system'), 'function')
      },
    },
    {
      name: 'file-url',
      expects: 'the task module may be named by a file: URL',
      needs: ['file url'],
      run: ({ open, adapter }) => fulfils(open({ size: 1, file: pathToFileURL(adapter.module) }).run('double', 2), 4),
    },
    {
      name: 'missing-file',
      expects: 'a module that does not exist is reported: the pool cannot be made, or its task rejects',
      run: async ({ open }) => {
        let pool
        try {
          pool = open({ size: 1, file: fixture('missing.mjs') })
        } catch {
          return
        }
        await rejects(pool.run('double', 2))
      },
    },
    {
      name: 'env',
      expects: '`env` is the environment of the threads',
      run: ({ open }) => fulfils(open({ size: 1, env: { GREETING: 'hello' } }).run('giveEnv', 'GREETING'), 'hello'),
    },
    {
      name: 'argv',
      expects: '`argv` is in process.argv of the threads',
      run: async ({ open }) => {
        const outcome = await outcomeOf(open({ size: 1, argv: ['a', 'b'] }).run('giveArgv'))
        expect(outcome.state === 'fulfilled', inWords(outcome))
        expectSame(outcome.value, ['a', 'b'], 'process.argv.slice(2) is')
      },
    },
    {
      name: 'exec-argv',
      expects: '`execArgv` is process.execArgv of the threads',
      run: ({ open }) => fulfils(open({ size: 1, execArgv: ['--no-warnings'] }).run('giveExecArgv'), ['--no-warnings']),
    },
    {
      name: 'worker-data',
      expects: '`workerData` is there in the threads',
      run: ({ open }) => fulfils(open({ size: 1, workerData: { answer: 42 } }).run('giveWorkerData'), { answer: 42 }),
    },
  ],
}
