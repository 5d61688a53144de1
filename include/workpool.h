/*
 * workpool.h: native jobs. An addon has its work done on the threads of a pool of workpool instead of those of libuv.
 * It is C11 and C++17, needs nothing but node_api.h, and there is nothing to link.
 *
 * The JavaScript side makes a ticket for each job, `native.job({ timeout: 2000 })`, and passes it to the addon. The addon
 * hands a job in with it and returns the promise:
 *
 *   static int execute(void* data, workpool_task* task) { …; return 0; }            // on a thread of the pool
 *   static void complete(napi_env env, void* data, napi_value* value) { … }         // on the event loop
 *   static void dispose(napi_env env, void* data) { free(data); }
 *
 *   const workpool_job job = { data, execute, complete, NULL, dispose };
 *   napi_value promise = NULL;
 *   workpool_submit(env, ticket, &job, &promise);
 *   return promise;
 *
 * Copyright (c) the authors of workpool. MIT licensed.
 */
#ifndef WORKPOOL_H
#define WORKPOOL_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of what is declared here. A package with a higher one serves addons of this one, too, or refuses them with
 * an error that says so; a package with a lower one refuses them. */
#define WORKPOOL_ABI_VERSION 1u

/* A job that runs. It is valid within the call of execute. */
typedef struct workpool_task workpool_task;

/* What is to be done. The job belongs to the pool as soon as it is handed in, however that ends. */
typedef struct workpool_job {
  /* What the functions are called with. */
  void* data;

  /* Does the work, on a thread of the pool. It must not call Node-API, and must not throw. Returns 0; anything else means
   * that the job has failed, as workpool_fail does. Needed. */
  int (*execute)(void* data, workpool_task* task);

  /* Makes the result of a job that has succeeded, on the event loop on which the job was handed in. What it throws (by
   * napi_throw and the like) the promise rejects with. Without a value, and without this function, the result is
   * undefined. It is not called if the promise has been rejected before, because of a timeout or an abort. */
  void (*complete)(napi_env env, void* data, napi_value* value);

  /* Makes the error of a job that has failed, in place of `complete`. Without a value, and without this function, the
   * promise rejects with an Error that has the message, also as its `cause`. */
  void (*fail)(napi_env env, void* data, const char* message, napi_value* error);

  /* Always called, exactly once, as the last of these functions: also if the job was refused or never ran. On the event
   * loop, after `complete` and `fail`. If the event loop has ended while the job ran, `env` is NULL, the call comes on any
   * thread, and what belongs to the environment, such as references, is gone and must not be touched. It must not call
   * JavaScript. */
  void (*dispose)(napi_env env, void* data);
} workpool_job;

/* What follows, up to the functions, is for the functions below. */

typedef struct workpool_table {
  uint32_t version;
  uint32_t size;
  napi_status (*submit)(const struct workpool_table* table, napi_env env, napi_value ticket, const workpool_job* job,
                        napi_value* promise);
} workpool_table;

typedef struct workpool_task_calls {
  int (*is_aborted)(const workpool_task* task);
  void (*fail)(workpool_task* task, const char* message);
  void (*progress)(workpool_task* task, double value);
} workpool_task_calls;

struct workpool_task {
  const workpool_task_calls* calls;
};

/* Says that the address in an external is that of a table, whatever the version of the table is. */
static const napi_type_tag WORKPOOL_TYPE_TAG = {0x8b2d61f05c3e4a97u, 0xd4a07be91f6542c8u};

/* The table that a ticket leads to; NULL if the value is no ticket. */
static inline const workpool_table* workpool_table_of(napi_env env, napi_value ticket) {
  napi_value external = NULL;
  napi_valuetype type = napi_undefined;
  bool is_table = false;
  void* table = NULL;
  if (napi_typeof(env, ticket, &type) != napi_ok || type != napi_object) return NULL;
  if (napi_get_named_property(env, ticket, "workpool", &external) != napi_ok) return NULL;
  if (napi_typeof(env, external, &type) != napi_ok || type != napi_external) return NULL;
  if (napi_check_object_type_tag(env, external, &WORKPOOL_TYPE_TAG, &is_table) != napi_ok || !is_table) return NULL;
  if (napi_get_value_external(env, external, &table) != napi_ok) return NULL;
  return (const workpool_table*)table;
}

/*
 * Hands in a job with a ticket, and gives the promise of the job. On the event loop, within a call from JavaScript.
 *
 * The promise rejects with what the job has failed with, and with the errors of the pool: closed, overload, timeouts, the
 * reason of an abort. If something is wrong with the ticket, or with the version of the package, a TypeError is thrown and
 * napi_pending_exception returned. In any case the pool disposes of the job, and the addon has nothing to free.
 */
static inline napi_status workpool_submit(napi_env env, napi_value ticket, const workpool_job* job,
                                          napi_value* promise) {
  const workpool_table* table = workpool_table_of(env, ticket);
  bool is_pending = false;
  if (table != NULL && table->version >= WORKPOOL_ABI_VERSION) return table->submit(table, env, ticket, job, promise);
  if (job->dispose != NULL) job->dispose(env, job->data);
  if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending) return napi_pending_exception;
  if (table == NULL) {
    napi_throw_type_error(env, "ERR_POOL_OPTION",
                          "workpool: the ticket is missing; it is made by job() of a NativePool");
  } else {
    napi_throw_type_error(env, "ERR_POOL_ADDON",
                          "workpool: this addon was built for a newer version of workpool than the one that is "
                          "installed; update workpool, or build the addon with the headers of the installed version");
  }
  return napi_pending_exception;
}

/* Whether nobody wants the result any more: the promise has been rejected, or the pool wants its running jobs to end. A
 * job that looks now and then, and returns, gives its thread back sooner. It costs about a nanosecond. From any thread,
 * while execute has not returned. */
static inline bool workpool_is_aborted(const workpool_task* task) { return task->calls->is_aborted(task) != 0; }

/* Says that the job has failed, and why; the text is copied. If it is said again, the last time counts. Execute goes on
 * until it returns, and what it returns does not matter then. On the thread of execute. */
static inline void workpool_fail(workpool_task* task, const char* message) { task->calls->fail(task, message); }

/* Says how far the job has come, as a number of which the addon and its users know the meaning. `onProgress` of the ticket
 * hears the newest one; without it this does nothing. On the thread of execute. */
static inline void workpool_progress(workpool_task* task, double value) { task->calls->progress(task, value); }

#ifdef __cplusplus
}
#endif

#endif
