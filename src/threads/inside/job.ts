import { NAMED } from '../../wire/values.js'

/** Which function a task is for. */
export interface Callee {
  readonly exportCode: number
  readonly name?: string | undefined
}

/** A task with its argument. */
export interface Job extends Callee {
  readonly task: number
  readonly argument: unknown
}

/** `exportCode & NAMED`: the name of the function has come with the argument, and is not known before. */
export const jobOf = (task: number, exportCode: number, value: unknown): Job => {
  if ((exportCode & NAMED) === 0) return { task, exportCode, name: undefined, argument: value }
  const [name, argument] = value as [string, unknown]
  return { task, exportCode, name, argument }
}

/** A task whose argument is to come. */
export type Awaited = Omit<Job, 'argument'>
