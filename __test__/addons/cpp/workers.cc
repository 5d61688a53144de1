// An AsyncWorker, and the same class ported to workpool by its base class.
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "workpool.hpp"

namespace {

std::atomic<int> alive{0};

/* Below 0: waits for so long, and takes no processor. */
void work(double ms) {
  if (ms < 0) return std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(-ms));
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double, std::milli>(ms);
  volatile double sum = 0;
  while (std::chrono::steady_clock::now() < end) sum = sum + 1;
}

// Before.
class Worker : public Napi::AsyncWorker {
 public:
  Worker(Napi::Env env, std::string text, double ms)
      : AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), text_(std::move(text)), ms_(ms) {}
  Napi::Promise Promise() { return deferred_.Promise(); }
  void Execute() override {
    work(ms_);
    if (text_ == "throw") throw std::runtime_error("thrown on purpose");
    if (text_ == "error") return SetError("set on purpose");
    reversed_.assign(text_.rbegin(), text_.rend());
  }
  void OnOK() override { deferred_.Resolve(Napi::String::New(Env(), reversed_)); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::string text_, reversed_;
  double ms_;
};

// After.
class Job : public workpool::Job {
 public:
  Job(Napi::Env env, Napi::Value ticket, std::string text, double ms)
      : workpool::Job(env, ticket), text_(std::move(text)), ms_(ms) {
    alive++;
  }
  ~Job() override { alive--; }
  void Execute() override {
    work(ms_);
    if (text_ == "throw") throw std::runtime_error("thrown on purpose");
    if (text_ == "throw 7") throw 7;
    if (text_ == "error") return SetError("set on purpose");
    if (text_ == "abort") {
      while (!IsAborted()) std::this_thread::yield();
    }
    Progress(1);
    reversed_.assign(text_.rbegin(), text_.rend());
  }
  void OnOK() override {
    if (text_ == "bad result") throw Napi::RangeError::New(Env(), "no result");
    Resolve(Napi::String::New(Env(), reversed_));
  }

 private:
  std::string text_, reversed_;
  double ms_;
};

/* With a result by GetResult, an error of its own, and a buffer that it reads. */
class Sum : public workpool::Job {
 public:
  Sum(Napi::Env env, Napi::Value ticket, Napi::Buffer<uint8_t> bytes)
      : workpool::Job(env, ticket), data_(bytes.Data()), length_(bytes.Length()) {
    alive++;
    Keep(bytes);
  }
  ~Sum() override { alive--; }
  void Execute() override {
    if (length_ == 0) return SetError("nothing to add");
    for (size_t i = 0; i < length_; i++) sum_ += data_[i];
  }
  std::vector<napi_value> GetResult(Napi::Env env) override { return {Napi::Number::New(env, sum_)}; }
  void OnError(const Napi::Error& error) override {
    Reject(Napi::TypeError::New(Env(), "sum: " + error.Message()).Value());
  }

 private:
  const uint8_t* data_;
  size_t length_;
  double sum_ = 0;
};

Napi::Value StartWorker(const Napi::CallbackInfo& info) {
  auto* worker = new Worker(info.Env(), info[0].As<Napi::String>(), info[1].As<Napi::Number>().DoubleValue());
  Napi::Promise promise = worker->Promise();
  worker->Queue();
  return promise;
}

Napi::Value StartJob(const Napi::CallbackInfo& info) {
  const double ms = info[2].As<Napi::Number>().DoubleValue();
  return (new Job(info.Env(), info[0], info[1].As<Napi::String>(), ms))->Queue();
}

Napi::Value StartSum(const Napi::CallbackInfo& info) {
  return (new Sum(info.Env(), info[0], info[1].As<Napi::Buffer<uint8_t>>()))->Queue();
}

Napi::Value Alive(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), alive); }

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("worker", Napi::Function::New(env, StartWorker));
  exports.Set("job", Napi::Function::New(env, StartJob));
  exports.Set("sum", Napi::Function::New(env, StartSum));
  exports.Set("alive", Napi::Function::New(env, Alive));
  return exports;
}

}  // namespace

NODE_API_MODULE(workers, Init)
