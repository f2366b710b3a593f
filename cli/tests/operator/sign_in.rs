//! An operator signs in to AWS as for the AWS CLI, and learns what to do once the sign-in has ended.

use std::fs;
use std::path::PathBuf;

use axum::Router;
use data_encoding::BASE64;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::fake_aws::{STACK, serve};
use crate::program::{self, Ended};
use crate::users::{store, users};

/// A home folder with the AWS CLI's files, until it is dropped.
struct Home(PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

impl Home {
    /// A home whose one profile, `work`, has these lines in `~/.aws/config`.
    fn new(name: &str, profile: &str) -> Self {
        let name = format!("home-{name}-{}", std::process::id());
        let home = Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name));
        home.write(".aws/config", &format!("[profile work]\n{profile}"));
        home
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.0.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Runs a command in this home. Every AWS service is at `endpoint`, DynamoDB is at `dynamodb`.
    async fn run(&self, command: &str, endpoint: &str, dynamodb: &str) -> Ended {
        let arguments: Vec<_> = command.split(' ').collect();
        let environment = [
            ("HOME", self.0.to_str().unwrap()),
            ("AWS_PROFILE", "work"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ];
        program::run(&arguments, &environment, "").await
    }

    /// Every kind of command says what to do, and that it is not the service that fails.
    async fn is_told_to_sign_in(&self, endpoint: &str) {
        for command in [
            "users list --portal 7 --table users".to_owned(),
            format!("conferences purge --portal 7 --yes --stack {STACK}"),
            format!("hosts link --portal 7 --user-id 1 --stack {STACK}"),
        ] {
            let ended = self.run(&command, endpoint, endpoint).await;
            assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
            for words in [
                "sign in again",
                "aws sso login",
                "aws login",
                "profile work",
            ] {
                assert!(ended.stderr.contains(words), "{ended:?}");
            }
            for words in ["overloaded", "connection failed", "timed out"] {
                assert!(!ended.stderr.contains(words), "{ended:?}");
            }
        }
    }
}

/// AWS's answer to a session that has ended.
async fn sign_in_that_has_ended() -> String {
    let denied = async || {
        let body = json!({"__type": "AccessDeniedException", "error": "TOKEN_EXPIRED"});
        let kind = [(CONTENT_TYPE, "application/json")];
        (StatusCode::UNAUTHORIZED, kind, body.to_string())
    };
    serve(Router::new().fallback(denied)).await
}

const SSO: &str = "\
region = eu-west-1
sso_session = corp
sso_account_id = 012345678901
sso_role_name = Operator

[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.example.com/start
sso_registration_scopes = sso:account:access
";

/// The token of the session `corp`: its name is the SHA-1 of the session's.
const SSO_TOKEN: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

fn sso_token(expires_at: &str) -> Value {
    json!({
        "accessToken": "a-token-that-nobody-sees",
        "expiresAt": expires_at,
        "region": "eu-west-1",
        "startUrl": "https://corp.example.com/start",
    })
}

#[tokio::test]
async fn an_sso_session_that_has_ended_says_to_sign_in_again() {
    let ended = sign_in_that_has_ended().await;
    let home = Home::new("sso", SSO);
    home.is_told_to_sign_in(&ended).await;

    home.write(SSO_TOKEN, &sso_token("2020-01-01T00:00:00Z").to_string());
    home.is_told_to_sign_in(&ended).await;

    // It looks valid here, but an administrator has ended it.
    home.write(SSO_TOKEN, &sso_token("2099-01-01T00:00:00Z").to_string());
    home.is_told_to_sign_in(&ended).await;
}

const LOGIN: &str = "\
region = eu-west-1
login_session = arn:aws:iam::012345678901:user/Ada
";

/// The token of that session: its name is the SHA-256 of the session's.
const LOGIN_TOKEN: &str =
    ".aws/login/cache/721dd36ff0fa74438007468be7a604ba7902f5641500021a30ccc57700853821.json";

fn login_token(expires_at: &str) -> Value {
    // A private key as RFC 5915 encodes it, of curve P-256.
    let mut key = vec![0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
    key.extend([7; 32]);
    key.extend([0xa0, 0x0a, 0x06, 0x08]);
    key.extend([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
    let name = "EC PRIVATE KEY";
    let key = BASE64.encode(&key);
    let (first, rest) = key.split_at(64);
    json!({
        "accessToken": {
            "accessKeyId": "id",
            "secretAccessKey": "development-only-aws-secret-key",
            "sessionToken": "a-token-that-nobody-sees",
            "accountId": "012345678901",
            "expiresAt": expires_at,
        },
        "tokenType": "aws_sigv4",
        "refreshToken": "a-token-that-nobody-sees-either",
        "idToken": "an-identity",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": format!("-----BEGIN {name}-----\n{first}\n{rest}\n-----END {name}-----\n"),
    })
}

#[tokio::test]
async fn a_session_of_aws_login_works_and_says_to_sign_in_again_once_it_has_ended() {
    let ended = sign_in_that_has_ended().await;
    let home = Home::new("login", LOGIN);
    home.is_told_to_sign_in(&ended).await;

    home.write(
        LOGIN_TOKEN,
        &login_token("2020-01-01T00:00:00Z").to_string(),
    );
    home.is_told_to_sign_in(&ended).await;

    let store = store().await;
    users(&store, "add ada@example.com --portal 7", "").await;
    home.write(
        LOGIN_TOKEN,
        &login_token("2099-01-01T00:00:00Z").to_string(),
    );
    let list = "users list --portal 7 --table users --format csv";
    let list = home.run(list, &ended, store.endpoint()).await;
    assert_eq!(list.code, 0, "{list:?}");
    assert!(list.stdout.contains("ada@example.com"), "{list:?}");
}
