//! JaaS: Jitsi as 8x8 runs it.

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use super::{enter, make, part, room};
use crate::visit::{Moderators, Role};

#[tokio::test]
async fn jaas_gets_a_token_that_the_apps_key_has_signed() {
    use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let pem = Value::from(key.serialize_pem());
    for key_id in ["4f4910", "vpaas-magic-cookie-ab12/4f4910"] {
        let credentials =
            format!(r#""appId":"vpaas-magic-cookie-ab12","keyId":"{key_id}","privateKey":{pem}"#);
        let url = enter(make("jaas", "", &credentials, Moderators::Host), Role::Host)
            .await
            .unwrap();
        let start = format!("https://8x8.vc/vpaas-magic-cookie-ab12/{}?jwt=", room());
        let token = url.as_str().strip_prefix(&start).unwrap();
        assert_eq!(part(&url, 0)["alg"], "RS256");
        assert_eq!(part(&url, 0)["kid"], "vpaas-magic-cookie-ab12/4f4910");
        let claims = part(&url, 1);
        assert_eq!(
            (&claims["iss"], &claims["aud"]),
            (&"chat".into(), &"jitsi".into())
        );
        assert_eq!(claims["sub"], "vpaas-magic-cookie-ab12");
        assert_eq!(claims["context"]["user"]["moderator"], "true");
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let public = ring::signature::UnparsedPublicKey::new(
            &ring::signature::RSA_PKCS1_2048_8192_SHA256,
            key.public_key_raw(),
        );
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        public.verify(signed.as_bytes(), &signature).unwrap();
    }
}
