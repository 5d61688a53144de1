/** The task module of the application. */
import { isWorkerThread } from 'workpool/worker'

import { type Term, sum } from './numbers.mts'

export const add = (a: Term, b: Term): Term => sum(a, b)
export const isInThread = (): boolean => isWorkerThread
