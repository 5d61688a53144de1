/** What `init` of any pool has failed with. A task that rejects with it was not turned away by its pool, whatever the error is. */
const unmade = new WeakSet<object>()

const isObject = (error: unknown): error is object => typeof error === 'object' && error !== null

export function noteUnmade(error: unknown): void {
  if (isObject(error)) unmade.add(error)
}

export const isOfUnmade = (error: unknown): boolean => isObject(error) && unmade.has(error)
