//! How `send` and `event` sign requests. The client secret comes only from the environment: other users
//! can see a command line, and shells store it.

use clap::Args;
use http::Uri;
use shared::config::Environment;
use shared::public_url::is_loopback;
use shared::secret::Secret;
use shared::signature::SignatureVersion;

use crate::output::note;
use simulator::hubspot::caller::Signer;
use simulator::sample;

const CLIENT_SECRET: &str = "HUBSPOT_CLIENT_SECRET";

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
    /// The value contains more than the secret.
    #[error(
        "HUBSPOT_CLIENT_SECRET has quotes, spaces or other characters that no client secret has: set it \
         to only the secret, as the app's page shows it"
    )]
    Malformed,
}

impl Signing {
    /// Signs requests to `base_url` with the client secret or, only on this machine, with the example
    /// secret. The example secret is public, so a system elsewhere must not accept it, and a test with it
    /// would say nothing.
    pub(super) fn signer(
        &self,
        environment: &Environment,
        base_url: &Uri,
    ) -> Result<Signer, SigningError> {
        let local = base_url.host().is_some_and(is_loopback);
        let example = Secret::new(sample::CLIENT_SECRET);
        let secret = match client_secret(environment)? {
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
    /// [`SigningError::Malformed`] if the client secret contains characters that HubSpot's secrets don't
    /// have.
    pub(super) fn signer_of_samples(
        &self,
        environment: &Environment,
    ) -> Result<Signer, SigningError> {
        let example = || Secret::new(sample::CLIENT_SECRET);
        Ok(self.with(client_secret(environment)?.unwrap_or_else(example)))
    }

    const fn with(&self, secret: Secret) -> Signer {
        Signer {
            secret,
            version: self.signature,
        }
    }
}

/// The secret without the spaces, line ends or byte order mark that copying adds. HubSpot's secrets
/// consist of letters, digits and hyphens.
fn client_secret(environment: &Environment) -> Result<Option<Secret>, SigningError> {
    let Some(text) = environment.optional(CLIENT_SECRET) else {
        return Ok(None);
    };
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Ok(None);
    }
    if text
        .chars()
        .all(|c| c.is_ascii_graphic() && !"\"'`,;=".contains(c))
    {
        Ok(Some(Secret::new(text)))
    } else {
        Err(SigningError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let environment = Environment::from_variables([(CLIENT_SECRET, "hush")]);
        for url in ["http://127.0.0.1:8787", "https://vc.example.com"] {
            let signer = SIGNING.signer(&environment, &url.parse().unwrap()).unwrap();
            assert_eq!(signer.secret, Secret::new("hush"));
        }
        let printed = SIGNING.signer_of_samples(&environment).unwrap();
        assert_eq!(printed.secret, Secret::new("hush"));
    }

    #[test]
    fn text_that_copying_adds_is_stripped_and_anything_else_is_refused() {
        let url = "https://vc.example.com".parse().unwrap();
        let signer = |secret| {
            SIGNING.signer(
                &Environment::from_variables([(CLIENT_SECRET, secret)]),
                &url,
            )
        };
        for secret in ["hush\n", " hush\r\n", "\u{feff}hush"] {
            assert_eq!(signer(secret).unwrap().secret, Secret::new("hush"));
        }
        for secret in ["\"hush\"", "'hush'", "hu sh", "hush,hush", "hush\u{200b}"] {
            assert_eq!(
                signer(secret).err(),
                Some(SigningError::Malformed),
                "{secret:?}"
            );
        }
        assert_eq!(signer(" \n").err(), Some(SigningError::NoClientSecret));
    }
}
