/** Something that can be awaited but is no Promise. */
export function thenable<T>(then: (resolve: (value: T) => void) => void): PromiseLike<T> {
  return Object.fromEntries([['then', then]]) as unknown as PromiseLike<T>;
}
