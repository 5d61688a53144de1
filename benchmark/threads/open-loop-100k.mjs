/** What becomes of 100,000 tasks per second? */
import { askAt } from './open-loop.mjs'

export const { title, cases, full, quick, method, table, contests, aims } = askAt(100_000)
