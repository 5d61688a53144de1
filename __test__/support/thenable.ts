/** Something that can be awaited but is no Promise. */
export function thenable<T>(then: (resolve: (value: T) => void) => void): PromiseLike<T> {
  // oxlint-disable-next-line unicorn/no-thenable -- it is made to be one
  return { then } as unknown as PromiseLike<T>
}
