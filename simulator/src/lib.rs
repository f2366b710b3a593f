//! The whole system on one machine, without an AWS account: an embedded DynamoDB, the functions behind
//! a gateway that makes API Gateway's events, and HubSpot's part with a page for it. Samples and the
//! life of a meeting are here too, since the command line and the tests play the same ones.
//!
//! [`system::Simulator`] starts all of it. The crate stands on `functions/` and `shared/` and knows
//! nothing of the command line.

pub mod click;
pub mod error;
pub mod event;
pub mod functions;
pub mod gateway;
pub mod http_client;
pub mod hubspot;
pub mod life;
pub mod listen;
pub mod page;
pub mod sample;
pub mod settings;
pub mod store;
pub mod store_port;
pub mod system;
pub mod tables;
pub mod tunnel;
pub mod video_system;
pub mod visitors;
