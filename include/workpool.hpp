/*
 * workpool.hpp: native jobs as classes, over node-addon-api. C++17 and later. See workpool.h.
 *
 * An Napi::AsyncWorker moves by changing its base class and taking a ticket:
 *
 *   class Hash : public workpool::Job {
 *    public:
 *     Hash(Napi::Env env, Napi::Value ticket, std::string text) : Job(env, ticket), text_(std::move(text)) {}
 *     void Execute() override { digest_ = digest(text_); }                             // on a thread of the pool
 *     void OnOK() override { Resolve(Napi::String::New(Env(), digest_)); }             // on the event loop
 *   …
 *   Napi::Value Start(const Napi::CallbackInfo& info) {
 *     return (new Hash(info.Env(), info[0], info[1].As<Napi::String>()))->Queue();     // the promise of the job
 *   }
 *
 * Copyright (c) the authors of workpool. MIT licensed.
 */
#ifndef WORKPOOL_HPP
#define WORKPOOL_HPP

#include <napi.h>

#include <exception>
#include <string>
#include <vector>

#include "workpool.h"

namespace workpool {

/* A job. It is made with new, and deletes itself once it is queued: after its end, or if it is refused. */
class Job {
 public:
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  /* The environment in which it was made. Not within Execute. */
  Napi::Env Env() const { return env_; }

  /* Hands the job in, within the call in which it was made; gives its promise. If the ticket is none, or the installed
   * package is too old, a TypeError is thrown. The job must not be used after this. */
  Napi::Value Queue() {
    const workpool_job job = {this, Run, Complete, Fail, Dispose};
    const napi_env env = env_;
    napi_value promise = nullptr;
    if (workpool_submit(env, ticket_, &job, &promise) == napi_ok) return Napi::Value(env, promise);
#ifdef NODE_ADDON_API_CPP_EXCEPTIONS
    throw Napi::Error::New(env);
#else
    return Napi::Value();
#endif
  }

  /* Keeps a value, such as the buffer that Execute reads, for as long as the job lives. */
  void Keep(const Napi::Value& value) {
    if (kept_.IsEmpty()) kept_ = Napi::Persistent(Napi::Array::New(env_).As<Napi::Object>());
    kept_.Set(size_++, value);
  }

 protected:
  /* `ticket`: what job() of a NativePool has made. */
  Job(Napi::Env env, Napi::Value ticket) : env_(env), ticket_(ticket) {}

  /* Does the work, on a thread of the pool. No part of Node-API may be used. What it throws is caught: the job fails with
   * its text. */
  virtual void Execute() = 0;

  /* After Execute has succeeded, on the event loop: settles the promise by Resolve, or by throwing. By default with the
   * first of what GetResult gives. */
  virtual void OnOK() {
    const std::vector<napi_value> result = GetResult(env_);
    if (!result.empty()) result_ = result.front();
  }

  /* After SetError or an exception, in place of OnOK: the promise rejects with the error. Reject has it reject with
   * another one. */
  virtual void OnError(const Napi::Error& /*error*/) {}

  virtual std::vector<napi_value> GetResult(Napi::Env /*env*/) { return {}; }

  /* The event loop has ended while the job ran, and the job is about to be deleted, on any thread. References of its own
   * must not be deleted: call SuppressDestruct on each. What Keep keeps is seen to. */
  virtual void OnOrphaned() {}

  /* Within Execute: the job has failed, with this text. */
  void SetError(const std::string& error) { workpool_fail(task_, error.c_str()); }

  /* Within Execute: how far the job has come. `onProgress` of the ticket hears the newest number. */
  void Progress(double value) { workpool_progress(task_, value); }

  /* Within Execute: whether nobody wants the result any more. */
  bool IsAborted() const { return workpool_is_aborted(task_); }

  /* Within OnOK: what the promise resolves with. */
  void Resolve(const Napi::Value& value) { result_ = value; }

  /* Within OnError: what the promise rejects with. */
  void Reject(const Napi::Value& error) { result_ = error; }

 private:
  static int Run(void* data, workpool_task* task) {
    Job* job = static_cast<Job*>(data);
    job->task_ = task;
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
    try {
      job->Execute();
    } catch (const std::exception& error) {
      workpool_fail(task, error.what());
    } catch (...) {
      workpool_fail(task, "an exception that is no std::exception");
    }
#else
    job->Execute();
#endif
    job->task_ = nullptr;
    return 0;
  }

  template <typename F>
  static void Guard(napi_env env, const F& call) {
#ifdef NODE_ADDON_API_CPP_EXCEPTIONS
    try {
      call();
    } catch (const Napi::Error& error) {
      error.ThrowAsJavaScriptException();
    } catch (const std::exception& error) {
      napi_throw_error(env, nullptr, error.what());
    }
#else
    (void)env;
    call();
#endif
  }

  static void Complete(napi_env env, void* data, napi_value* value) {
    Job* job = static_cast<Job*>(data);
    Guard(env, [job] { job->OnOK(); });
    *value = job->result_;
  }

  static void Fail(napi_env env, void* data, const char* message, napi_value* error) {
    Job* job = static_cast<Job*>(data);
    Guard(env, [=] {
      Napi::Error made = Napi::Error::New(env, message);
      made.Set("cause", Napi::String::New(env, message));
      job->result_ = made.Value();
      job->OnError(made);
    });
    *error = job->result_;
  }

  static void Dispose(napi_env env, void* data) {
    Job* job = static_cast<Job*>(data);
    if (env == nullptr) {
      job->kept_.SuppressDestruct();
      job->OnOrphaned();
    }
    delete job;
  }

  const Napi::Env env_;
  const napi_value ticket_;
  workpool_task* task_ = nullptr;
  napi_value result_ = nullptr;
  Napi::ObjectReference kept_;
  uint32_t size_ = 0;
};

}  // namespace workpool

#endif
