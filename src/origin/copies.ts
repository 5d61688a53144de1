import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'

import { addonFile, othersWith } from '../native/addon.js'
import type { Failures } from './failures.js'

const WARNED = 'workpool.warned'

/** Warns, once, that another copy of this package has a shared pool of the same name. */
export function warnOfTwins(name: string, isOfThreads: boolean, failures: Failures): void {
  if (getEnvironmentData(WARNED) !== undefined) return
  const [other] = othersWith(name, isOfThreads)
  if (other === undefined) return
  setEnvironmentData(WARNED, 'true')
  const message =
    'another copy of workpool has a shared pool of this name, and the two have nothing in common; install one version for both'
  failures.log('warn', { copies: [addonFile, other] }, message)
}
