import { integer, reader } from '../options/checks.js'
import {
  type Advice,
  type Algorithm,
  BOUNDS,
  type Bounds,
  type Limits,
  type Sample,
  between,
  brief,
  isUsed,
  limitsOf,
  share,
  within,
} from './algorithm.js'

/** Options of `climb`. */
export interface ClimbOptions extends Bounds {
  /**
   * What throughput must gain for a larger size to be worth it: 0.15, the default, means 1.5 % more tasks for 10 % more workers. From 0 to
   * 1. With 0 it also goes where nothing is gained and nothing is lost.
   */
  bias?: number | undefined
  /** The most by which the size climbs in a second: above 0, up to 1,000. Default 2. */
  perSecond?: number | undefined
  /** Over how many waves it looks: an integer from 2 to 64. Default 4. Fewer notice sooner, and trust chance more. */
  waves?: number | undefined
  /** How many times a wave must exceed the noise beside it to count in full: above 0, up to 100. Default 3. */
  signalToNoise?: number | undefined
}

/** Samples of a wave: two with the larger size, two with the smaller one. */
const PERIOD = 4
/** A wave is of a quarter of the size at most: a larger one would be a load of its own. */
const LARGEST_WAVE = 0.25
/** How much of a new look at the noise counts, as one look is chance itself. */
const NEW_NOISE = 0.1
/** As .NET has it: above this the processors are the limit, and more threads do not help. */
const FULL = 0.95

type Complex = readonly [re: number, im: number]

/** The part of these values that swings with so many periods over all of them, as half an amplitude. */
function component(values: readonly number[], periods: number): Complex {
  let [re, im] = [0, 0]
  for (const [index, value] of values.entries()) {
    const angle = (2 * Math.PI * periods * index) / values.length
    re += value * Math.cos(angle)
    im -= value * Math.sin(angle)
  }
  return [re / values.length, im / values.length]
}

const size = ([re, im]: Complex): number => Math.hypot(re, im)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * Hill climbing as in the thread pool of .NET (Hellerstein, Morrison, Eilebrecht: Applying control theory in the real world,
 * 2009). The size swings by a little in waves, and throughput is asked how much of it swings along, in the same rhythm. What
 * else happens to throughput has other rhythms, and is noise.
 */
class Climb implements Algorithm {
  readonly min: number
  readonly max: number
  readonly #bias: number
  readonly #perSecond: number
  readonly #waves: number
  readonly #signalToNoise: number
  readonly #capacities: number[] = []
  readonly #throughputs: number[] = []
  /** The size around which it swings, with its fraction. */
  #setting = 0
  #asked = 0
  #samples = 0
  #noise: number | undefined

  constructor(options: unknown) {
    const { bias = 0.15, perSecond = 2, waves = 4, signalToNoise = 3, ...bounds } = readOptions(options)
    const { min, max } = limitsOf({ max: Math.max(64, bounds.min ?? 1), ...withoutAbsent(bounds) })
    this.min = min
    this.max = max
    this.#bias = bias
    this.#perSecond = perSecond
    this.#waves = waves
    this.#signalToNoise = signalToNoise
  }

  restart(): void {
    this.#capacities.length = 0
    this.#throughputs.length = 0
    this.#samples = 0
  }

  next(sample: Sample): Advice {
    const { capacity, run, elapsedMs } = sample
    if (this.#asked !== capacity) {
      this.restart()
      this.#setting = within(this, capacity)
    }
    if (!isUsed(sample)) {
      this.restart()
      return this.#ask(0, 'it is not used')
    }
    this.#capacities.push(capacity)
    this.#throughputs.push(run.count / elapsedMs)
    this.#samples++
    if (this.#capacities.length > this.#waves * PERIOD) {
      this.#capacities.shift()
      this.#throughputs.shift()
    }
    const whole = this.#capacities.length - (this.#capacities.length % PERIOD)
    if (whole < 2 * PERIOD) return this.#ask(1, 'it begins to swing')
    return this.#climb(sample, this.#capacities.slice(-whole), this.#throughputs.slice(-whole))
  }

  #climb({ cpu, elapsedMs }: Sample, capacities: readonly number[], throughputs: readonly number[]): Advice {
    const [averageSize, average] = [mean(capacities), mean(throughputs)]
    if (average === 0) return this.#ask(1, 'nothing ends')
    const waves = capacities.length / PERIOD
    const [swing, answer] = [component(capacities, waves), component(throughputs, waves)]
    const beside = Math.max(size(component(throughputs, waves - 1)), size(component(throughputs, waves + 1))) / average
    const noise = this.#noise === undefined ? beside : this.#noise + NEW_NOISE * (beside - this.#noise)
    this.#noise = noise
    const strength = size(swing) / averageSize
    // How much of the swing throughput follows, in its rhythm: 1 if it grows as the size does, 0 if it does not care.
    const inRhythm = strength === 0 ? 0 : (answer[0] * swing[0] + answer[1] * swing[1]) / size(swing) ** 2
    const follows = (inRhythm * averageSize) / average
    const confidence = noise === 0 ? 1 : Math.min(1, strength / (noise * this.#signalToNoise))
    const wish = Math.max(-1, Math.min(1, follows - this.#bias)) * confidence
    // Squared, so that it is bold where much is to be gained, and still where little is.
    const climbed = wish > 0 && cpu > FULL ? 0 : wish * Math.abs(wish) * this.#perSecond * (elapsedMs / 1_000)
    this.#setting = within(this, this.#setting + climbed)
    const wave = Math.round(0.5 + 2 * this.#setting * noise * this.#signalToNoise)
    return this.#ask(wave, `throughput follows ${brief(follows)} of a change of the size, sure to ${brief(confidence)}`)
  }

  #ask(wave: number, why: string): Advice {
    const isUp = Math.floor(this.#samples / (PERIOD / 2)) % 2 === 1
    const swung = this.#setting + (isUp ? Math.min(Math.max(1, Math.round(LARGEST_WAVE * this.#setting)), wave) : 0)
    this.#asked = Math.round(within(this, swung))
    return { size: this.#asked, why }
  }
}

const withoutAbsent = ({ min, max }: Partial<Limits>): Partial<Limits> => ({
  ...(min !== undefined && { min }),
  ...(max !== undefined && { max }),
})

const readOptions = reader('the options of climb', {
  ...BOUNDS,
  bias: share,
  perSecond: between(0, 1_000),
  waves: integer(2, 'an integer from 2 to 64', 64),
  signalToNoise: between(0, 100),
})

/**
 * Climbs to the size with the highest throughput: it has the size swing by a little, and goes where throughput swings
 * along. It does not look at times, so it is for tasks that use the processors, in a `ThreadPool`; how long tasks wait for each
 * other there says nothing. It never stands still, and takes a minute or more.
 *
 * ```js
 * import { adapt, climb } from 'workpool/adaptive'
 *
 * const pool = ThreadPool.create({ filename: '/srv/app/tasks.js', size: 2 })
 * adapt(pool, climb({ min: 1, max: 16 }), { every: 500 })
 * ```
 *
 * `max` is 64 by default here.
 *
 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
 */
export const climb = (options?: ClimbOptions): Algorithm => new Climb(options)
