//! Fuzz targets for all code that reads input. Each target takes one input and panics if the property that it
//! checks is violated. `tests/targets` runs them on random mutations of `corpus/`, and
//! `libfuzzer/` runs them under libFuzzer.

#![allow(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod click;
pub mod payload;
pub mod request;
pub mod signature;
pub mod user_rows;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use shared::timestamp::Timestamp;
use simulator::store::Store;
use tokio::runtime::Runtime;

/// The time of every request and click.
const NOW: Timestamp = Timestamp::from_millis(1_700_000_300_000);

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// A store that refuses every connection. It is asked once only, so that a target runs fast.
fn unreachable_store() -> Client {
    let store = runtime().block_on(Store::at("http://127.0.0.1:9".to_owned()));
    let config = store.client().config().to_builder();
    Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
}
