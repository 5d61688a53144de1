/** Carriers of this package. Their thread side is no module to be found, so it goes by a name. */

/** That of `carryStorage`. */
export const STORAGES = 'workpool:storages'
/** That of `workpool/opentelemetry`. */
export const TRACES = 'workpool:traces'
