/** Numbers as people read them, and elements. */

/** 12, 1,234, 1.2 M. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return '∞'
  if (value < 1e6) return Math.round(value).toLocaleString('en')
  return `${(value / 1e6).toFixed(1)} M`
}

/** Of a second. */
export function rate(value: number | undefined): string {
  if (value === undefined) return '–'
  return value > 0 && value < 10 ? value.toFixed(1) : count(value)
}

/** 0.12 ms, 12 ms, 1.2 s, 3 min. */
export function duration(ms: number | undefined): string {
  if (ms === undefined || ms === null) return '–'
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 1_000) return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.round(ms / 60_000)} min`
}

/** An element. Names of pools, tasks and keys are text, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  if (className !== '') made.className = className
  made.append(...children)
  return made
}

/** Changes a text only if it is another one. */
export function say(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

/** A column: its head, whether it holds numbers, and what it says of a row. */
export type Column<T> = readonly [head: string, isNumber: boolean, text: (row: T) => string]

/** Draws rows as a table with a title, or nothing but `empty`. */
export function table<T>(
  into: HTMLElement,
  title: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  empty: string,
): void {
  const cell = (tag: 'th' | 'td', isNumber: boolean, text: string) => element(tag, isNumber ? 'number' : '', text)
  const head = element('tr', '', ...columns.map(([text, isNumber]) => cell('th', isNumber, text)))
  for (const th of head.children) (th as HTMLTableCellElement).scope = 'col'
  const body = rows.map((row) =>
    element('tr', '', ...columns.map(([, isNumber, text]) => cell('td', isNumber, text(row)))),
  )
  const drawn =
    rows.length === 0
      ? element('p', 'quiet', empty)
      : element('div', 'scroll', element('table', '', element('thead', '', head), element('tbody', '', ...body)))
  into.replaceChildren(element('h3', '', title), drawn)
}
