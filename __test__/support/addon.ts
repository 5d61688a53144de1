import { createRequire } from 'node:module'
import { join } from 'node:path'

import type { NativeTicket } from 'workpool'

/** What a job of the fixture in C does: in the order of `enum kind` there. */
export const Kind = { sum: 0, hold: 1, heed: 2, fail: 3, code: 4, throw: 5, nothing: 6, tell: 7, name: 8, custom: 9 }

export interface Counts {
  readonly submitted: number
  readonly started: number
  readonly executed: number
  readonly completed: number
  readonly failed: number
  readonly disposed: number
  readonly disposedWithoutEnv: number
  readonly aborted: number
}

export interface Addon {
  submit(ticket: NativeTicket, kind: number, a?: number, b?: number | string): Promise<unknown>
  submitNothing(ticket: NativeTicket): Promise<unknown>
  /** Jobs of the kind `hold` that have started go on. */
  open(): void
  counts(): Counts
}

const require = createRequire(join(process.cwd(), 'package.json'))

export const fixture = (name: string): Addon => require(`./target/fixtures/${name}.node`) as Addon
