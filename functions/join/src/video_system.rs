//! Video systems: how a click on a conference's link is handled by each of them.
//!
//! Each system is one file, which implements its protocol and doesn't depend on the page or the store. To
//! add one, write the file and list it in [`SYSTEMS`]; `docs/video-systems.md` has the steps.

pub mod bigbluebutton;
mod entry;
mod jaas;
mod jitsi;
mod room_url;
mod settings;
mod token;
pub mod webhook;

#[cfg(test)]
mod tests;

use std::fmt;

use shared::config::ConfigError;

use self::bigbluebutton::BigBlueButton;
pub use self::entry::{FromSettings, VideoSystem, VideoSystemError, enter_in_time};
use self::jaas::Jaas;
use self::jitsi::Jitsi;
pub use self::room_url::RoomUrl;
pub use self::settings::{Credential, VideoSystemSecret, VideoSystemSettings};
use self::webhook::Webhook;

const NAME: &str = "VIDEO_SYSTEM";

/// All video systems.
pub const SYSTEMS: &[System] = &[
    system::<Jitsi>(),
    system::<Jaas>(),
    system::<BigBlueButton>(),
    system::<Webhook>(),
];

/// A video system that `VIDEO_SYSTEM` can select.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// Its name in `VIDEO_SYSTEM`.
    pub name: &'static str,
    /// The fields of the secret that it reads.
    pub credentials: &'static [Credential],
    read: fn(&VideoSystemSettings<'_>) -> Result<Build, ConfigError>,
}

type Build =
    Box<dyn Fn(&VideoSystemSecret) -> Result<Box<dyn VideoSystem>, ConfigError> + Send + Sync>;

const fn system<S: FromSettings + 'static>() -> System {
    System {
        name: S::NAME,
        credentials: S::CREDENTIALS,
        read: |settings| {
            let settings = S::read(settings)?;
            Ok(Box::new(move |secret| {
                Ok(Box::new(S::build(&settings, secret)?))
            }))
        },
    }
}

impl System {
    /// The video system with this name.
    ///
    /// # Errors
    /// [`ConfigError`] for `VIDEO_SYSTEM` if there is none.
    pub fn named(name: &str) -> Result<&'static Self, ConfigError> {
        let found = SYSTEMS.iter().find(|system| system.name == name);
        found.ok_or_else(|| {
            let known: Vec<_> = SYSTEMS.iter().map(|system| system.name).collect();
            ConfigError::new(NAME, format!("must be one of {}", known.join(", ")))
        })
    }
}

/// The selected video system. Its settings are valid; its secret is still missing.
pub struct Selected(Build);

impl Selected {
    /// Selects a video system and reads its settings.
    ///
    /// # Errors
    /// [`ConfigError`] if a setting is missing or wrong.
    pub fn read(settings: &VideoSystemSettings<'_>) -> Result<Self, ConfigError> {
        let name: String = settings.environment.required(NAME)?;
        let system = System::named(&name)?;
        Ok(Self((system.read)(settings)?))
    }

    /// Builds the system.
    ///
    /// # Errors
    /// [`ConfigError`] as for [`FromSettings::build`].
    pub fn build(&self, secret: &VideoSystemSecret) -> Result<Box<dyn VideoSystem>, ConfigError> {
        (self.0)(secret)
    }
}

impl fmt::Debug for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selected").finish_non_exhaustive()
    }
}
