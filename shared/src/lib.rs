//! What the functions share: HubSpot's payloads and signatures, the HTTP edge, the DynamoDB repositories,
//! the conference's link, configuration and telemetry.
//!
//! Only [`edge`] knows about headers and status codes; only [`repository`] knows about DynamoDB. The rule
//! of each webhook is in its own crate, under `functions/`.

pub mod aws;
pub mod aws_error;
pub mod client_secrets;
pub mod conference_id;
pub mod conference_key;
pub mod conference_url;
pub mod conference_url_template;
pub mod config;
pub mod contract;
pub mod edge;
pub mod error_chain;
pub mod identifiers;
pub mod invitation;
pub mod outcome;
pub mod printable;
pub mod public_url;
pub mod renewal;
pub mod repository;
pub mod retention;
pub mod secret;
pub mod signature;
pub mod startup;
pub mod stored_secret;
pub mod telemetry;
pub mod timestamp;
pub mod user_email;
pub mod webhook;
