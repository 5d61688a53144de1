//! Native jobs in Rust, for tests; and a useful one, the hash of a password.

use std::sync::atomic::{AtomicI32, Ordering};

use argon2::{Algorithm, Argon2, Params, Version};
use napi::{
    Env, Error, Result, Status,
    bindgen_prelude::{Buffer, Object, PromiseRaw},
};
use napi_derive::napi;
use workpool_addon::{RunningJob, Task, spawn};

static ALIVE: AtomicI32 = AtomicI32::new(0);

/// How many tasks have not been dropped.
#[napi]
pub fn alive() -> i32 {
    ALIVE.load(Ordering::SeqCst)
}

struct Reverse {
    text: String,
    kept: Option<Buffer>,
}

impl Reverse {
    fn new(text: String, kept: Option<Buffer>) -> Self {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Self { text, kept }
    }
}

impl Drop for Reverse {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Task for Reverse {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self, job: &RunningJob) -> Result<String> {
        match self.text.as_str() {
            "panic" => panic!("a panic on purpose"),
            "error" => return Err(Error::new(Status::InvalidArg, "no good")),
            "abort" => {
                while !job.is_aborted() {
                    std::thread::yield_now();
                }
            }
            _ => {}
        }
        job.progress(0.5);
        let added = self.kept.as_ref().map_or(0, |buffer| buffer.len());
        Ok(self.text.chars().rev().collect::<String>() + &"+".repeat(added))
    }

    fn resolve(&mut self, _env: Env, output: String) -> Result<String> {
        match self.text.as_str() {
            "bad result" => Err(Error::from_reason("no result")),
            "panic in resolve" => panic!("a panic in resolve"),
            _ => Ok(output),
        }
    }

    fn reject(&mut self, _env: Env, error: Error) -> Error {
        Error::new(error.status, format!("reverse: {}", error.reason))
    }
}

#[napi]
pub fn reverse<'env>(
    env: &'env Env,
    ticket: Object<'env>,
    text: String,
    kept: Option<Buffer>,
) -> Result<PromiseRaw<'env, String>> {
    spawn(env, &ticket, Reverse::new(text, kept))
}

struct Hash {
    password: String,
    salt: Vec<u8>,
}

impl Task for Hash {
    type Output = Vec<u8>;
    type JsValue = Buffer;

    fn compute(&mut self, _job: &RunningJob) -> Result<Vec<u8>> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
        let mut hash = vec![0; 32];
        argon2
            .hash_password_into(self.password.as_bytes(), &self.salt, &mut hash)
            .map_err(|error| Error::from_reason(error.to_string()))?;
        Ok(hash)
    }

    fn resolve(&mut self, _env: Env, output: Vec<u8>) -> Result<Buffer> {
        Ok(output.into())
    }
}

/// Argon2id with the default parameters: 19 MiB, two passes.
#[napi]
pub fn hash_password<'env>(
    env: &'env Env,
    ticket: Object<'env>,
    password: String,
    salt: Buffer,
) -> Result<PromiseRaw<'env, Buffer>> {
    spawn(env, &ticket, Hash { password, salt: salt.to_vec() })
}
