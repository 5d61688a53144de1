/**
 * Whether an object of this package is the member of a union that has this property. `in` would also see what somebody
 * has put on `Object.prototype`.
 */
export const hasOwn = <T extends object, K extends PropertyKey>(
  object: T,
  key: K,
): object is Extract<T, { readonly [P in K]: unknown }> => Object.hasOwn(object, key)
