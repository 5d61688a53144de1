/** What a pool had in the last five minutes, as lines. */
import uPlot from 'uplot'

import { count } from './text.js'

/** Points of five minutes, one a second. */
const LENGTH = 300

const SERIES = ['busy', 'idle', 'waiting'] as const

/** Times in s, and of each series its values. */
export class History {
  readonly data: [number[], ...number[][]] = [[], [], [], []]

  add(at: number, values: Readonly<Record<(typeof SERIES)[number], number>>): void {
    const [times, ...lines] = this.data
    times.push(at / 1_000)
    for (const [i, name] of SERIES.entries()) lines[i]!.push(values[name])
    while (times[0]! < at / 1_000 - LENGTH) for (const line of this.data) line.shift()
  }
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)

/** The axis shows five minutes from the start, so lines do not stretch. */
const range = (_: uPlot, __: number, last: number): [number, number] => [last - LENGTH, last]

/** Whole numbers: there are no halves of tasks. */
const STEPS = [1, 2, 5]
  .flatMap((first) => Array.from({ length: 9 }, (_, zeros) => first * 10 ** zeros))
  .sort((a, b) => a - b)

const clock = (at: number): string => new Date(at * 1_000).toLocaleTimeString('en-GB')

export function draw(into: HTMLElement, history: History): uPlot {
  const axis = {
    stroke: colour('quiet'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 },
  }
  return new uPlot(
    {
      width: into.clientWidth,
      height: 200,
      scales: { x: { range }, y: { range: (_, __, most) => [0, Math.max(most, 1)] } },
      axes: [
        { ...axis, space: 70, values: (_, ticks) => ticks.map(clock) },
        { ...axis, size: 56, incrs: STEPS },
      ],
      series: [
        { label: 'time', value: (_, at) => clock(at ?? history.data[0].at(-1) ?? 0) },
        ...SERIES.map((name, i) => ({
          label: name,
          // Without a pointer on the chart: the last one.
          value: (_: uPlot, value: number | null) => count(value ?? history.data[i + 1]!.at(-1) ?? 0),
          stroke: colour(name),
          width: 2,
          points: { show: false },
          ...(name === 'busy' && { fill: `color-mix(in srgb, ${colour(name)} 15%, transparent)` }),
        })),
      ],
      cursor: { drag: { x: false, y: false } },
    },
    history.data,
    into,
  )
}
