/** What options are checked with, whoever has them. */
import { outOfRange, wrongType } from '../base/errors.js'
import type { Logger } from '../base/logger.js'
import { relayOf } from '../base/relay.js'
import { forChanges, forUnknown } from './needed.js'
import type { OptionSet } from './option-names.js'

export const LARGEST = 2 ** 31 - 1

export type Check<T> = (value: unknown, option: string) => T
export type Checks = Record<string, Check<unknown>>
export type Checked<C extends Checks> = { [K in keyof C]?: ReturnType<C[K]> }

/** Every set of options that there is. */
const sets: OptionSet[] = []
/** What loads those that are in parts. */
const late: (() => unknown)[] = [forChanges]

/** These parts have sets of options, too. */
export function haveOptions(...parts: readonly (() => unknown)[]): void {
  late.push(...parts)
}

/** The error of an option that is not among the `known` ones of `what`. */
export function unknownOption(option: string, what: string, known: readonly string[]): TypeError {
  for (const load of late) load()
  return forUnknown().describeUnknown(option, what, known, sets)
}

/**
 * Reads a set of options through `checks`; `what` it is called.
 *
 * @param refusal the error of an option that is not among them
 */
export function reader<C extends Checks>(
  what: string,
  checks: C,
  refusal = (option: string) => unknownOption(option, what, Object.keys(checks)),
): (options: unknown) => Checked<C> {
  sets.push([what, checks])
  let none: Checked<C> | undefined
  return (options) => {
    none ??= noneOf(checks)
    return options === undefined ? none : read(options, what, checks, none, refusal)
  }
}

/** All are there: none that is left out is looked for on `Object.prototype`, where somebody may have put it. */
const noneOf = <C extends Checks>(checks: C): Checked<C> =>
  Object.freeze(Object.fromEntries(Object.keys(checks).map((name) => [name, undefined]))) as Checked<C>

/** Reads the own properties of `options` through `checks`; `undefined` means absent. */
function read<C extends Checks>(
  options: unknown,
  what: string,
  checks: C,
  none: Checked<C>,
  refusal: (option: string) => Error,
): Checked<C> {
  const result: Record<string, unknown> = { ...none }
  if (typeof options !== 'object' || options === null) throw wrongType(what, options, 'an object')
  for (const option of Object.keys(options)) {
    const value = (options as Record<string, unknown>)[option]
    const check = Object.hasOwn(checks, option) ? checks[option] : undefined
    if (check === undefined) throw refusal(option)
    if (value !== undefined) result[option] = check(value, option)
  }
  return result as Checked<C>
}

export const isNumber = (value: unknown, option: string, allowed: string): value is number => {
  if (typeof value !== 'number') throw wrongType(option, value, allowed)
  return true
}

export const integer =
  (smallest: number, allowed: string, largest = LARGEST): Check<number> =>
  (value, option) => {
    if (isNumber(value, option, allowed) && Number.isInteger(value) && value >= smallest && value <= largest)
      return value
    throw outOfRange(option, value, allowed)
  }

/** Milliseconds, rounded up to whole ones so that nothing comes early. */
export const milliseconds =
  (isAllowed: (ms: number) => boolean, allowed: string): Check<number> =>
  (value, option) => {
    if (isNumber(value, option, allowed) && isAllowed(value) && value <= LARGEST) return Math.ceil(value)
    throw outOfRange(option, value, allowed)
  }

export const functionOf: Check<(...args: never[]) => unknown> = (value, option) => {
  if (typeof value === 'function') return value as () => unknown
  throw wrongType(option, value, 'a function')
}

export const boolean: Check<boolean> = (value, option) => {
  if (typeof value === 'boolean') return value
  throw wrongType(option, value, 'a boolean')
}

export const text: Check<string> = (value, option) => {
  if (typeof value !== 'string') throw wrongType(option, value, 'a string')
  if (value === '') throw outOfRange(option, value, 'a string that is not empty')
  return value
}

/** Gives the relay of the signal, through which alone everything listens. */
export const abortSignal: Check<AbortSignal> = (value, option) => {
  // Not `instanceof`: signals of other realms and of polyfills are as good.
  const signal = value as AbortSignal | null
  const isSignal = typeof signal === 'object' && signal !== null && typeof signal.aborted === 'boolean'
  if (isSignal && typeof signal.addEventListener === 'function') return relayOf(signal)
  throw wrongType(option, value, 'an AbortSignal')
}

export const logger: Check<Logger> = (value, option) => {
  const methods = value as Record<string, unknown> | null
  const hasAll = (typeof methods === 'object' || typeof methods === 'function') && methods !== null
  if (hasAll && ['debug', 'info', 'warn', 'error'].every((method) => typeof methods[method] === 'function')) {
    return value as Logger
  }
  throw wrongType(option, value, 'an object with the methods debug, info, warn and error')
}

export const ms = (ms: number) => ms >= 0
export const MS = 'a number of ms from 0 to 2147483647'
export const positiveMs = (ms: number) => ms > 0
export const POSITIVE_MS = 'a number of ms above 0 and up to 2147483647'
