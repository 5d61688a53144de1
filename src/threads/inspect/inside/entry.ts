/**
 * The thread that speaks with the inspector, for one look. It has nothing else to do, so a thread that has been stopped
 * goes on at once, whatever the isolate that looks is doing.
 *
 * No other isolate may do this. In the main thread the inspector calls JavaScript while it goes through the list of
 * threads, and JavaScript can be interrupted by the end of a thread, which takes that one out of the list: the process
 * ends (Node 20 to 24, `WorkerManager::SetAutoAttach`). To a thread the inspector only sends messages.
 */
import { parentPort } from 'node:worker_threads'

import type { Answer, Answers, Question } from '../inspected.js'
import { type InspectedThread, Inspection } from './inspection.js'
import { profileOf } from './profile.js'
import { stackOf } from './stack.js'

let opened: Promise<Inspection> | undefined

async function answer(question: Question): Promise<Answers[keyof Answers]> {
  const threads = await (await (opened ??= Inspection.open())).threads(question.threads)
  const ofAll = <T>(of: (thread: InspectedThread) => Promise<T | undefined>): Promise<(T | undefined)[]> =>
    Promise.all(threads.map((thread) => (thread === undefined ? undefined : of(thread))))
  switch (question.ask) {
    case 'attach':
      return undefined
    case 'stacks':
      return ofAll(stackOf)
    case 'profiles':
      return ofAll((thread) => profileOf(thread, question.ms))
  }
}

const tell = (told: Answer): void => parentPort!.postMessage(told)

parentPort!.on('message', (question: Question | undefined) => {
  if (question !== undefined) {
    answer(question).then(
      (value) => tell({ value }),
      (error) => tell({ error, code: (error as { code?: unknown } | null)?.code }),
    )
    return
  }
  const close = (inspection?: Inspection): void => {
    inspection?.close()
    parentPort!.close()
  }
  if (opened === undefined) close()
  else opened.then(close, () => close())
})
