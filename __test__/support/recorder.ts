import type { Logger } from 'workpool'

export interface Entry {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly obj: unknown
  readonly msg: unknown
}

/** A logger that keeps what it is told. Its methods are on the prototype and need `this`, as pino's do. */
export class Recorder implements Logger {
  readonly entries: Entry[] = []

  debug(obj: unknown, msg?: unknown): void {
    this.entries.push({ level: 'debug', obj, msg })
  }
  info(obj: unknown, msg?: unknown): void {
    this.entries.push({ level: 'info', obj, msg })
  }
  warn(obj: unknown, msg?: unknown): void {
    this.entries.push({ level: 'warn', obj, msg })
  }
  error(obj: unknown, msg?: unknown): void {
    this.entries.push({ level: 'error', obj, msg })
  }

  at(level: Entry['level']): Entry[] {
    return this.entries.filter((entry) => entry.level === level)
  }

  /** What was logged above info. */
  get complaints(): Entry[] {
    return this.entries.filter(({ level }) => level === 'warn' || level === 'error')
  }
}

/** Whether a log entry shows this very value in its object, as pino's `{ err }` does. */
export function shows({ obj }: Entry, value: unknown): boolean {
  return obj === value || (typeof obj === 'object' && obj !== null && Object.values(obj).includes(value))
}
