export const closureGroups = []
