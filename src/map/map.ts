import {
  type MapOptions,
  type SubmitChecked,
  NO_SUBMIT_OPTIONS,
  checkItems,
  checkMapOptions,
  checkTask,
} from '../options/options.js'
import { merged } from '../options/policy-options.js'
import { Mapping } from './mapping.js'
import type { Taker } from './taker.js'

/**
 * See `Pool.map`.
 *
 * @param defaults the options of every task that comes this way, checked
 * @throws TypeError or RangeError with code `ERR_POOL_OPTION`
 */
export function map<I, O, C>(
  taker: Taker<C>,
  items: Iterable<I> | AsyncIterable<I>,
  task: (item: I, context: C) => O | PromiseLike<O>,
  options: unknown,
  defaults: SubmitChecked,
): AsyncIterableIterator<Awaited<O>> {
  checkItems(items)
  checkTask(task)
  const checked = checkMapOptions(options)
  taker.assertPossible(checked)
  const all = defaults === NO_SUBMIT_OPTIONS ? checked : merged<typeof checked>(defaults, checked)
  // What it throws at once is the failure of one attempt, and no failure of the map yet.
  const run = taker.isRefusal === undefined ? task : async (item: I, context: C) => task(item, context)
  return new Mapping<I, Awaited<O>, C>(taker, items, run, all)
}

/** The same through tasks that run in another isolate. Items and options are checked. */
export function mapElsewhere<I, O>(
  taker: Taker<never>,
  items: Iterable<I> | AsyncIterable<I>,
  options: MapOptions,
): AsyncIterableIterator<O> {
  taker.assertPossible(options)
  const task = (): never => {
    throw new Error('the task of an item that goes elsewhere is not called here')
  }
  return new Mapping<I, O, never>(taker, items, task, options)
}
