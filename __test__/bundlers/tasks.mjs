/** The task module of the application. */
import { isWorkerThread } from 'workpool/worker'

import { sum } from './numbers.mjs'

export const add = (a, b) => sum(a, b)
export const isInThread = () => isWorkerThread
