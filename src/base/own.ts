/**
 * Whether an object of this package is the member of a union that has this property. `in` would also see what somebody
 * has put on `Object.prototype`.
 */
export const hasOwn = <T extends object, K extends PropertyKey>(
  object: T,
  key: K,
): object is Extract<T, { readonly [P in K]: unknown }> => Object.hasOwn(object, key)

/**
 * The options of one call, which win over those of all calls. Both have been read, so they have every option;
 * `undefined` means absent.
 */
export function merged<T extends object>(defaults: T, own: T): T {
  const result: T = { ...defaults }
  for (const option of Object.keys(own) as (keyof T)[]) if (own[option] !== undefined) result[option] = own[option]
  return result
}
