//! How `send` and `event` sign requests. The client secret comes only from the environment: other users
//! can see a command line, and shells store it.

use clap::Args;
use http::Uri;
use shared::client_secrets::InvalidClientSecret;
use shared::config::Environment;
use shared::public_url::is_loopback;
use shared::secret::Secret;
use shared::signature::SignatureVersion;

use super::client_secret;
use crate::output::note;
use simulator::hubspot::caller::Signer;
use simulator::sample;

/// How a request is signed.
#[derive(Args, Debug)]
pub(super) struct Signing {
    /// Version of the signature: v1, v2 or v3
    #[arg(long, default_value_t = SignatureVersion::V3, value_name = "VERSION")]
    signature: SignatureVersion,
}

/// Why a request can't be signed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SigningError {
    /// There is no secret that the system would accept.
    #[error("set HUBSPOT_CLIENT_SECRET to the app's client secret")]
    NoClientSecret,
    /// The functions would refuse the value too.
    #[error("HUBSPOT_CLIENT_SECRET {0}")]
    Invalid(#[from] InvalidClientSecret),
}

impl Signing {
    /// Signs requests to `base_url` with the client secret or, only on this machine, with the example
    /// secret. The example secret is public, so a system elsewhere must not accept it, and a test with it
    /// would prove nothing.
    ///
    /// # Errors
    /// [`SigningError::NoClientSecret`] if the system is elsewhere and no client secret is set, and
    /// [`SigningError::Invalid`] if HubSpot has no such client secrets.
    pub(super) fn signer(
        &self,
        environment: &Environment,
        base_url: &Uri,
    ) -> Result<Signer, SigningError> {
        let local = base_url.host().is_some_and(is_loopback);
        let example = Secret::new(sample::CLIENT_SECRET);
        let secret = match client_secret::from_environment(environment)? {
            Some(secret) => {
                if local && secret != example {
                    note!(
                        "note: signed with HUBSPOT_CLIENT_SECRET, which is not the example secret: a \
                         local system that was started without it answers 401"
                    );
                }
                secret
            }
            None if local => example,
            None => return Err(SigningError::NoClientSecret),
        };
        Ok(self.with(secret))
    }

    /// Signs a printed event with the client secret, or else with the example secret. Nothing is sent;
    /// `--base-url` is only the host name in the event.
    ///
    /// # Errors
    /// [`SigningError::Invalid`] if HubSpot has no such client secrets.
    pub(super) fn signer_for_event(
        &self,
        environment: &Environment,
    ) -> Result<Signer, SigningError> {
        let given = client_secret::from_environment(environment)?;
        Ok(self.with(given.unwrap_or_else(|| Secret::new(sample::CLIENT_SECRET))))
    }

    const fn with(&self, secret: Secret) -> Signer {
        Signer {
            secret,
            version: self.signature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::client_secret::CLIENT_SECRET;
    use super::*;

    const SECRET: &str = "232db261-5f3d-666f-e21a-8ec971ac7b54";

    const SIGNING: Signing = Signing {
        signature: SignatureVersion::V3,
    };

    #[test]
    fn the_example_secret_is_only_used_for_this_machine() {
        let nothing = Environment::from_variables([]);
        let signer = |url: &str| SIGNING.signer(&nothing, &url.parse().unwrap());
        for here in [
            "http://127.0.0.1:8787",
            "http://[::1]:1",
            "https://localhost",
        ] {
            let secret = signer(here).map(|signer| signer.secret);
            assert_eq!(secret, Ok(Secret::new(sample::CLIENT_SECRET)), "{here}");
        }
        for elsewhere in [
            "https://vc.example.com",
            "http://127.0.0.1.example.com",
            "/",
        ] {
            assert!(signer(elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn the_client_secret_takes_precedence_over_the_example() {
        let environment = Environment::from_variables([(CLIENT_SECRET, SECRET)]);
        for url in ["http://127.0.0.1:8787", "https://vc.example.com"] {
            let signer = SIGNING.signer(&environment, &url.parse().unwrap()).unwrap();
            assert_eq!(signer.secret, Secret::new(SECRET));
        }
        let printed = SIGNING.signer_for_event(&environment).unwrap();
        assert_eq!(printed.secret, Secret::new(SECRET));
    }

    #[test]
    fn text_that_copying_adds_is_stripped_and_anything_else_is_refused() {
        let url = "https://vc.example.com".parse().unwrap();
        let signer = |secret: &str| {
            let secret = secret.to_owned();
            let lookup = move |name: &str| (name == CLIENT_SECRET).then(|| secret.clone());
            SIGNING.signer(&Environment::from_lookup(lookup), &url)
        };
        for secret in [
            format!("{SECRET}\n"),
            format!(" {SECRET}\r\n"),
            format!("\u{feff}{SECRET}"),
            format!("\"{SECRET}\""),
            format!("'{SECRET}'"),
        ] {
            assert_eq!(signer(&secret).unwrap().secret, Secret::new(SECRET));
        }
        for secret in [
            format!("{SECRET}\"{SECRET}"),
            SECRET.replace('-', " "),
            format!("{SECRET},{SECRET}"),
            format!("{SECRET}\u{200b}"),
        ] {
            assert_eq!(
                signer(&secret).err(),
                Some(InvalidClientSecret::InvalidCharacters.into()),
                "{secret:?}"
            );
        }
        let short = InvalidClientSecret::TooShort.into();
        assert_eq!(signer("fifteen-letters").err(), Some(short));
        assert_eq!(signer(" \n").err(), Some(SigningError::NoClientSecret));
    }
}
