/** The text that a Prometheus server scrapes, read as it reads it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { ExecutionContext } from 'ava'
import type { Registry } from 'prom-client'

export interface Scraped {
  /** By name, with the suffix of histograms, and labels as they stand there. Each series is there once. */
  readonly series: ReadonlyMap<string, number>
  /** `gauge`, `counter` or `histogram`, by metric. */
  readonly types: ReadonlyMap<string, string>
  /** Of one series, whatever the order of its labels; `undefined` if it is not there. */
  value(name: string, labels?: Record<string, string>): number | undefined
  /** By the value of a label: all series of that name with these labels. */
  by(label: string, name: string, labels: Record<string, string>): Record<string, number>
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/

const labelsOf = (text = ''): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, value]) => [label!, value!]))

const numberOf = (text: string): number => (text === '+Inf' ? Infinity : Number(text))

export function readExposition(text: string): Scraped {
  const series = new Map<string, number>()
  const types = new Map<string, string>()
  const lines: { name: string; labels: Record<string, string>; value: number }[] = []
  for (const line of text.split('\n')) {
    const type = line.match(/^# TYPE (\S+) (\S+)$/)
    if (type !== null) {
      if (types.has(type[1]!)) throw new Error(`twice: ${line}`)
      types.set(type[1]!, type[2]!)
    }
    if (line === '' || line.startsWith('#')) continue
    const match = line.match(LINE)
    if (match === null) throw new Error(`no line of a metric: ${line}`)
    const labels = labelsOf(match[2])
    const key = `${match[1]}{${Object.entries(labels).toSorted().map(String).join(';')}}`
    if (series.has(key)) throw new Error(`a series is there twice: ${line}`)
    series.set(key, numberOf(match[3]!))
    lines.push({ name: match[1]!, labels, value: numberOf(match[3]!) })
  }
  const of = (name: string, wanted: Record<string, string>) =>
    lines.filter(
      (line) => line.name === name && Object.entries(wanted).every(([label, value]) => line.labels[label] === value),
    )
  return {
    series,
    types,
    value: (name, labels = {}) => of(name, labels)[0]?.value,
    by: (label, name, labels) => Object.fromEntries(of(name, labels).map((line) => [line.labels[label]!, line.value])),
  }
}

/** Serves a registry over HTTP; gives what scrapes it. */
export async function serve(t: ExecutionContext, registry: Registry<any>): Promise<() => Promise<Scraped>> {
  const server = createServer((_, response) => {
    registry.metrics().then(
      (text: string) => response.setHeader('Content-Type', registry.contentType).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
  return async () => {
    const response = await fetch(url)
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return readExposition(text)
  }
}
