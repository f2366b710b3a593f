//! The join link: what happens when somebody clicks the link of a conference.
//!
//! HubSpot gets one link per meeting, once, and gives it to everyone. Where a video system is chosen,
//! that link is ours, and this function decides at the click where it leads: a room is made when
//! somebody walks in, a guest gets a token of their own, and a cancelled meeting has no door.

pub mod http_client;
pub mod room_key;
pub mod video_system;
pub mod visit;
