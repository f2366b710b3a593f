//! The whole system on one machine, without an AWS account: an embedded DynamoDB, the functions behind a
//! gateway that creates API Gateway events, and a simulated HubSpot with a web page. It also contains the
//! sample meeting and a meeting's lifecycle, because the command line and the tests both use them.
//!
//! [`system::Simulator`] starts all of it. The crate depends on `functions/` and `shared/` and not on the
//! command line.

pub mod click;
mod connection_headers;
pub mod error;
pub mod event;
pub mod functions;
mod gateway;
pub mod http_client;
pub mod hubspot;
pub mod life;
pub mod listen;
mod page;
mod registry;
pub mod sample;
pub mod settings;
pub mod store;
mod store_port;
pub mod system;
pub mod tables;
mod tunnel;
pub mod video_system;
mod visitors;
