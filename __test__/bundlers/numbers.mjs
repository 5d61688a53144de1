/** What application and tasks have in common. */
export const sum = (a, b) => a + b
