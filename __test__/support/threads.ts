import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { ExecutionContext } from 'ava'
import { ThreadPool } from 'workpool'

import { contradictions } from './accounts.js'

const TASKS = pathToFileURL(join(process.cwd(), '__test__', 'fixtures', 'tasks.mjs'))

type Options = Parameters<typeof ThreadPool.create>[0]
export type Functions = Record<string, (...args: any[]) => any>

/** A pool over `fixtures/tasks.mjs`; it is destroyed, and its accounts are checked, when the test ends. */
export function threads(t: ExecutionContext, options: Partial<Options> = {}): ThreadPool<Functions> {
  const pool = ThreadPool.create<Functions>({ filename: TASKS, ...options })
  t.teardown(async () => {
    await pool.destroy()
    const wrong = contradictions(pool.stats())
    if (wrong.length > 0) throw new Error(wrong.join('; '))
  })
  return pool
}
