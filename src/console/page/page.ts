/** The page: listens to the snapshots, and shows a row for each pool. */
import type { ConsoleSnapshot } from 'workpool/console'
import { Row } from './row.js'

/** So many pools are open at first. */
const OPEN_AT_FIRST = 4

const list = document.querySelector<HTMLElement>('#pools')!
const state = document.querySelector<HTMLElement>('#state')!
const filter = document.querySelector<HTMLInputElement>('#filter')!
const rows = new Map<number, Row>()
let isFirst = true
let source: EventSource | undefined

function show(): void {
  const wanted = filter.value.toLowerCase()
  for (const row of rows.values()) row.root.hidden = !row.name.toLowerCase().includes(wanted)
}

function hear({ at, pools, details }: ConsoleSnapshot): void {
  const live = new Set(pools.map(({ id }) => id))
  for (const [id, row] of rows) {
    if (live.has(id)) continue
    row.root.remove()
    rows.delete(id)
  }
  for (const pool of pools) {
    let row = rows.get(pool.id)
    if (row === undefined) {
      rows.set(pool.id, (row = new Row(pool)))
      list.append(row.root)
      row.root.open = isFirst && pools.length <= OPEN_AT_FIRST
      row.root.addEventListener('toggle', listen)
    }
    row.hear(at, pool, details[pool.id])
  }
  isFirst = false
  show()
  state.className = ''
  state.textContent = `${pools.length} pools, ${new Date(at).toLocaleTimeString('en-GB')}`
}

/** Listens anew whenever other rows are open: details come only of these. */
function listen(): void {
  const open = [...rows].filter(([, row]) => row.root.open).map(([id]) => id)
  source?.close()
  source = new EventSource(`?open=${open.join()}`)
  source.addEventListener('message', ({ data }) => hear(JSON.parse(data) as ConsoleSnapshot))
  source.addEventListener('error', () => {
    state.className = 'lost'
    state.textContent = 'the connection is lost; trying again …'
  })
}

const redraw = (): void => {
  for (const row of rows.values()) row.redraw()
}

filter.addEventListener('input', show)
addEventListener('resize', redraw)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
listen()
