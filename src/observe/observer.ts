/** How a pool of the core is watched from this isolate. What of it is not used is not loaded. */
import { part } from '../base/parts.js'
import type { ObservingSettings } from '../options/observing-options.js'
import type { Seen } from './seen.js'
import type { SlowTasks, Watched } from './slow-tasks.js'
import type { SubmitSite } from './submit-site.js'

const forLooks = part(() => require('./seen.js') as typeof import('./seen.js'))
const forSlowTasks = part(() => require('./slow-tasks.js') as typeof import('./slow-tasks.js'))
const forSites = part(() => require('./submit-site.js') as typeof import('./submit-site.js'))

export type { Seen }

export class Observer {
  readonly #watched: Watched
  /** Whether it is noted where tasks are submitted. */
  readonly tracksSubmit: boolean
  #slowTasks: SlowTasks | undefined

  constructor(watched: Watched, { slowTask, trackSubmit }: ObservingSettings) {
    this.#watched = watched
    this.tracksSubmit = trackSubmit
    if (slowTask !== false) this.#slowTasks = this.#watchFor(slowTask)
  }

  #watchFor(slowTask: number): SlowTasks {
    return new (forSlowTasks().SlowTasks)(this.#watched, () => forLooks().see(this.#watched, 0), slowTask)
  }

  /** A task was accepted. */
  accepted(): void {
    this.#slowTasks?.wake()
  }

  /** Where the task is submitted that is submitted now, if that is to be noted. */
  site(): SubmitSite | undefined {
    return this.tracksSubmit ? new (forSites().SubmitSite)() : undefined
  }

  /** Gives the error of a task the place where the task was submitted. */
  addSite<E>(error: E, site: SubmitSite | undefined): E {
    return site === undefined ? error : forSites().addSite(error, site)
  }

  changeSlowTask(slowTask: number | false): void {
    if (slowTask === false) {
      this.stop()
      this.#slowTasks = undefined
    } else if (this.#slowTasks === undefined) {
      this.#slowTasks = this.#watchFor(slowTask)
      this.#slowTasks.wake()
    } else {
      this.#slowTasks.change(slowTask)
    }
  }

  /** The pool is about to go. */
  stop(): void {
    this.#slowTasks?.stop()
  }

  inspect(): Seen {
    const { see, MOST_WAITING } = forLooks()
    return see(this.#watched, MOST_WAITING)
  }
}
