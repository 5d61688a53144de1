/* Native jobs in C, for tests: what they do, and counts of what has been called. */
#ifdef _WIN32
#include <windows.h>
#define pause_for_a_moment() Sleep(1)
#else
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>
#define pause_for_a_moment() usleep(500)
#endif

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workpool.h"

/* Of the process: all isolates see the same. */
static atomic_int submitted, started, executed, completed, failed, disposed, disposed_without_env, aborted;
/* Jobs that wait for it go on when it has another value. */
static atomic_int gate;

enum kind { SUM, HOLD, HEED, FAIL, CODE, THROW, NOTHING, TELL, NAME, CUSTOM };

typedef struct {
  enum kind kind;
  double a, b, result;
  char text[64];
  napi_ref ticket;
} data;

static int execute(void* all, workpool_task* task) {
  data* job = all;
  const int closed = atomic_load(&gate);
  atomic_fetch_add(&started, 1);
  switch (job->kind) {
    case HEED:
      while (!workpool_is_aborted(task)) pause_for_a_moment();
      atomic_fetch_add(&aborted, 1);
      break;
    case HOLD:
      while (atomic_load(&gate) == closed) pause_for_a_moment();
      if (workpool_is_aborted(task)) atomic_fetch_add(&aborted, 1);
      break;
    case FAIL:
    case CUSTOM:
      workpool_fail(task, "first reason");
      workpool_fail(task, job->text);
      break;
    case TELL:
      for (int i = 1; i <= (int)job->a; i++) workpool_progress(task, i);
      break;
    case NAME:
#ifndef _WIN32
      pthread_getname_np(pthread_self(), job->text, sizeof job->text);
#endif
      break;
    default:
      job->result = job->a + job->b;
  }
  atomic_fetch_add(&executed, 1);
  return job->kind == CODE ? (int)job->a : 0;
}

static void complete(napi_env env, void* all, napi_value* value) {
  data* job = all;
  atomic_fetch_add(&completed, 1);
  if (job->kind == THROW) {
    napi_throw_range_error(env, "ERR_OF_ADDON", "no result");
  } else if (job->kind == NAME) {
    napi_create_string_utf8(env, job->text, NAPI_AUTO_LENGTH, value);
  } else if (job->kind != NOTHING) {
    napi_create_double(env, job->result, value);
  }
}

static void fail(napi_env env, void* all, const char* message, napi_value* error) {
  napi_value text;
  (void)all;
  atomic_fetch_add(&failed, 1);
  napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text);
  napi_create_type_error(env, NULL, text, error);
}

static void dispose(napi_env env, void* all) {
  data* job = all;
  atomic_fetch_add(env == NULL ? &disposed_without_env : &disposed, 1);
  if (env != NULL && job->ticket != NULL) napi_delete_reference(env, job->ticket);
  free(job);
}

/* do(ticket, kind, a, b | text) → promise */
static napi_value submit(napi_env env, napi_callback_info info) {
  size_t argc = 4;
  napi_value argv[4], promise = NULL;
  int32_t kind = 0;
  data* job = calloc(1, sizeof *job);
  atomic_fetch_add(&submitted, 1);
  napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
  napi_get_value_int32(env, argv[1], &kind);
  job->kind = (enum kind)kind;
  napi_get_value_double(env, argv[2], &job->a);
  napi_get_value_double(env, argv[3], &job->b);
  napi_get_value_string_utf8(env, argv[3], job->text, sizeof job->text, NULL);
  napi_valuetype type;
  if (napi_typeof(env, argv[0], &type) == napi_ok && type == napi_object) {
    napi_create_reference(env, argv[0], 1, &job->ticket);
  }
  const workpool_job described = {job, execute, job->kind == SUM && job->a < 0 ? NULL : complete,
                                  job->kind == CUSTOM ? fail : NULL, dispose};
  workpool_submit(env, argv[0], &described, &promise);
  return promise;
}

/* A job without execute. */
static napi_value submit_nothing(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value ticket, promise = NULL;
  napi_get_cb_info(env, info, &argc, &ticket, NULL, NULL);
  const workpool_job described = {calloc(1, sizeof(data)), NULL, NULL, NULL, dispose};
  workpool_submit(env, ticket, &described, &promise);
  return promise;
}

static napi_value open_gate(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  atomic_fetch_add(&gate, 1);
  return NULL;
}

static napi_value counts(napi_env env, napi_callback_info info) {
  const struct {
    const char* name;
    atomic_int* count;
  } all[] = {{"submitted", &submitted}, {"started", &started},   {"executed", &executed}, {"completed", &completed},
             {"failed", &failed},     {"disposed", &disposed}, {"disposedWithoutEnv", &disposed_without_env},
             {"aborted", &aborted}};
  napi_value object, value;
  (void)info;
  napi_create_object(env, &object);
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    napi_create_int32(env, atomic_load(all[i].count), &value);
    napi_set_named_property(env, object, all[i].name, value);
  }
  return object;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor all[] = {
      {"submit", NULL, submit, NULL, NULL, NULL, napi_default, NULL},
      {"submitNothing", NULL, submit_nothing, NULL, NULL, NULL, napi_default, NULL},
      {"open", NULL, open_gate, NULL, NULL, NULL, napi_default, NULL},
      {"counts", NULL, counts, NULL, NULL, NULL, napi_default, NULL},
  };
  napi_define_properties(env, exports, sizeof all / sizeof *all, all);
  return exports;
}
