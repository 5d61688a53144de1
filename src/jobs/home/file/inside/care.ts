import type { PGlite } from '@electric-sql/pglite' with { 'resolution-mode': 'import' }

/** After so many statements: about 1,000 jobs, which leave some 3,000 dead rows. */
const STATEMENTS = 4_000

/**
 * What a server does in the background, and PGlite does not: dead rows are removed (`VACUUM`), and what is in the log is
 * written to its place, so that the log does not grow without an end and a reopening after a crash is short
 * (`CHECKPOINT`).
 */
export class Care {
  readonly #database: PGlite
  #statements = 0

  constructor(database: PGlite) {
    this.#database = database
  }

  /** After a statement. `waiting`: how many there are, for which nothing is put off for ever. */
  async after(waiting: number): Promise<void> {
    const due = waiting === 0 ? STATEMENTS : 2 * STATEMENTS
    if (++this.#statements >= due) await this.tidy()
  }

  async tidy(): Promise<void> {
    if (this.#statements === 0) return
    this.#statements = 0
    await this.#database.exec('VACUUM (ANALYZE)')
    await this.#database.exec('CHECKPOINT')
  }
}
