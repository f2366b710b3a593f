//! The tokens of Jitsi and JaaS: JSON Web Tokens ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)),
//! each of which lets one person into one room.
//!
//! They are signed with ring, which TLS needs anyway. The JWT crates use other crypto libraries, which would
//! double the amount of linked code and save only three lines per algorithm.

use data_encoding::BASE64URL_NOPAD;
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Serialize;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::visit::{Role, Visit};

/// How long a token is valid.
const LIFETIME: Duration = Duration::from_hours(3);

/// How far the server's clock may be behind ours. Jitsi itself has no tolerance.
const LEEWAY_SECONDS: i64 = 10;

/// A key that signs tokens. ring's `Debug` shows an algorithm or a public key, never a secret.
#[derive(Debug)]
pub(super) enum Signer {
    /// A secret that the server also has.
    Hs256(hmac::Key),
    /// A private key. The server has the public half, under this ID.
    Rs256 { key: RsaKeyPair, key_id: String },
}

impl Signer {
    pub(super) fn hs256(secret: &str) -> Self {
        Self::Hs256(hmac::Key::new(HMAC_SHA256, secret.as_bytes()))
    }

    /// Parses an RSA key in PEM format, PKCS #1 or PKCS #8. `None` if it is anything else.
    pub(super) fn rs256(pem: &str, key_id: String) -> Option<Self> {
        let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok()? {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return None,
        };
        Some(Self::Rs256 {
            key: key.ok()?,
            key_id,
        })
    }

    /// The token with these claims, or `None` if signing fails.
    pub(super) fn sign(&self, claims: &Claims<'_>) -> Option<String> {
        let (alg, kid) = match self {
            Self::Hs256(_) => ("HS256", None),
            Self::Rs256 { key_id, .. } => ("RS256", Some(key_id.as_str())),
        };
        let header = Header {
            alg,
            kid,
            typ: "JWT",
        };
        let mut token = BASE64URL_NOPAD.encode(&serde_json::to_vec(&header).ok()?);
        token.push('.');
        BASE64URL_NOPAD.encode_append(&serde_json::to_vec(claims).ok()?, &mut token);
        let signature = match self {
            Self::Hs256(key) => hmac::sign(key, token.as_bytes()).as_ref().to_vec(),
            Self::Rs256 { key, .. } => {
                let mut signature = vec![0; key.public().modulus_len()];
                let random = SystemRandom::new();
                key.sign(&RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut signature)
                    .ok()?;
                signature
            }
        };
        token.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut token);
        Some(token)
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'a str,
}

/// Who may enter which room, and when. Times are in seconds since 1970.
#[derive(Debug, Serialize)]
pub(super) struct Claims<'a> {
    pub(super) iss: &'a str,
    pub(super) aud: &'a str,
    pub(super) sub: &'a str,
    pub(super) room: &'a str,
    pub(super) nbf: i64,
    pub(super) exp: i64,
    pub(super) context: Context<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Context<'a> {
    user: User<'a>,
}

/// The user. Every value must be a string: a number, a boolean or null causes an error on the server.
#[derive(Debug, Serialize)]
struct User<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    moderator: &'a str,
    affiliation: &'a str,
}

impl<'a> Claims<'a> {
    /// The claims for this visit, from the issuer `iss`, in the tenant or domain `sub`.
    pub(super) fn new(visit: &'a Visit, iss: &'a str, sub: &'a str) -> Self {
        let (moderator, affiliation) = match visit.role {
            Role::Host => ("true", "owner"),
            Role::Guest => ("false", "member"),
        };
        Self {
            iss,
            aud: "jitsi",
            sub,
            room: visit.room.as_str(),
            nbf: visit.now.as_seconds().saturating_sub(LEEWAY_SECONDS),
            exp: visit.now.plus(LIFETIME).as_seconds(),
            context: Context {
                user: User {
                    name: visit.name.as_ref().map(crate::visit::VisitorName::as_str),
                    moderator,
                    affiliation,
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Created with PyJWT and the secret `example_app_secret`.
    const SIGNED: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJteV9hcHAiLCJhdWQiOiJqaXRzaSIsInN1YiI6Im1lZXQuZXhhbXBsZS5jb20iLCJyb29tIjoibWZyZ2d6ZGZtenR3cTJsa25ud2cyM3Rwb2EiLCJuYmYiOjE3MDAwMDAyOTAsImV4cCI6MTcwMDAwMzkwMCwiY29udGV4dCI6eyJ1c2VyIjp7ImlkIjoidTEiLCJuYW1lIjoiWm9cdTAwZWIgXHU2NzRlIiwiZW1haWwiOiJ6b2VAZXhhbXBsZS5jb20iLCJtb2RlcmF0b3IiOiJ0cnVlIiwiYWZmaWxpYXRpb24iOiJvd25lciJ9fX0";
    const SIGNATURE: &str = "aNL7gRvfdfzZbQ-YP-PS1vbp0fdC0AyKMxPlh7p_t-Y";

    #[test]
    fn a_signature_is_the_one_that_another_library_makes() {
        let Signer::Hs256(key) = Signer::hs256("example_app_secret") else {
            panic!("not HS256");
        };
        let signature = hmac::sign(&key, SIGNED.as_bytes());
        assert_eq!(BASE64URL_NOPAD.encode(signature.as_ref()), SIGNATURE);
    }
}
