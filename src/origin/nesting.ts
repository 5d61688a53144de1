/** Beyond so many closures and handlers inside one another on the stack, a closure starts from a microtask. Else the stack would end some day. */
export const MOST_NESTED = 100

/** How many closures and handlers are on the stack, of whatever pools of this isolate. */
export const nesting = { depth: 0 }
