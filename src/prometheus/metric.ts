/** A metric of which a registry of prom-client asks what it is at this moment, and which keeps nothing. */
import type { Metric, Registry, RegistryContentType } from 'prom-client'

/** Of any kind of registry. */
export type AnyRegistry = Registry<RegistryContentType>

/** A line of what is scraped. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  /** If it is not that of the metric. */
  readonly metricName?: string
}

export class PulledMetric {
  /** Pools of several processes of a cluster add up. */
  readonly aggregator = 'sum'
  readonly #registered: string
  readonly #samples: (name: string) => Sample[]

  constructor(
    /** A registry of the type OpenMetrics takes `_total` away from it. */
    public name: string,
    readonly type: 'gauge' | 'counter' | 'histogram',
    readonly help: string,
    samples: (name: string) => Sample[],
  ) {
    this.#registered = name
    this.#samples = samples
  }

  /** What the registry calls, also for its text. */
  async get(): Promise<object> {
    const { name, type, help, aggregator } = this
    return { name, type, help, aggregator, values: this.#samples(this.#registered) }
  }

  /** Is called by `registry.resetMetrics()`. There is nothing to reset. */
  reset(): void {}

  isIn(registry: AnyRegistry): boolean {
    return registry.getSingleMetric(this.#registered) !== undefined
  }

  register(registry: AnyRegistry): void {
    // A registry asks no more of it than what is here.
    registry.registerMetric(this as unknown as Metric)
  }

  /** Somebody may have cleared the registry, and others may have the name by now. */
  leave(registry: AnyRegistry): void {
    if (registry.getSingleMetric(this.#registered) === (this as unknown as Metric)) {
      registry.removeSingleMetric(this.#registered)
    }
  }
}
