/** What isolates that share a pool agree on. */
import { Buffer } from 'node:buffer'
import { inspect, isDeepStrictEqual } from 'node:util'

import { misuse } from '../base/errors.js'

/** The options of a shared pool, as far as they belong to the pool and not to one of its handles. */
export interface Agreement {
  /** The options that were given, as users write them. */
  readonly given: Readonly<Record<string, unknown>>
  /** All options, as the other isolates read them. */
  readonly text: string
}

/**
 * @param given what the user has given
 * @param agreed every option that isolates agree on, as users write it, in the order in which the options are compared
 */
export function toAgreement(given: Readonly<Record<string, unknown>>, agreed: Record<string, unknown>): Agreement {
  const texts = Object.entries(agreed).map(([option, value]) => [option, textOf(value)])
  const isGiven = ([option]: [string, unknown]): boolean => given[option] !== undefined
  return {
    given: Object.fromEntries(Object.entries(agreed).filter(isGiven)),
    text: JSON.stringify(Object.fromEntries(texts)),
  }
}

/** Only shared pools need the module, so only they load it. */
const v8 = () => require('node:v8') as typeof import('node:v8')

/** `null`: the value cannot be brought to another isolate, so it equals nothing there. */
function textOf(value: unknown): string | null {
  if (typeof value === 'symbol') return String(value)
  try {
    return v8().serialize(value).toString('base64')
  } catch {
    return null
  }
}

/** Whether a pool that was made with options of the text `existing` has the same for this one, given or not. */
export function agreesOn(option: string, { text }: Agreement, existing: string): boolean {
  const read = (all: string) => (JSON.parse(all) as Record<string, string | null>)[option]
  return read(text) === read(existing)
}

/** Asserts that a pool that was made with options of the text `existing` is what the agreement asks for. */
export function checkAgreement(name: string, { given, text }: Agreement, existing: string): void {
  const mine = JSON.parse(text) as Record<string, string | null>
  const theirs = JSON.parse(existing) as Record<string, string | null>
  for (const option of Object.keys(given)) {
    const [own, other] = [mine[option] ?? null, theirs[option] ?? null]
    if (own !== null && own === other) continue
    const agreed =
      other === null || other.startsWith('Symbol(')
        ? other
        : (v8().deserialize(Buffer.from(other, 'base64')) as unknown)
    if (own !== null && isDeepStrictEqual(given[option], agreed)) continue
    throw misuse(
      `${option} is ${inspect(given[option])}, but the shared pool ${name} was made with ${option} ${inspect(agreed)}`,
    )
  }
}
