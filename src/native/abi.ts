// What Rust and TypeScript agree on by number. `npm run abi` writes it from `crate/abi` and the core.

/** Why a task is not accepted. A call that may be refused answers with a larger number otherwise. */
export const enum Refusal {
  /** The pool is closed. */
  closed = -2147483648,
  /** The pool is full; its numbers are in `Word.waiting` and `Word.capacity`. */
  overload = -2147483647,
  /** Nothing is free, and the task may not wait. */
  waitTimeout = -2147483646,
  /** The system gives no thread that would see to the task's times. */
  untimely = -2147483645,
  /** It is not known whether the stack has room: nothing has been done or counted. See `needHeadroom`. */
  deep = -2147483644,
  /** The pool is paused; its numbers are where those of an overload are, as for the next two. */
  paused = -2147483643,
  /** As many tasks of its key run or wait as may. */
  key = -2147483642,
  /** As many tasks have started as may for now. */
  rate = -2147483641,
}

/** How a task is offered to a pool. */
export const enum Offer {
  /** To this pool alone: it may wait, and a refusal is counted. */
  normal = 0,
  /**
   * To this pool before others: only if it can start at once, or a booting worker will take it; a refusal is not counted.
   */
  atOnce = 1,
  /** To this pool among others: it may wait; that the pool is full or closed is not counted. */
  uncounted = 2,
}

/** How a closure has ended. */
export const enum How {
  /** With a result. */
  completed = 0,
  /** With an error. */
  failed = 1,
  /** With an error after which its resource must not be used again. */
  failedAndBroken = 3,
}

/** What an abort has met. */
export const enum Cancelled {
  /** The task waited: it never runs. */
  waiting = 0,
  /** The task runs: it goes on. */
  running = 1,
  /** The task has settled before. */
  late = 2,
}

/**
 * What a function is told that asks whether it had better end; a positive number is the `timeout` that its task has exceeded.
 */
export const enum Interruption {
  /** Nothing has happened to its task. */
  nothing = 0,
  /** The task was aborted. */
  aborted = -1,
}

/** What an origin has found that looked for its next outcome. */
export const enum Linger {
  /** Nothing has come. */
  nothing = 0,
  /** Something has come. */
  found = 1,
  /** The event loop is to have its turn before the next look. */
  turn = 2,
}

/** What an isolate is to do. What it is about stands in `Word.first`, `second` and `third`, in this order. */
export const enum CommandKind {
  /** Nothing is left to do. */
  nothing = 0,
  /** Start a task: worker, task. */
  start = 1,
  /** Make a worker, or its resource: worker. */
  boot = 2,
  /** Take a worker down: worker. */
  retire = 3,
  /** Reject a task: task, `Rejection`, the limit that it exceeded in ms. */
  reject = 4,
  /** Settle a watch: token; 0 if its condition holds, else 1 + how many workers were left; of a vacancy a `Vacancy`. */
  watched = 5,
  /** End a thread, whatever it does: worker. */
  kill = 6,
  /** Send the argument of a task to its thread by a message port: worker, task. */
  sendArgument = 7,
  /** Tasks have ended: drain the outcomes. */
  outcomes = 8,
  /** This isolate, a thread of a pool, has been given tasks. */
  tasks = 9,
  /** A thread is dead; Node says so to its owner, too, unless that is blocked: worker, number of the thread. */
  died = 10,
  /** In a thread, abort the signal of a task: task, 1 if only a task that has settled is meant. */
  abort = 11,
  /** A worker that is being taken down counts no more, or one that is being made is too late: worker. */
  overdue = 12,
  /** Ask whether the resource of an idle worker can still be used: worker. */
  validate = 13,
  /** A stream that this isolate consumes has chunks: its number. */
  chunks = 14,
  /** A stream that this isolate, a thread, produces has credit again, or nobody consumes it any more: its number. */
  credits = 15,
}

/** Why a task settles without its function. */
export const enum Rejection {
  /** It waited when the pool was released. */
  released = 0,
  /** It had no worker within its `waitTimeout`. */
  waitTimeout = 1,
  /** It ran longer than its `timeout`. */
  taskTimeout = 2,
  /** Its thread has died under it. */
  crashed = 3,
  /** No thread could be started for it. */
  startFailed = 4,
  /** The pool was destroyed. */
  destroyed = 5,
  /** It gave way to another task, as the queue was full. */
  displaced = 6,
  /** It waited for too long in a queue that did not empty. */
  shed = 7,
  /** It waited when the queue was cleared. */
  cleared = 8,
  /** It was bound to a thread that took no more tasks before it had begun this one. */
  leftOut = 9,
}

/** How a wait for a vacancy has ended. */
export const enum Vacancy {
  /** A submit would not have to wait. */
  told = 0,
  /** The pool is closed. */
  closed = 1,
  /** Its time is over. */
  late = 2,
}

/** Places of the 32-bit words, which come first. */
export const enum Word {
  /** 1 while commands may be there for the isolate. */
  pending = 0,
  /** The task of the last `submit`, if it was accepted; in a thread, the one that is to begin. */
  task = 1,
  /** Whether the last `finish` or `done` has settled its task. */
  settled = 2,
  /** The pool of the last command: the number of its handle. */
  handle = 3,
  /** What the last command is about; in a thread, the function of the task that is to begin. */
  first = 4,
  /** More about the command; of a value that comes in, the length of its bytes. */
  second = 5,
  /** Whether no task of the pool is left after the last `finish`, `cancel` or rejection. */
  quiet = 6,
  /** In a thread: whether its event loop has not had its turn for long. */
  turn = 7,
  /** Of the value that goes out with a call: its `ValueKind`. */
  kind = 8,
  /** Of the value that goes out with a call: how many bytes it has. */
  length = 9,
  /** Still more about the last command. */
  third = 10,
  /** Of the pool that has refused a task as it is full: what waits. Read at once. */
  waiting = 11,
  /** Of that pool: its capacity, or `UNBOUNDED`. */
  capacity = 12,
  /**
   * Of the task of the last `submit` or `run`, or of the last command. A number is used again; with its stamp it names one task.
   */
  stamp = 13,
  /** Whether the bytes of the value that goes out are in what has been lent, and not at the end of the exchange. */
  lent = 14,
}

/** Places of a task's times among the numbers. */
export const enum Time {
  /** The task's number in its pool, from 1. */
  id = 0,
  /** How long it has waited. */
  waitMs = 1,
  /** How long it has run. */
  runMs = 2,
}

/** What a value is made of. */
export const enum ValueKind {
  /** `undefined`. */
  undefined = 0,
  /** A number. */
  number = 1,
  /** `true`. */
  true = 2,
  /** `false`. */
  false = 3,
  /** `null`. */
  null = 4,
  /** Bytes that `Encoder` has made. */
  bytes = 5,
  /** It comes by the message port. */
  port = 6,
  /** Bytes that V8's serializer has made. */
  serialized = 7,
  /**
   * One view or buffer of many bytes, and nothing else: its number says of which kind. Comes by `bring`, goes by `fill`.
   */
  view = 8,
  /** A native job that has ended: `conclude` takes it by its number. */
  job = 9,
}

/** What is said of a value beside its kind. */
export const enum ValueFlag {
  /** What of the number is the kind. */
  mask = 255,
  /** The exchange has no room for its bytes: they go by `fill`. */
  large = 256,
  /** It is what a task has failed with. */
  failed = 512,
  /** The owner of the thread may not have read yet what that has printed before. */
  printed = 1024,
  /** It is no end: the task tells how far it has come. `Figure.id` is the stamp of the task. */
  progress = 2048,
}

/** Columns of an outcome, 32 bits each. */
export const enum Column {
  /** Its pool. */
  handle = 0,
  /** Its task. */
  task = 1,
  /** The `ValueKind` of its value, with `ValueFlag`s. */
  kind = 2,
  /** Where the bytes of its value begin. */
  offset = 3,
  /** How many there are. */
  length = 4,
}

/** Figures of an outcome, 64 bits each. */
export const enum Figure {
  /** The number of its value. */
  value = 0,
  /** Of a failed task: its number in its pool. */
  id = 1,
  /** Of a failed task: how long it has waited. */
  waitMs = 2,
  /** Of a failed task: how long it has run. */
  runMs = 3,
}

/** Words of the head. */
export const enum BatchHead {
  /** The pool. */
  handle = 0,
  /** The number of the reservation. */
  reservation = 1,
  /** Its stamp. */
  stamp = 2,
  /** How many tasks are handed in; then, how many have been taken in. Fewer if the places are gone. */
  count = 3,
  /** Of calls: the number of the export, with its flags. */
  export = 4,
}

/** Words of an answer. The answers are where the rows were. */
export const enum BatchRow {
  /** The worker that has the task; `NONE` if the task waits. */
  worker = 0,
  /** The number of the task. */
  task = 1,
  /** Its stamp. */
  stamp = 2,
}

/** Words of the row of an argument. */
export const enum ArgumentRow {
  /** Of the value: half of its number. */
  numberLow = 0,
  /** The other half. */
  numberHigh = 1,
  /** The `ValueKind` of the value. */
  kind = 2,
  /** Where its bytes begin in the array. */
  offset = 3,
  /** How many there are. */
  length = 4,
}

/** Numbers at the beginning of the array. */
export const enum MeasuresHead {
  /** The pool. Then, whether it measures or has measured: 1 or 0. */
  handle = 0,
}

/** Numbers before the counts. */
export const enum MeasureHead {
  /** How many times there are. */
  count = 0,
  /** All of them together, in nanoseconds. */
  sum = 1,
  /** The shortest one, in nanoseconds. */
  shortest = 2,
  /** The longest one, in nanoseconds. */
  longest = 3,
}

/** Words of the head. */
export const enum StreamHead {
  /** The stream. Written by the consumer. */
  number = 0,
  /** For how many chunks the consumer gives credit back. Written by the consumer. */
  consumed = 1,
  /** How many chunks are in the array. */
  count = 2,
  /** 1 if the event loop of the consumer is to have its turn before the next ones. */
  turn = 3,
}

/** What a producer is told that has sent a chunk. */
export const enum Flow {
  /** It goes on. */
  go = 0,
  /** It is woken when there is credit again. */
  full = 1,
  /** It goes on after a turn of its event loop. */
  turn = 2,
  /** Nobody consumes any more; the last chunk has not been sent. */
  closed = 3,
}

/** What a consumer has found that looked for a chunk. */
export const enum Look {
  /** Nothing: it is woken for the next one. */
  nothing = 0,
  /** There is a chunk. */
  chunk = 1,
  /** Something else has come. */
  other = 2,
}

/** Numbers that stand for something else than the call is about. */
export const enum Special {
  /** The largest number of a refusal. */
  lastRefusal = -2147483641,
  /** No task; of `detail`, no value; of `shapeNumber`, no room for another one. */
  none = -1,
  /** No task for this thread, but something else to do. */
  other = -2,
  /** As a `waitTimeout`: the task waits for as long as it takes. */
  noLimit = -1,
  /** As a capacity: it has no limit. */
  unbounded = -1,
}

/** What the token of a watch says. */
export const enum Token {
  /** Its promise keeps the process alive. */
  held = 1,
}

/** How the registers are laid out. */
export const enum Registers {
  /** How many words there are; the 64-bit numbers, which follow, begin at a multiple of 8 bytes. */
  words = 16,
  /** Among the numbers: that of the value that comes in. */
  incoming = 0,
  /** Among the numbers: that of the value that goes out with a call, behind all that are ever answered. */
  outgoing = 33,
  /** How many numbers there are. */
  numbers = 34,
  /**
   * Where the word is that counts how often something may have happened to a task of this thread, in bytes. Other threads write it.
   */
  alertsAt = 336,
}

/** How the exchange is laid out, in bytes. */
export const enum Exchange {
  /** Most outcomes that are handed over at a time. */
  outcomes = 256,
  /** How many columns an outcome has. */
  columns = 5,
  /** How many figures an outcome has. */
  figures = 4,
  /** Where the figures begin. */
  figuresAt = 5120,
  /** Where the bytes of values that come in begin. */
  bytesAt = 13312,
  /** Where the bytes of a value that goes out begin. */
  outgoingAt = 78848,
  /** Most bytes of a value that goes out by the exchange. */
  outgoingBytes = 16384,
}

/** How the array is laid out. */
export const enum Batching {
  /** Words of the head; the rows begin at a multiple of 16 bytes. */
  batchHead = 8,
  /** Words of an answer. */
  answer = 3,
  /** Words of the row of an argument; the next one begins at a multiple of 8 bytes. */
  argument = 6,
  /** Most tasks that are handed in by one call: as many as the core takes in at a time. */
  heldAtOnce = 1024,
}

/**
 * How the array is laid out, and which times are in a bucket: the first 2 × `STEPS` buckets are `UNIT` wide, the next
 * `STEPS` twice as wide, and so on.
 */
export const enum Measuring {
  /** Buckets of a histogram. */
  buckets = 2112,
  /** Buckets of one width. */
  steps = 64,
  /** Nanoseconds in the narrowest ones. */
  unit = 16,
  /** Numbers of one histogram. */
  measure = 2116,
  /** Numbers in the array. */
  measures = 4233,
}

/** How the array is laid out. */
export const enum Streaming {
  /** Words of the head. */
  streamHead = 4,
  /** Most chunks that are taken at a time. */
  chunks = 128,
  /** Where the bytes begin, in bytes. */
  chunkBytesAt = 3088,
  /** How many bytes the array has. */
  chunkArray = 68624,
}
