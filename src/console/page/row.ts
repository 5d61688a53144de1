/** A pool on the page: a row, and what it shows when it is open. */
import type uPlot from 'uplot'

import type { ConsoleDetails, ConsolePool, ConsoleTimes } from 'workpool/console'
import { endedOf, kindAndState, refusedOf } from '../figures.js'
import { History, draw } from './chart.js'
import { type Column, count, duration, element, rate, say, table } from './text.js'

type Task = ConsoleDetails['longest'][number]
type Thread = ConsoleDetails['threads'][number]
type Stack = { threadId: number; tasks: { id: number; name: string; runMs: number }[]; stack: string }

const times = (of: ConsoleTimes | undefined): string =>
  of === undefined ? 'needs measure: true' : of.count === 0 ? 'none' : `${duration(of.p50)}, ${duration(of.p99)}`

const naming: Column<Task>[] = [
  ['task', true, ({ id }) => String(id)],
  ['name', false, ({ name }) => name ?? ''],
  ['key', false, ({ key }) => key ?? ''],
]
const LONGEST: Column<Task>[] = [
  ...naming,
  ['running for', true, ({ runMs }) => duration(runMs)],
  ['waited', true, ({ waitMs }) => duration(waitMs)],
]
const NEXT: Column<Task>[] = [
  ...naming,
  ['priority', true, ({ priority }) => (priority === null ? 'background' : String(priority))],
  ['waiting for', true, ({ waitMs }) => duration(waitMs)],
]
const THREADS: Column<Thread>[] = [
  ['thread', true, ({ threadId }) => String(threadId)],
  ['state', false, ({ state }) => state],
  ['utilization', true, ({ utilization }) => (utilization === undefined ? '–' : `${Math.round(utilization * 100)} %`)],
  ['heap', true, ({ heapMb }) => (heapMb === undefined ? '–' : `${heapMb.toFixed(1)} MiB`)],
  ['no turn for', true, ({ lastTurnMs }) => duration(lastTurnMs)],
]

const textOf = ({ threadId, tasks, stack }: Stack): string => {
  const doing = tasks.map(({ id, name, runMs }) => `task ${id}, ${name}, for ${duration(runMs)}`).join('; ')
  return `thread ${threadId}: ${doing || 'loads its module'}\n${stack || '    (no JavaScript: it waits, or is in native code)'}`
}

export class Row {
  readonly root = element('details', 'pool')
  readonly #heading = element('h2')
  readonly #kind = element('span', 'kind')
  readonly #busy = element('span')
  readonly #waiting = element('span')
  readonly #rate = element('span')
  readonly #refused = element('span')
  readonly #body = element('div', 'details')
  readonly #chart = element('div', 'chart')
  readonly #numbers = element('div')
  readonly #refusals = element('div')
  readonly #threads = element('div')
  readonly #longest = element('div')
  readonly #next = element('div')
  readonly #stuck = element('div')
  readonly #history = new History()
  readonly #id: number
  #last: { at: number; pool: ConsolePool } | undefined
  #plot: uPlot | undefined

  constructor({ id, kind, stats }: ConsolePool) {
    this.#id = id
    this.#heading.textContent = stats.name
    const state = element('span', 'grow')
    this.root.append(
      element('summary', '', this.#heading, this.#kind, state, this.#busy, this.#waiting, this.#rate, this.#refused),
      this.#body,
    )
    const tables = element('div', 'tables', this.#numbers, this.#refusals, this.#longest, this.#next, this.#threads)
    this.#body.append(this.#chart, tables)
    if (kind !== 'closures') this.#body.append(this.#button(), this.#stuck)
    this.#stuck.setAttribute('aria-live', 'polite')
    this.#chart.setAttribute('role', 'img')
    this.root.addEventListener('toggle', () => this.redraw())
  }

  get name(): string {
    return this.#heading.textContent ?? ''
  }

  #button(): HTMLElement {
    const button = element('button', '', 'Where is it stuck?')
    button.type = 'button'
    button.addEventListener('click', async () => {
      button.disabled = true
      this.#stuck.replaceChildren(element('p', 'quiet', 'looking …'))
      try {
        const answer = await fetch(`?stacks=${this.#id}`)
        const { stacks, error } = (await answer.json()) as { stacks?: Stack[]; error?: string }
        const found = (stacks ?? []).map((stack) => element('pre', '', textOf(stack)))
        const none = element('p', error === undefined ? 'quiet' : 'bad', error ?? 'No thread is busy.')
        this.#stuck.replaceChildren(...(found.length > 0 ? found : [none]))
      } catch (error) {
        this.#stuck.replaceChildren(element('p', 'bad', String(error)))
      }
      button.disabled = false
    })
    return element('p', '', button)
  }

  /** Draws the chart as large, and in the colours, as the page is now; takes it away from a row that is closed. */
  redraw(): void {
    this.#plot?.destroy()
    this.#plot = this.root.open ? draw(this.#chart, this.#history) : undefined
  }

  hear(at: number, pool: ConsolePool, details: ConsoleDetails | undefined): void {
    const { stats, kind } = pool
    const { busy, idle, waiting, capacity, rejected } = stats
    this.#history.add(at, { busy, idle, waiting })
    const per = this.#rates(at, pool)
    const refused = Object.entries(rejected).filter(([, times]) => times > 0)
    say(this.#kind, kindAndState(pool, ', '))
    say(this.#busy, `${count(busy)} of ${count(capacity)} busy`)
    say(this.#waiting, `${count(waiting)} waiting`)
    say(this.#rate, `${rate(per?.ended)}/s`)
    say(this.#refused, refused.length === 0 ? '' : `${count(refusedOf(stats))} refused`)
    this.#last = { at, pool }
    if (!this.root.open) return
    this.#chart.setAttribute('aria-label', `busy ${busy}, idle ${idle}, waiting ${waiting}`)
    this.#plot?.setData(this.#history.data)
    const numbers: [string, string][] = [
      ['submitted per s', rate(per?.submitted)],
      ['completed per s', rate(per?.completed)],
      ['completed', count(stats.completed)],
      ['failed', count(stats.failed)],
      ['timed out', count(stats.timedOut)],
      ['cancelled', count(stats.cancelled)],
      ['waiting time, p50 and p99', times(details?.wait)],
      ['running time, p50 and p99', times(details?.run)],
    ]
    const pairs: Column<[string, string]>[] = [
      ['', false, ([what]) => what],
      ['', true, ([, value]) => value],
    ]
    table(this.#numbers, 'Tasks', pairs, numbers, '')
    table(
      this.#refusals,
      'Refused, by reason',
      pairs,
      refused.map(([why, times]) => [why, count(times)]),
      'None.',
    )
    if (details === undefined) return
    table(this.#longest, 'Running longest', LONGEST, details.longest, 'Nothing runs.')
    table(this.#next, 'Next to start', NEXT, details.next, 'Nothing waits.')
    if (kind !== 'closures') table(this.#threads, 'Threads', THREADS, details.threads, 'There are none.')
  }

  /** How much happened per second since the last snapshot. */
  #rates(at: number, { stats }: ConsolePool): { submitted: number; completed: number; ended: number } | undefined {
    if (this.#last === undefined || at <= this.#last.at) return undefined
    const { stats: before } = this.#last.pool
    const seconds = (at - this.#last.at) / 1_000
    return {
      submitted: (stats.submitted - before.submitted) / seconds,
      completed: (stats.completed - before.completed) / seconds,
      ended: (endedOf(stats) - endedOf(before)) / seconds,
    }
  }
}
