/** Carriers of every thread pool that is made from now on in this isolate, besides its own. */
import type { CheckedCarrier } from './carry-options.js'

let carriers: readonly CheckedCarrier[] = []

/** They stand around those of the pool. */
export const defaultCarriers = (): readonly CheckedCarrier[] => carriers

/** Gives what takes the carrier back, for pools that are made later. */
export function addDefaultCarrier(carrier: CheckedCarrier): () => void {
  carriers = [...carriers, carrier]
  return () => {
    carriers = carriers.filter((each) => each !== carrier)
  }
}
