//! Video systems: how a click on a conference's link is handled by each of them.
//!
//! Each system is one file, which implements its protocol and doesn't depend on the page or the store. To
//! add one, write the file and list it in `SYSTEMS`.

pub mod bigbluebutton;
mod entry;
pub mod jaas;
pub mod jitsi;
mod room_url;
mod settings;
mod token;
pub mod webhook;

#[cfg(test)]
mod tests;

use shared::config::ConfigError;

use self::bigbluebutton::BigBlueButton;
pub use self::entry::{VideoSystem, VideoSystemError};
use self::jaas::Jaas;
use self::jitsi::Jitsi;
pub use self::room_url::RoomUrl;
pub use self::settings::{Credential, VideoSystemSecret, VideoSystemSettings};
use self::webhook::Webhook;

/// Builds a video system from its settings.
type Make = fn(&VideoSystemSettings<'_>) -> Result<Box<dyn VideoSystem>, ConfigError>;

/// All video systems, by their name in `VIDEO_SYSTEM`.
const SYSTEMS: [(&str, Make); 4] = [
    ("jitsi", |settings| made(Jitsi::from_settings(settings))),
    ("jaas", |settings| made(Jaas::from_settings(settings))),
    ("bigbluebutton", |settings| {
        made(BigBlueButton::from_settings(settings))
    }),
    ("webhook", |settings| made(Webhook::from_settings(settings))),
];

fn made<S: VideoSystem + 'static>(
    system: Result<S, ConfigError>,
) -> Result<Box<dyn VideoSystem>, ConfigError> {
    system.map(|system| Box::new(system) as Box<dyn VideoSystem>)
}

/// Builds the video system that the settings select.
///
/// # Errors
/// [`ConfigError`] if a setting or a field of the secret is missing or wrong.
pub fn from_settings(
    settings: &VideoSystemSettings<'_>,
) -> Result<Box<dyn VideoSystem>, ConfigError> {
    const NAME: &str = "VIDEO_SYSTEM";
    let name: String = settings.environment.required(NAME)?;
    let Some((_, make)) = SYSTEMS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = SYSTEMS.iter().map(|(known, _)| *known).collect();
        let problem = format!("must be one of {}", known.join(", "));
        return Err(ConfigError::new(NAME, problem));
    };
    make(settings)
}
