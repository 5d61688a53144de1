/**
 * The core as TypeScript sees it. What is typed by napi-rs comes from `binding/`; the functions that are called per
 * task are raw Node-API and typed here. `crate/node/src/raw/` is the other side of every line.
 */
import {
  type Cancelled,
  type CommandKind,
  Exchange,
  type Flow,
  type How,
  type Linger,
  type Look,
  type Offer,
  type Refusal,
  Registers,
  type ValueKind,
  Word,
} from './abi.js'
import { measureBy } from '../base/headroom.js'
import { type Addon, addon } from './addon.js'

interface Raw {
  /** Names this load of the addon; the first argument of everything typed by napi-rs. */
  readonly isolate: number
  /** Shared with the core: 32-bit words, then 64-bit numbers. */
  readonly registers: ArrayBuffer
  /** Hands over the function that the event loop calls when another thread has left commands. Once per isolate. */
  attach(wake: () => void): void
  /** A worker (≥ 0), `~task` of a waiting task, or a refusal (≤ `Special.lastRefusal`). */
  submit(handle: number): number
  /** The same for a task that may be offered to other pools, too. */
  offer(handle: number, offer: Offer): number
  /**
   * The same with options: `Infinity` as the priority of one in the background, `Special.noLimit` for no `waitTimeout`,
   * 0 for no `timeout`. `isKeyed`: its key is the one that was named last. `group`: 0 for none; `limit`: that of the group, 0 for none.
   */
  submit_with(
    handle: number,
    priority: number,
    waitTimeout: number,
    timeout: number,
    timed: number,
    offer: Offer,
    weight?: number,
    isKeyed?: number,
    group?: number,
    limit?: number,
  ): number
  /** Names the key of the next task, or wait for a vacancy, that has one. */
  name_key(key: string): void
  /**
   * Reserves places for so many tasks, as `submit_with` for each: 0, and the words `task` and `stamp` name them; or a
   * refusal.
   */
  reserve_places(
    handle: number,
    count: number,
    priority: number,
    waitTimeout: number,
    timeout: number,
    timed: number,
    offer: Offer,
    weight: number,
    keyed: number,
  ): number
  /** The same, and the places that the words `task` and `stamp` name get these as well. */
  reserve_more: Raw['reserve_places']
  /** No task comes for the places that are left. */
  give_back_places(handle: number, number: number, stamp: number): void
  /** Hands in tasks of a batch; `Batching` says what is where in the array, which is to be aligned. */
  submit_batch(array: Uint8Array): void
  /** The same of calls, with their arguments. */
  run_batch(array: Uint8Array): void
  /** The closure is called now. */
  begin(handle: number, task: number, stamp: number): void
  /** The closure goes on after its call: its `timeout` can end it. */
  limit(handle: number, task: number, stamp: number): void
  /** The closure has ended: the next task of this worker, or `Special.none`. */
  finish(handle: number, worker: number, how: How): number
  /** What the abort of its signal met. */
  cancel(handle: number, task: number, stamp: number): Cancelled
  /** A waiting task gets another priority, behind all others of that: 1, or 0 if the task does not wait. */
  set_priority(handle: number, task: number, stamp: number, priority: number): number
  /** In a pool of threads: 1 if the function of the task has been called, and has not ended. */
  has_begun(handle: number, task: number, stamp: number): number
  /** 1 if a task of the group waits, or a function of one runs. */
  is_group_open(handle: number, group: number): number
  /** The stamp of the task that has this number; 0 if there is none. */
  stamp(handle: number, task: number): number
  /** The resource is there: the first task of this worker, or `Special.none`. */
  booted(handle: number, worker: number): number
  /** There is no resource: the task that fails for it, or `Special.none`. */
  boot_failed(handle: number, worker: number): number
  /** The resource that was validated must not be used any more. */
  invalid(handle: number, worker: number): void
  /** A promise is open that keeps the process alive, until `let_go`. */
  hold(handle: number): void
  let_go(handle: number): void
  /** The resource is disposed of. */
  retired(handle: number, worker: number): void
  /** Writes number, waitMs and runMs of a timed task to the numbers. */
  times(handle: number, task: number, stamp: number): void
  /** The next command; what it is about is in the words. */
  poll(): CommandKind
  /** 1 if a task could start now, or a booting worker would take it. */
  has_room(handle: number): number
  /**
   * 1 if a submit would not have to wait, and nobody awaits a vacancy; `Refusal.deep` where the stack may be about to
   * end.
   */
  has_vacancy(handle: number): number
  /** After so many ms a task with this refusal had better be submitted again; `Special.none`: that is not known. */
  retry_after(handle: number, refusal: Refusal): number
  /** Memory in which values come in. */
  readonly exchange: ArrayBuffer
  /** From now on what goes out is in this array. */
  lend(array: Uint8Array): void
  /** The next value to go out is these bytes; copies them. */
  bring(array: Uint8Array): void
  /** Writes the last value that did not fit into the exchange into this array. */
  fill(array: Uint8Array): void
  /**
   * To a thread, with the value that is described in the registers: a task (≥ 0) or a refusal. `exportCode`: the number
   * of the export, and flags, see `wire/values.ts`.
   */
  run(handle: number, exportCode: number): number
  /** The same with options, as those of `submit_with`. */
  run_with(
    handle: number,
    exportCode: number,
    priority: number,
    waitTimeout: number,
    timeout: number,
    timed: number,
    offer: Offer,
    isKeyed?: number,
    group?: number,
    limit?: number,
  ): number
  /** Submits the native job that an addon is handing in: a task (≥ 0) or a refusal. `isListened`: somebody hears of its progress. */
  run_job(
    handle: number,
    priority: number,
    waitTimeout: number,
    timeout: number,
    timed: number,
    offer: Offer,
    isKeyed: number,
    group: number,
    limit: number,
    isListened: number,
  ): number
  /** The result of a native job that has ended, or the error of one that has failed. Throws what the addon throws. */
  conclude(place: number): unknown
  /** A native job had better end, if a thread has it. */
  interrupt_job(handle: number, task: number, stamp: number): void
  /** What a ticket has for addons, which submit with it through `submit`. Once per isolate. */
  serve_jobs(submit: (ticket: unknown) => Promise<unknown>): object
  /** A refusal, if a task with these options would be refused just now; else 0. */
  refuse(
    handle: number,
    priority: number,
    waitTimeout: number,
    timeout: number,
    offer: Offer,
    isKeyed?: number,
    group?: number,
    limit?: number,
  ): number
  /** A refusal, if the pool is paused; else 0. */
  refuse_if_paused(handle: number): number
  /** Looks for what comes next for as long as it is worth it: what has been found. */
  linger(): Linger
  /** How many ends of tasks have been put into the exchange. */
  drain(): number
  /**
   * In a thread: the kind of the next task's argument, and the words say what it is about; or `Special.none`, or
   * `Special.other`.
   */
  next(): number
  /** In a thread: the module is there. As `next`. */
  started(): number
  /** In a thread: a task has ended, with the value that is described in the registers. As `next`. */
  done(task: number, isFailed: number, hasPrinted: number, isWornOut: number): number
  /** In a thread: how far this task has come is described in the registers. */
  progress(task: number): void
  /** In a thread: whether this task had better end, as an `Interruption`, or the `timeout` that it has exceeded. */
  interruption(task: number): number
  /** In a thread: the argument of this task is to be posted. */
  fetch(task: number): void
  /** Opens a stream that this isolate consumes, of which so many chunks may be on their way; gives its number. */
  stream_open(most: number): number
  /** Gives credit back for so many chunks. */
  stream_credit(number: number, consumed: number): void
  /** Gives credit back and takes chunks; `StreamHead` and `ArgumentRow` say what is where in the array. */
  stream_take(array: Uint8Array): void
  /** Looks for a chunk for as long as it is worth it; if there is none, this isolate is told of the next one. */
  stream_look(number: number): Look
  /** Nobody consumes the stream any more; what has come can still be taken. 1 if a thread produces. */
  stream_close(number: number): number
  /** Nobody asks for what is left of the stream. */
  stream_forget(number: number): void
  /** In a thread: begins to produce; 1 if somebody consumes. */
  stream_attach(number: number): number
  /** In a thread: sends the chunk that is described in the registers. */
  stream_send(number: number): Flow
  /** In a thread: whether another chunk may be sent; if not yet, this isolate is told when. */
  stream_flow(number: number): Flow
  /** In a thread: no further chunks are sent. */
  stream_end(number: number): void
  /** The kind of what the last command has beside its numbers, or `Special.none`; read as a task's argument. */
  detail(): number
  /** Why a thread could not be started: as `detail`. */
  start_failure(handle: number): number
  /** A thread has died, for the reason that is described in the registers. */
  crashed(handle: number, worker: number): void
  /** A thread cannot be started, for the reason that is described in the registers. */
  start_failed(handle: number, worker: number): void
  /** Aborts the signal of a task, if a thread has it; `ifSettled`: and if it has settled. */
  abort(handle: number, task: number, stamp: number, ifSettled: number): void
  /** 1 if there is known to be room on the stack. */
  headroom(): number
  /** So many bytes fit on the stack. */
  found_headroom(bytes: number): void
  /**
   * Writes everything that `stats()` and the getters show to the numbers, but for the times of tasks: 1 if there are
   * such, because the pool measures or has measured.
   */
  snapshot(handle: number): number
  /** Reads the times of tasks into the array, of which `MeasuresHead` and `MeasureHead` say what is where; as `snapshot`, too. */
  measured(array: Uint8Array): void
  /** 1 if the times of tasks are measured. */
  is_measuring(handle: number): number
}

export const native = addon as Addon & Raw
export const { isolate } = native

measureBy(native)

export const words = new Int32Array(native.registers, 0, Registers.words)
export const numbers = new Float64Array(
  native.registers,
  Registers.words * Int32Array.BYTES_PER_ELEMENT,
  Registers.numbers,
)

/** Describes the value that goes out with the next call; where its bytes are, if it has any, says `Word.lent`. */
export function describe(kind: ValueKind, number: number, length: number): void {
  words[Word.kind] = kind
  words[Word.length] = length
  numbers[Registers.outgoing] = number
}

/** Of each outcome what `Column` names, and what `Figure` names. */
export const outcomes = new Int32Array(native.exchange, 0, Exchange.outcomes * Exchange.columns)
export const figures = new Float64Array(native.exchange, Exchange.figuresAt, Exchange.outcomes * Exchange.figures)
/** The bytes of values that come in. */
export const exchanged = new Uint8Array(native.exchange, Exchange.bytesAt, Exchange.outgoingAt - Exchange.bytesAt)
