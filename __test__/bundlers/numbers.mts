/** What application and tasks have in common. */
export type Term = number
export const sum = (a: Term, b: Term): Term => a + b
