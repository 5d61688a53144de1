/** The table at the end: what has become of every job. */

/**
 * @param {object} told
 * @param {PromiseSettledResult<{ pid: number, characters: number }>[]} told.outcomes one for each job
 * @param {number[]} told.starts the number of a job for each time that it was started
 * @param {{ pid: number, done: number, fate: string | undefined }[]} told.processes
 * @param {number} told.seconds
 */
export function account({ outcomes, starts, processes, seconds }) {
  const times = new Map()
  for (const number of starts) times.set(number, (times.get(number) ?? 0) + 1)
  const again = [...times.values()].filter((count) => count > 1).length
  const rendered = outcomes.filter(({ status }) => status === 'fulfilled')
  const failed = outcomes.filter(({ status }) => status === 'rejected')
  const characters = rendered.reduce((sum, { value }) => sum + value.characters, 0)
  const rows = [
    ['process', 'jobs', 'what happened'],
    ...processes.map(({ pid, done, fate }) => [String(pid), String(done), fate ?? '']),
    ['all', String(rendered.length), `${(characters / 1e6).toFixed(1)} MB of HTML in ${seconds.toFixed(1)} s`],
  ]
  const [first, second] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map(([name, count, what]) => `${name.padEnd(first)}  ${count.padStart(second)}  ${what}`.trimEnd())
  const rule = '─'.repeat(Math.max(...lines.map(({ length }) => length)))
  const isComplete = rendered.length === outcomes.length && times.size === outcomes.length
  const verdict = [
    `${outcomes.length} jobs: ${rendered.length} rendered, ${failed.length} failed, ${outcomes.length - times.size} never started;`,
    `${again} started more than once.`,
  ].join(' ')
  const reasons = failed.map(({ reason }) => `  ${reason?.message ?? reason}`)
  return {
    text: [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1), '', verdict, ...reasons].join('\n'),
    isComplete,
  }
}
