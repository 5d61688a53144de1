/** The queries of the dashboard and of the alerts of the documentation, and what they name. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const DASHBOARD = join(process.cwd(), 'docs/prometheus/dashboard.json')
export const ALERTS = join(process.cwd(), 'docs/prometheus/alerts.yml')

/** As far as it matters here. */
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[]
  readonly templating: { readonly list: readonly { readonly type: string; readonly definition?: string }[] }
}

const readDashboard = (): Dashboard => JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard

/** Of each panel that has some, its title and its queries. */
export const panelQueries = (): { title: string; queries: string[] }[] =>
  readDashboard().panels.flatMap(({ title, targets }) =>
    targets === undefined ? [] : [{ title, queries: targets.map(({ expr }) => expr) }],
  )

/** The queries by which the lists of the dashboard are filled. */
export const listQueries = (): { query: string; label: string }[] =>
  readDashboard()
    .templating.list.filter(({ type }) => type === 'query')
    .map(({ definition }) => definition!.match(/^label_values\((.*), (\w+)\)$/)!)
    .map(([, query, label]) => ({ query: query!, label: label! }))

/** Of each alert, its name and its query. */
export function alertQueries(): { alert: string; query: string }[] {
  const alerts = readFileSync(ALERTS, 'utf8').matchAll(/- alert: (\w+)\n {8}expr: >-\n((?: {10}.*\n)+)/g)
  return [...alerts].map(([, alert, query]) => ({ alert: alert!, query: query! }))
}

const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset'])

/** The metrics that a query names, and the labels. */
export function namesIn(query: string): { metrics: string[]; labels: string[] } {
  const labels = new Set<string>()
  const note = (_: string, list: string): string => {
    for (const [label] of list.matchAll(/[a-z_]\w*/gi)) labels.add(label)
    return ' '
  }
  const rest = query
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .replaceAll(/\{([^}]*)\}/g, note)
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g, note)
    .replaceAll(/\[[^\]]*\]/g, ' ')
  const metrics = [...rest.matchAll(/(?<![\w.])[a-z_:][\w:]*(?!\w*\s*\()/gi)].map(([name]) => name)
  return { metrics: [...new Set(metrics.filter((name) => !WORDS.has(name)))], labels: [...labels] }
}
