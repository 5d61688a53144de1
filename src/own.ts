/**
 * Whether an object of ours is the one of a union that has this property. `in` would also see what somebody has put on
 * `Object.prototype`.
 */
export const hasOwn = <T extends object, K extends PropertyKey>(
  object: T,
  key: K,
): object is Extract<T, { readonly [P in K]: unknown }> => Object.hasOwn(object, key)

/** These options, the later ones over the earlier ones: without a prototype, as what is left out must not be inherited. */
export const merged = <T extends object>(...options: readonly T[]): T => Object.assign(Object.create(null), ...options) as T
