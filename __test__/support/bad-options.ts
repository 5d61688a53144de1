// Bad options of scheduling: what is given, the class of the error, and what it says.

const TOO_LONG = 2 ** 31

export type Row = [options: object, ErrorClass: typeof TypeError | typeof RangeError, message: RegExp]

const badTimes = (owner: string, name: string, rest: object): Row[] => {
  const allowed = new RegExp(`^${owner}\\.${name} must be a number of ms above 0 and up to 2147483647, not `)
  const row = (value: unknown, ErrorClass: Row[1]): Row => [
    { [owner]: { ...rest, [name]: value } },
    ErrorClass,
    allowed,
  ]
  return [
    row('5', TypeError),
    row(null, TypeError),
    ...[0, -1, NaN, Infinity, TOO_LONG].map((value) => row(value, RangeError)),
    [
      { [owner]: rest },
      TypeError,
      new RegExp(`^${owner}\\.${name} is missing; ${owner} must be false, or an object with`),
    ],
  ]
}

/** When a pool is made. */
export const badPoolOptions: Row[] = [
  ...[null, 5, true, {}].map((value): Row => [
    { overload: value },
    TypeError,
    /^overload must be 'reject' or 'discard-/,
  ]),
  ...['', 'Reject', 'discard', 'constructor'].map((value): Row => [
    { overload: value },
    RangeError,
    /^overload must be 'reject' or 'discard-oldest', not '/,
  ]),
  ...[null, 5, true, 'off'].map((value): Row => [
    { shed: value },
    TypeError,
    /^shed must be false, or an object with target and interval, not /,
  ]),
  ...badTimes('shed', 'target', { interval: 5 }),
  ...badTimes('shed', 'interval', { target: 5 }),
  ...[null, 5, true, '10/s'].map((value): Row => [
    { rate: value },
    TypeError,
    /^rate must be false, or an object with limit and interval, not /,
  ]),
  ...badTimes('rate', 'interval', { limit: 5 }),
  ...[0, -1, 1.5, NaN, Infinity, 65_537].map((limit): Row => [
    { rate: { limit, interval: 5 } },
    RangeError,
    /^rate\.limit must be an integer from 1 to 65536, not /,
  ]),
  [{ rate: { limit: '5', interval: 5 } }, TypeError, /^rate\.limit must be an integer from 1 to 65536, not '5'/],
  [{ rate: { interval: 5 } }, TypeError, /^rate\.limit is missing/],
  [
    { rate: { limit: 5, interval: 5, intervl: 5 } },
    TypeError,
    /unknown option intervl in rate; did you mean interval\?/,
  ],
  [{ rate: { max: 5, duration: 5 } }, TypeError, /unknown option max in rate; did you mean limit\?/],
  [{ shed: { target: 5, interval: 5, x: 5 } }, TypeError, /unknown option x in shed; known are target, interval/],
  ...[0, -1, 1.5, NaN, -Infinity, TOO_LONG].map((value): Row => [
    { perKey: value },
    RangeError,
    /^perKey must be an integer from 1 to 2147483647, or Infinity, not /,
  ]),
  [{ perKey: '5' }, TypeError, /^perKey must be an integer/],
  ...[-1, 1.5, NaN, Infinity, TOO_LONG].map((value): Row => [
    { maxBlockingPerKey: value },
    RangeError,
    /^maxBlockingPerKey must be an integer from 0 to /,
  ]),
  [{ maxBlockingPerKey: null }, TypeError, /^maxBlockingPerKey must be an integer/],
  ...[0, -1, NaN, Infinity, TOO_LONG].map((value): Row => [
    { ageing: value },
    RangeError,
    /^ageing must be a number of ms above 0/,
  ]),
  [{ ageing: false }, TypeError, /^ageing must be a number of ms above 0/],
  // Contradictions.
  [{ overload: 'discard-oldest' }, TypeError, /^overload: 'discard-oldest' needs maxBlockingTasks of at least 1/],
  [{ overload: 'discard-oldest', maxBlockingTasks: 0 }, TypeError, /needs maxBlockingTasks of at least 1/],
  [{ ageing: 5, perKey: 1 }, TypeError, /^perKey is not possible with ageing/],
  [{ ageing: 5, maxBlockingPerKey: 1 }, TypeError, /^maxBlockingPerKey is not possible with ageing/],
]

/** Of a task. */
export const badTaskOptions: Row[] = [
  ...[0, -1, 1.5, NaN, Infinity, TOO_LONG].map((weight): Row => [
    { weight },
    RangeError,
    /^weight must be an integer from 1 to 2147483647, not /,
  ]),
  ...['2', null, true].map((weight): Row => [{ weight }, TypeError, /^weight must be an integer from 1/]),
  ...[5, null, true, {}, Symbol.iterator].map((key): Row => [{ key }, TypeError, /^key must be a string, not /]),
  [{ key: '' }, RangeError, /^key must be a string that is not empty/],
  [{ priority: 'Background' }, RangeError, /^priority must be .*'low' or 'background', not 'Background'/],
  [{ priority: Infinity }, RangeError, /^priority must be a safe integer from 0/],
  [{ tenant: 'a' }, TypeError, /unknown option tenant in the options of the task; did you mean key\?/],
  [{ cost: 5 }, TypeError, /did you mean weight\?/],
]
