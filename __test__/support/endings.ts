import test from 'ava'

import { child, type ChildOptions, type Ending } from './child.js'

/** One test for each way in which a fixture can be run. */
export function endings(fixture: string, expected: Record<string, Partial<Ending>>, options: ChildOptions = {}): void {
  for (const [how, ending] of Object.entries(expected)) {
    test.serial(`${fixture}: ${how}`, async (t) => {
      t.timeout(15_000)
      const { hung, ...seen } = await child(fixture, { ...options, args: [how] })
      t.false(hung, `it hung, after printing ${seen.stdout}${seen.stderr}`)
      t.like(seen, ending, seen.stderr)
    })
  }
}

/** One test for each signal that ends a fixture. */
export function signalled(fixture: string, how: string, signals: readonly NodeJS.Signals[]): void {
  for (const signal of signals) {
    test.serial(`${fixture}: ${signal}`, async (t) => {
      t.timeout(15_000)
      const { hung, code, signal: endedBy } = await child(fixture, { args: [how], signal })
      t.deepEqual({ hung, code, endedBy }, { hung: false, code: null, endedBy: signal })
    })
  }
}
