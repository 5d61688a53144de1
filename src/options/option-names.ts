/** What an option that is not known may have meant. */
import { inspect } from 'node:util'

import { misuse } from '../base/errors.js'

/** Options by their names elsewhere: in other libraries, in ants, or as one would guess. In small letters. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  size: 'concurrency maxconcurrency limit max maxsize poolsize maxpoolsize capacity maxthreads maxworkers threads workers parallelism',
  minSize: 'min minpoolsize minthreads minworkers',
  maxBlockingTasks:
    'maxqueue maxqueuesize queuesize queuelimit maxwaiting maxwaitingclients maxpending backlog highwatermark',
  expiry: 'idletimeout idletimeoutmillis idletimeoutms maxidletime expiryduration',
  waitTimeout: 'acquiretimeout acquiretimeoutmillis connectiontimeoutmillis queuetimeout',
  timeout: 'tasktimeout timeoutms timeoutmillis runtimeout deadline',
  signal: 'abortsignal abortcontroller',
  transfer: 'transferlist transferables',
  concurrency: 'concurrenttasksperworker tasksperworker taskconcurrency',
  grace: 'terminatetimeout workerterminatetimeout',
  filename: 'script file filepath path module url entry worker workerpath',
  name: 'task taskname method fn func function functionname export exportname',
  workerData: 'data initialdata',
  recycle: 'maxtasksperworker maxmemorylimitbeforerecycle',
  tasks: 'maxtasks',
  init: 'create factory connect setup',
  dispose: 'destroy teardown',
  disposeTimeout: 'destroytimeout destroytimeoutmillis teardowntimeout closetimeout',
  isBroken: 'validate isvalid',
  panicHandler: 'onerror errorhandler onpanic',
  ordered: 'preserveorder',
  strategy: 'workerchoicestrategy loadbalancer',
  rate: 'interval ratelimit ratelimiter throttle intervalcap reservoir reservoirrefreshamount reservoirrefreshinterval mintime',
  limit: 'max maxrequests points tokens reservoir intervalcap count',
  interval: 'period duration per window windowms ms',
  target: 'maxdelay maxage',
  perKey: 'perkeylimit concurrencyperkey limitperkey perhost pertenant maxperkey',
  maxBlockingPerKey: 'maxwaitingperkey maxqueueperkey queuelimitperkey',
  key: 'group groupid tenant tenantid partition partitionkey',
  weight: 'cost slots permits',
  ageing: 'aging starvation',
  shed: 'codel loadshedding',
  overload: 'overflow overflowstrategy',
}

/** A set of options: what it is called, and the options. */
export type OptionSet = readonly [what: string, options: object]

/** What the options of tasks are called. */
const OF_TASKS = new Set([
  'the options of the task',
  'the options of map',
  'the options of with',
  'defaults',
  'the options of the call of the group',
])

/** The error of an option that is not among the `known` ones of `what`; `sets`: all that there are. */
export function describeUnknown(
  option: string,
  what: string,
  known: readonly string[],
  sets: readonly OptionSet[],
): TypeError {
  if (option === 'filename' && what === 'the options of Pool.create') {
    return misuse('filename is not an option of Pool.create; use ThreadPool.create')
  }
  if (option === 'weight' && OF_TASKS.has(what)) {
    return misuse('weight is not possible in threads: each task takes one place of a thread')
  }
  const shown = /^[\w$]{1,64}$/.test(option) ? option : inspect(option, { maxStringLength: 64 })
  return misuse(`unknown option ${shown} in ${what}; ${hint(option, shown, known, sets)} ${known.join(', ')}`)
}

function hint(option: string, shown: string, known: readonly string[], sets: readonly OptionSet[]): string {
  const meant = namedElsewhere(option, known) ?? nearest(option, known)
  if (meant !== undefined) return `did you mean ${meant}? Known are`
  const home = sets.find(([, options]) => Object.hasOwn(options, option))
  if (home !== undefined) return `${shown} is one of ${home[0]}. Known are`
  return 'known are'
}

function namedElsewhere(option: string, known: readonly string[]): string | undefined {
  const name = option.toLowerCase()
  const meant = Object.entries(ELSEWHERE).find(
    ([ours, names]) => known.includes(ours) && names.split(' ').includes(name),
  )
  return meant?.[0]
}

/** The known option with the fewest slips of the pen, at most one in three letters; capitals are none. */
function nearest(option: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let fewest = Infinity
  for (const each of known) {
    const longer = Math.max(option.length, each.length)
    const allowed = Math.min(2, Math.floor(longer / 3))
    // So an option of any length costs nothing.
    if (Math.abs(option.length - each.length) > allowed) continue
    const slips = slipsBetween(option.toLowerCase(), each.toLowerCase())
    if (slips <= allowed && slips < fewest) [best, fewest] = [each, slips]
  }
  return best
}

/**
 * How many letters were left out, added, mistaken or swapped with the next: the restricted Damerau-Levenshtein
 * distance.
 */
function slipsBetween(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isEqual = a[i - 1] === b[j - 1]
      let slips = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isEqual ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) slips = Math.min(slips, before[j - 2]! + 1)
      row.push(slips)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length]!
}
