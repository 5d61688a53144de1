/** What a look at a thread pool needs of it. */
import { isolate, native } from '../../native/binding.js'
import { part } from '../../base/parts.js'
import type { Watched } from '../../observe/slow-tasks.js'
import type { Failures } from '../../origin/failures.js'
import { NAMED, exportNumberOf } from '../../wire/values.js'
import type { Occupation } from '../inspect/occupations.js'
import { stacksOf } from '../inspect/stacks.js'
import type { CallTable } from './call-table.js'
import type { Threads } from './threads.js'

const forVitals = part(() => require('./vital-signs.js') as typeof import('./vital-signs.js'))

/** A thread pool, as far as it is looked at. */
export interface Looked {
  readonly id: number
  readonly name: string
  occupations(): Occupation[]
}

/** `threads`: in the owner. */
export const watchedThreads = (
  pool: Looked,
  calls: CallTable,
  failures: Failures,
  threads: Threads | undefined,
): Watched => ({
  id: pool.id,
  name: pool.name,
  log: (level, details, message) => failures.log(level, details, message),
  ownTask: (task) => calls.at(task),
  exportName: (code) =>
    code & NAMED ? undefined : (native.nameOfExport(isolate, pool.id, exportNumberOf(code)) ?? undefined),
  async stackOf(threadId, task) {
    const [found] = await stacksOf(pool.name, () => pool.occupations().filter((thread) => thread.threadId === threadId))
    // Its thread may have another task by now.
    return found?.tasks.some(({ id }) => id === task) ? found.stack : undefined
  },
  ...(threads !== undefined && {
    vitals(worker: number) {
      const member = threads.member(worker)
      return member === undefined ? {} : forVitals().vitalsOf(member)
    },
  }),
})
