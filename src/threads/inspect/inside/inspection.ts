/**
 * The inspector, as it is asked about threads: one session with the inspector of the process, and through it one with
 * each thread. It answers while a thread runs an endless loop, as its messages interrupt JavaScript.
 */
import type { Session } from 'node:inspector'
import { clearTimeout, setTimeout } from 'node:timers'

/** How long the inspector of the process may take to tell of the threads that there are, in ms. */
const ATTACH_MS = 500

/** How long a thread may take to answer, in ms. One that does not is in native code, or the machine is very busy. */
export const ANSWER_MS = 2_000

/**
 * Calls it when the JavaScript that the inspector has interrupted is over. That may be Node's own in the midst of its
 * timers, so whoever the inspector calls sets and clears timers here only: otherwise Node's queue of timers breaks, and
 * the process ends.
 */
export const afterwards = (callback: () => void): void => queueMicrotask(callback)

/** A message of a thread's inspector: the answer to a call, or an event. */
interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
}

/**
 * The inspector of one thread. Whoever listens is called at once, which may be in the midst of other JavaScript of this
 * thread: no promise has its turn before that ends, and a thread that stands must not wait for so long.
 */
export class InspectedThread {
  readonly #send: (message: string) => void
  readonly #answers = new Map<number, (result: unknown) => void>()
  readonly #listeners = new Map<string, (params: unknown) => void>()
  #calls = 0
  #isGone = false
  #end = (): void => {}

  constructor(send: (message: string) => void) {
    this.#send = send
  }

  /** Calls a method. `answered` is called with its result, or with `undefined` if it has failed. */
  call(method: string, answered: (result: unknown) => void = () => {}): void {
    const id = ++this.#calls
    this.#answers.set(id, answered)
    this.#send(JSON.stringify({ id, method }))
  }

  on(event: string, listener: (params: unknown) => void): void {
    this.#listeners.set(event, listener)
  }

  /** Has `end` called when the thread has ended; at once, if it has. */
  whenGone(end: () => void): void {
    if (this.#isGone) end()
    else this.#end = end
  }

  hear(text: string): void {
    const { id, method, params, result } = JSON.parse(text) as Message
    if (id === undefined) this.#listeners.get(method!)?.(params)
    else {
      const answered = this.#answers.get(id)
      this.#answers.delete(id)
      answered?.(result)
    }
  }

  /** The thread has ended. */
  end(): void {
    this.#isGone = true
    this.#end()
  }
}

/** The number of a thread by the title that Node gives to its inspector: `[worker 3] name`. */
const TITLE = /^\[?worker (\d+)\b/i

/** A session with the inspector of the process, for as long as something is looked at. */
export class Inspection {
  readonly #session: Session
  readonly #bySession = new Map<string, InspectedThread>()
  readonly #byThread = new Map<number, InspectedThread>()
  /** Is called when a thread has been attached. */
  #attached = (): void => {}

  private constructor(session: Session) {
    this.#session = session
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      const { sessionId, workerInfo } = params
      const thread = new InspectedThread((message) => {
        session.post('NodeWorker.sendMessageToWorker', { sessionId, message }, () => {})
      })
      this.#bySession.set(sessionId, thread)
      const number = TITLE.exec(workerInfo.title)?.[1]
      if (number !== undefined) this.#byThread.set(Number(number), thread)
      this.#attached()
    })
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) =>
      this.#bySession.get(params.sessionId)?.hear(params.message),
    )
    session.on('NodeWorker.detachedFromWorker', ({ params }) => this.#bySession.get(params.sessionId)?.end())
  }

  /** Begins to look at threads. Rejects if there is no inspector. */
  static async open(): Promise<Inspection> {
    const { Session } = await import('node:inspector')
    const session = new Session()
    // The inspector of the main thread tells of all threads, and no other one does.
    session.connectToMainThread()
    const inspection = new Inspection(session)
    await inspection.#enable(session)
    return inspection
  }

  #enable(session: Session): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = new Error(`the main thread has not answered within ${ANSWER_MS} ms`)
      const timer = setTimeout(() => reject(late), ANSWER_MS)
      session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => {
        afterwards(() => clearTimeout(timer))
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  /** The inspectors of these threads, without those that have ended. */
  async threads(numbers: readonly number[]): Promise<readonly (InspectedThread | undefined)[]> {
    const isComplete = (): boolean => numbers.every((number) => this.#byThread.has(number))
    if (!isComplete()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ATTACH_MS)
        this.#attached = () => {
          if (!isComplete()) return
          afterwards(() => clearTimeout(timer))
          resolve()
        }
      })
    }
    return numbers.map((number) => this.#byThread.get(number))
  }

  /** The threads are not looked at any more. What has been sent to them arrives before that. */
  close(): void {
    this.#session.post('NodeWorker.disable', () => {})
    this.#session.disconnect()
  }
}
