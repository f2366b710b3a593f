//! Every kind of error, produced by the real SDK over a connection that fails or answers as scripted.

use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_dynamodb::config::{
    BehaviorVersion, HttpClient, Region, RuntimeComponents, SharedHttpClient,
};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use super::*;

/// How the server behaves.
#[derive(Clone, Copy, Debug)]
enum Server {
    Unreachable,
    Untrusted,
    Silent,
    Unusable,
    Answers(u16, &'static str),
}

impl HttpConnector for Server {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(match *self {
            Self::Unreachable => Err(ConnectorError::io("hush".into())),
            Self::Untrusted => {
                let cause = rustls::CertificateError::UnknownIssuer;
                let cause = io::Error::other(rustls::Error::InvalidCertificate(cause));
                Err(ConnectorError::io(io::Error::other(cause).into()))
            }
            Self::Silent => Err(ConnectorError::timeout("hush".into())),
            Self::Unusable => Err(ConnectorError::user("hush".into())),
            Self::Answers(status, body) => {
                let answer = http::Response::builder()
                    .status(status)
                    .header("x-amzn-requestid", "ABC123")
                    .body(SdkBody::from(body));
                Ok(answer.unwrap().try_into().unwrap())
            }
        })
    }
}

impl HttpClient for Server {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(*self)
    }
}

#[derive(Debug)]
struct NoCredentials;

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("hush")))
    }
}

async fn error_of(server: Server) -> AwsError {
    let credentials = Credentials::new("id", "hush", None, None, "test");
    error_with(server, "https://dynamodb.example.com", credentials).await
}

async fn error_with(
    server: Server,
    endpoint: &str,
    credentials: impl ProvideCredentials + 'static,
) -> AwsError {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-central-1"))
        .endpoint_url(endpoint)
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .http_client(SharedHttpClient::new(server));
    let request = Client::from_conf(config.build())
        .get_item()
        .table_name("hush")
        .key("conferenceId", AttributeValue::S("hush".into()));
    let error = AwsError::from(&request.send().await.unwrap_err());
    assert!(!error.to_string().contains("hush"), "{error}");
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    error
}

#[tokio::test]
async fn network_failures_are_transient() {
    for (server, words) in [
        (Server::Unreachable, "the connection failed"),
        (Server::Silent, "the request timed out"),
        (
            Server::Answers(200, "<html>hush</html>"),
            "the answer can't be read, status 200, request ABC123",
        ),
    ] {
        let error = error_of(server).await;
        assert_eq!(error.to_string(), words);
        assert!(error.is_transient(), "{error}");
    }
}

#[tokio::test]
async fn an_untrusted_certificate_is_distinguished_from_a_server_that_is_down() {
    let error = error_of(Server::Untrusted).await.to_string();
    assert!(error.starts_with("the server's certificate is not trusted"));
    assert!(error.contains("AWS_CA_BUNDLE"), "{error}");
}

#[tokio::test]
async fn failures_that_a_retry_cannot_change_are_permanent() {
    let error = error_of(Server::Unusable).await;
    assert_eq!(
        error.to_string(),
        "the request can't be sent; check endpoint and region"
    );
    assert!(!error.is_transient());

    let silent = Server::Silent;
    let error = error_with(silent, "https://dynamodb.example.com", NoCredentials).await;
    assert_eq!(
        error.to_string(),
        "there are no valid AWS credentials; sign in again: aws sso login, or aws login"
    );
    assert!(!error.is_transient());
}

#[tokio::test]
async fn an_endpoint_without_a_scheme_is_reported_without_quoting_it() {
    let credentials = Credentials::new("id", "hush", None, None, "test");
    let error = error_with(Server::Unusable, "localhost:8000", credentials).await;
    assert!(error.to_string().contains("check endpoint"), "{error}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_refusal_is_described_by_code_status_and_request_id() {
    let denied = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"hush"}"#;
    let error = error_of(Server::Answers(400, denied)).await;
    assert_eq!(
        error.to_string(),
        "AWS refused the request, AccessDeniedException, status 400, request ABC123"
    );
    assert!(!error.is_transient());
    let odd = r#"{"__type":"quoted hush","message":"hush"}"#;
    let error = error_of(Server::Answers(400, odd)).await;
    assert_eq!(error.code(), None);
}

#[tokio::test]
async fn throttling_and_the_statuses_that_ask_for_a_retry_are_transient() {
    for body in [
        r#"{"__type":"ProvisionedThroughputExceededException","message":"hush"}"#,
        r#"{"__type":"ThrottlingException","message":"hush"}"#,
        r#"{"__type":"SlowDown","message":"hush"}"#,
        r#"{"__type":"TooManyRequests","message":"hush"}"#,
        r#"{"__type":"TooManyRequestsException","message":"hush"}"#,
        r#"{"__type":"RequestTimeout","message":"hush"}"#,
        r#"{"__type":"RequestTimeoutException","message":"hush"}"#,
        r#"{"__type":"RequestLimitExceeded","message":"hush"}"#,
        r#"{"__type":"TransactionConflictException","message":"hush"}"#,
        r#"{"__type":"ReplicatedWriteConflictException","message":"hush"}"#,
    ] {
        let error = error_of(Server::Answers(400, body)).await;
        assert!(error.is_transient(), "{error}");
    }
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let error = error_of(Server::Answers(status, "{}")).await;
        assert!(error.is_transient(), "{error}");
    }
    for status in [400, 403, 404, 413] {
        let error = error_of(Server::Answers(status, "{}")).await;
        assert!(!error.is_transient(), "{error}");
    }
}
