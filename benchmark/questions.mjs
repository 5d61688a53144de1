const CLOSURES = ['closures', 'waiting', 'shared', 'multi-pool', 'map', 'go']
const CALLS = [
  'sequential',
  'in-flight',
  'burst',
  'two-threads',
  'payloads',
  'factorial',
  'processor',
  'run-sync',
  'stream',
]
const LIVES = ['cold-start', 'thread-per-task', 'abort', 'idle']
const RATES = ['open-loop-1k', 'open-loop-20k', 'open-loop-100k']
const SCHEDULING = ['keys', 'rate', 'rate-window', 'weights', 'overload', 'batch'].map((name) => `scheduling/${name}`)
const NATIVE = ['jobs', 'neighbours'].map((name) => `native/${name}`)
const THREADS = [...CALLS, ...LIVES, ...RATES].map((name) => `threads/${name}`)

/** All questions, in the order in which they are asked. */
export const QUESTIONS = [
  ...CLOSURES,
  ...SCHEDULING,
  'adaptive/capacity',
  ...THREADS,
  ...NATIVE,
  'http/rendering',
  'jobs/stores',
]

/** A question's name as that of a file: `threads/burst` → `threads-burst`. @param {string} name */
export const fileOf = (name) => name.replace('/', '-')

/** @param {readonly string[]} asked names of questions or of their folders; none = all */
export function select(asked) {
  if (asked.length === 0) return QUESTIONS
  return asked.flatMap((name) => {
    const meant = QUESTIONS.filter((question) => question === name || question.startsWith(`${name}/`))
    if (meant.length === 0) throw new RangeError(`no question '${name}'; there are: ${QUESTIONS.join(', ')}`)
    return meant
  })
}
