/** What carriers of the pool's owner do in a thread: they stand around the function of each task that brings something for them. */
import { misuse } from '../../base/errors.js'
import { isThenable, markHandled } from '../../base/follow.js'
import { part } from '../../base/parts.js'
import { STORAGES, TRACES } from '../../options/built-in-carriers.js'
import { enterStorages } from './carried.js'
import { loadTaskModule } from './task-module.js'

const forTraces = part(() => require('../../observe/enter-trace.js') as typeof import('../../observe/enter-trace.js'))

type Call = () => unknown

/** Runs `call`, once, with what was carried here. */
export type Enter = (carried: unknown, call: Call) => unknown

/** The carriers of this package, which are no modules to be found. */
function ofPackage(name: string): Enter | undefined {
  if (name === STORAGES) return enterStorages
  return name === TRACES ? forTraces().enterTrace : undefined
}

/** The `enter` of each carrier, by the `file:` URLs of their modules. */
export async function loadCarriers(urls: readonly string[]): Promise<readonly Enter[]> {
  const enters: Enter[] = []
  for (const url of urls) {
    const own = ofPackage(url)
    if (own !== undefined) {
      enters.push(own)
      continue
    }
    const { enter } = await loadTaskModule(url)
    if (typeof enter !== 'function') throw misuse(`${url} exports no function enter, which a carrier needs`)
    enters.push(enter as Enter)
  }
  return enters
}

/**
 * Calls code in the async context of this moment, at any time: a generator is asked for its next chunk when its consumer
 * wants one. Only streams of pools with carriers need the module.
 */
export function asyncScope(): (code: () => void) => void {
  const { AsyncResource } = require('node:async_hooks') as typeof import('node:async_hooks')
  const resource = new AsyncResource('workpool.stream')
  return (code) => resource.runInAsyncScope(code)
}

/** The function in the middle. What it comes to is what its task comes to, whatever the carriers give. */
class Middle {
  readonly #call: Call
  /** Whether it has been called, or must not be called any more. */
  #isOver = false
  #isCalled = false
  result: unknown
  #failure: { readonly error: unknown } | undefined

  constructor(call: Call) {
    this.#call = call
  }

  readonly call = (): unknown => {
    if (this.#isOver) throw misuse('enter of a carrier calls the function once, and before it has ended')
    this.#isOver = this.#isCalled = true
    try {
      this.result = this.#call()
      // A carrier that fails meanwhile leaves nobody who waits for it.
      if (isThenable(this.result)) markHandled(this.result as Promise<unknown>)
      return this.result
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  /** The carriers have ended. */
  end(): unknown {
    this.#isOver = true
    if (!this.#isCalled) throw misuse('enter of a carrier has ended and has not called the function')
    if (this.#failure !== undefined) throw this.#failure.error
    return this.result
  }
}

/** Calls the function with the carriers around it, the first one outermost. Those for which nothing came are left out. */
export function within(enters: readonly Enter[], carried: readonly unknown[], call: Call): unknown {
  const middle = new Middle(call)
  let next: Call = middle.call
  for (let place = enters.length - 1; place >= 0; place--) {
    const [enter, value, inner] = [enters[place]!, carried[place], next]
    if (value !== undefined) next = () => enter(value, inner)
  }
  const entered = next()
  // As a rule it is what the function has given.
  if (entered !== middle.result && isThenable(entered)) return afterwards(entered, middle)
  return middle.end()
}

async function afterwards(entered: PromiseLike<unknown>, middle: Middle): Promise<unknown> {
  await entered
  return middle.end()
}
