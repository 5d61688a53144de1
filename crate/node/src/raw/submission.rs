//! What a task is to the pool beside its payload: the fields that every call has which hands in one or many.

use workpool_core::Submission;

use crate::{
    calls::Call,
    convert::{limit_of, offer_of, priority_of, weight_of},
    isolate::Isolate,
};

/// From: priority, waitTimeout or `NO_LIMIT`, timeout or 0, timed, offer, weight, keyed.
pub(super) fn submission_of(isolate: &Isolate, payload: Call, fields: [f64; 7]) -> Submission<Call> {
    let [priority, wait_timeout, timeout, timed, offer, weight, keyed] = fields;
    Submission {
        payload,
        priority: priority_of(priority),
        wait_timeout: limit_of(wait_timeout),
        timeout: timeout as u32,
        timed: timed != 0.0,
        offer: offer_of(offer),
        weight: weight_of(weight),
        key: isolate.key(keyed != 0.0),
        group: None,
    }
}
