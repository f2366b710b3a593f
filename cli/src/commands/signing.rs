//! How `send` and `event` sign. The client secret comes from the environment alone: a command line is
//! seen by others and remembered by shells.

use clap::Args;
use http::Uri;
use shared::config::Environment;
use shared::public_url::is_loopback;
use shared::secret::Secret;
use shared::signature::SignatureVersion;

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

/// There is no secret that the system could know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("set HUBSPOT_CLIENT_SECRET to the app's client secret")]
pub(super) struct NoClientSecret;

impl Signing {
    /// Signs what is sent to `base_url`: with the client secret or, on this machine alone, with the
    /// example one. Everybody knows that one, so a system elsewhere must not take it, and what it
    /// would answer is no news.
    pub(super) fn signer(
        &self,
        environment: &Environment,
        base_url: &Uri,
    ) -> Result<Signer, NoClientSecret> {
        let local = base_url.host().is_some_and(is_loopback);
        let example = || local.then(|| Secret::new(sample::CLIENT_SECRET));
        let secret = client_secret(environment).or_else(example);
        Ok(self.with(secret.ok_or(NoClientSecret)?))
    }

    /// Signs what is printed: with the client secret, or else with the example one. It goes nowhere
    /// by itself, and `--base-url` is only the name that a function on this machine will believe it
    /// has.
    pub(super) fn signer_of_samples(&self, environment: &Environment) -> Signer {
        let example = || Secret::new(sample::CLIENT_SECRET);
        self.with(client_secret(environment).unwrap_or_else(example))
    }

    const fn with(&self, secret: Secret) -> Signer {
        Signer {
            secret,
            version: self.signature,
        }
    }
}

fn client_secret(environment: &Environment) -> Option<Secret> {
    environment.optional(CLIENT_SECRET).map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNING: Signing = Signing {
        signature: SignatureVersion::V3,
    };

    #[test]
    fn the_example_secret_goes_nowhere_but_to_this_machine() {
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
    fn the_client_secret_counts_before_the_example_one() {
        let environment = Environment::from_variables([(CLIENT_SECRET, "hush")]);
        for url in ["http://127.0.0.1:8787", "https://vc.example.com"] {
            let signer = SIGNING.signer(&environment, &url.parse().unwrap()).unwrap();
            assert_eq!(signer.secret, Secret::new("hush"));
        }
        let printed = SIGNING.signer_of_samples(&environment);
        assert_eq!(printed.secret, Secret::new("hush"));
    }
}
