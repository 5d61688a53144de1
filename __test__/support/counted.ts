/** A source that notes what is done to it. */
export interface Counted<T> extends AsyncIterableIterator<T> {
  pulled: number
  returned: number
  /** Most `next()` without an answer at a time. */
  mostPulls: number
}

/** 0, 1, 2, … as an async source; `latency` says when each item comes. */
export function counted(length = Infinity, latency: (index: number) => unknown = () => {}): Counted<number> {
  let pulls = 0
  return {
    pulled: 0,
    returned: 0,
    mostPulls: 0,
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      this.mostPulls = Math.max(this.mostPulls, ++pulls)
      const index = this.pulled++
      await latency(index)
      pulls--
      return index < length ? { value: index, done: false } : { value: undefined, done: true }
    },
    async return() {
      this.returned++
      return { value: undefined, done: true }
    },
  }
}

/** 0, 1, 2, … as a generator that notes what is done to it. */
export function generated(length = Infinity) {
  const notes = { pulled: 0, returned: 0 }
  function* generate() {
    try {
      while (notes.pulled < length) yield notes.pulled++
    } finally {
      notes.returned++
    }
  }
  return { notes, items: generate() }
}
