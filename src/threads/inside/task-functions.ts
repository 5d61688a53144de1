import { types } from 'node:util'

import { misuse } from '../../base/errors.js'
import { isolate, native } from '../../native/binding.js'
import { NAMED, exportNumberOf } from '../../wire/values.js'
import type { Callee } from './job.js'
import type { Exports } from './task-module.js'

export type TaskFunction = (...args: unknown[]) => unknown

const { isGeneratorFunction } = types

/** Names come from callers, who may have got them from anybody. */
export const brief = (name: string): string =>
  name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS)}…` : name
const MOST_CHARACTERS = 100

/** The exported functions of the task module, by their names and by the numbers that the core has for the names. */
export class TaskFunctions {
  readonly #filename: string
  /**
   * The exported functions by name. It is a map, as the key of a property is kept in a table of the isolate until the next full
   * collection, and names that nothing is exported by may come from anybody.
   */
  readonly #named: ReadonlyMap<string, TaskFunction>
  /** The exports that tasks have named, by number. */
  readonly #functions: (TaskFunction | undefined)[] = []

  constructor(filename: string, exports: Exports) {
    this.#filename = filename
    const isFunction = (entry: [string, unknown]): entry is [string, TaskFunction] => typeof entry[1] === 'function'
    this.#named = new Map(Object.entries(exports).filter(isFunction))
  }

  nameOf({ exportCode, name }: Callee): string {
    if (exportCode & NAMED) return name ?? ''
    return native.exportName(isolate, exportNumberOf(exportCode)) ?? ''
  }

  get names(): string[] {
    return [...this.#named.keys()]
  }

  at(exportCode: number): TaskFunction {
    const known = this.#functions[exportNumberOf(exportCode)]
    if (known !== undefined) return known
    const found = this.named(this.nameOf({ exportCode }))
    this.#functions[exportNumberOf(exportCode)] = found
    return found
  }

  named(name: string): TaskFunction {
    const found = this.#find(name)
    if (!isGeneratorFunction(found)) return found
    throw misuse(`the export ${brief(name)} is a generator, which gives chunks and no result; call it by stream`)
  }

  /** The generator of a stream. */
  generator(callee: Callee): GeneratorFunction {
    const name = this.nameOf(callee)
    const found: unknown = this.#find(name)
    if (isGeneratorFunction(found)) return found
    throw misuse(
      `stream needs an export that is a generator, written with function*, and ${brief(name)} is none; call it by run`,
    )
  }

  #find(name: string): TaskFunction {
    const found = this.#named.get(name)
    if (found !== undefined) return found
    throw misuse(
      `${this.#filename} exports no function ${brief(name)}; its functions are ${this.names.join(', ') || 'none'}`,
    )
  }
}
