/** What questions have in common that do not count time per task: a table of readings, a contest for each of them. */

/** @typedef {import('./rounds.mjs').Readings} Readings */
/** @typedef {{ key: string, label: string, unit: string, digits: number, isContest?: boolean, isHigherBetter?: boolean }} Column */

/** @param {number | null | undefined} value @param {number} digits */
export const show = (value, digits) => (value === null || value === undefined ? 'never' : value.toFixed(digits))

/** @param {Map<string, Readings>} summaries @param {readonly Column[]} columns @param {string} [what] the first column */
export function tableOf(summaries, columns, what = 'library') {
  const head = [what, ...columns.map(({ label, unit }) => `${label}, ${unit}`)]
  const rows = [...summaries.values()].map(({ name, values }) => [
    name,
    ...columns.map(({ key, digits }) => show(values[key], digits)),
  ])
  return { head, rows }
}

/** @param {Map<string, Readings>} summaries @param {readonly Column[]} columns @param {readonly string[]} [yardsticks] */
export function contestsOf(summaries, columns, yardsticks = []) {
  return columns
    .filter(({ isContest }) => isContest)
    .map(({ key, label, unit, isHigherBetter = false }) => ({
      label,
      unit,
      own: 'workpool',
      isHigherBetter,
      entries: [...summaries.values()].map(({ name, values, rounds }) => {
        const known = rounds.map((round) => round[key]).filter((value) => typeof value === 'number')
        const range = known.length > 0 ? { low: Math.min(...known), high: Math.max(...known) } : {}
        return { name, value: values[key] ?? null, ...range, isYardstick: yardsticks.includes(name) }
      }),
    }))
}

/** @param {readonly number[]} values */
export function medianOf(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return /** @type {number} */ (sorted[sorted.length >> 1])
}
