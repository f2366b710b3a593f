//! An AWS SDK error in our own words, and whether a retry may help. DynamoDB, Secrets Manager and the
//! command line's AWS calls all use it.
//!
//! AWS's messages and the SDK's `Debug` output quote requests and responses: email addresses, topics,
//! links, keys. None of that is kept. What remains is the error's code, the HTTP status and AWS's request
//! ID.

use std::error::Error;
use std::{fmt, io};

use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_sdk_dynamodb::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;
use aws_smithy_types::retry::{ErrorKind, ProvideErrorKind};
use tokio_rustls::rustls;

/// Retryable error codes that the SDK's own lists lack ([DynamoDB, "Error
/// handling"](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html)).
const MORE_TRANSIENT_CODES: [&str; 4] = [
    "ReplicatedWriteConflictException",
    "TooManyRequests",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Retryable statuses below 500: Request Timeout ([RFC 9110, section
/// 15.5.9](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.9)), Too Early ([RFC 8470, section
/// 5.2](https://www.rfc-editor.org/rfc/rfc8470#section-5.2)), Too Many Requests ([RFC 6585, section
/// 4](https://www.rfc-editor.org/rfc/rfc6585#section-4)).
const TRANSIENT_STATUSES: [u16; 3] = [408, 425, 429];

/// The maximum length of a code or request ID, in bytes. A longer one can't come from AWS, and isn't shown.
const MAX_TOKEN: usize = 128;

/// Why a request to AWS failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    failure: Failure,
    transient: bool,
    status: Option<u16>,
    code: Option<String>,
    request_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    NotSendable,
    NoCredentials,
    NoConnection,
    UntrustedCertificate,
    Timeout,
    UnreadableAnswer,
    Refused,
    ServerError,
}

impl AwsError {
    /// Whether the same request may succeed if it is retried. The failed attempt may already have taken
    /// effect.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        self.transient
    }

    /// AWS's code for the error, such as `AccessDeniedException`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The error of a request whose response didn't arrive within our own timeout.
    #[must_use]
    pub const fn timeout() -> Self {
        Self::new(Failure::Timeout, true)
    }

    const fn new(failure: Failure, transient: bool) -> Self {
        Self {
            failure,
            transient,
            status: None,
            code: None,
            request_id: None,
        }
    }

    fn from_connector(error: &ConnectorError) -> Self {
        if error.is_timeout() {
            return Self::timeout();
        }
        // A failed sign-in can have this cause too, so it is checked before missing credentials.
        if let Some(rustls::Error::InvalidCertificate(_)) = find(error) {
            return Self::new(Failure::UntrustedCertificate, true);
        }
        if error.is_io() {
            return Self::new(Failure::NoConnection, true);
        }
        if let Some(error) = find::<CredentialsError>(error) {
            let transient = matches!(error, CredentialsError::ProviderTimedOut(_));
            return Self::new(Failure::NoCredentials, transient);
        }
        let transient = error.as_other().is_some_and(is_retryable);
        Self::new(Failure::NotSendable, transient)
    }
}

impl<E> From<&SdkError<E>> for AwsError
where
    E: Error + ProvideErrorMetadata + ProvideErrorKind + 'static,
{
    fn from(error: &SdkError<E>) -> Self {
        let status = error.raw_response().map(|raw| raw.status().as_u16());
        let mut found = match error {
            SdkError::TimeoutError(_) => Self::timeout(),
            SdkError::DispatchFailure(failure) => failure
                .as_connector_error()
                .map_or(Self::new(Failure::NoConnection, true), Self::from_connector),
            // From a failing server, or from an intermediary that isn't AWS.
            SdkError::ResponseError(_) => Self::new(Failure::UnreadableAnswer, true),
            SdkError::ServiceError(context) => {
                let failure = match status {
                    Some(400..500) => Failure::Refused,
                    Some(500..) => Failure::ServerError,
                    _ => Failure::UnreadableAnswer,
                };
                let transient = failure != Failure::Refused
                    || status.is_some_and(|status| TRANSIENT_STATUSES.contains(&status))
                    || context
                        .err()
                        .retryable_error_kind()
                        .is_some_and(is_retryable)
                    || ProvideErrorMetadata::code(error).is_some_and(is_transient_code);
                Self::new(failure, transient)
            }
            // `SdkError` may get new variants. Construction failures end up here too.
            _ => Self::new(Failure::NotSendable, false),
        };
        found.status = status;
        found.code = ProvideErrorMetadata::code(error).and_then(token);
        found.request_id = error.request_id().and_then(token);
        found
    }
}

impl Error for AwsError {}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.failure {
            Failure::NotSendable => "the request can't be sent; check endpoint and region",
            Failure::NoCredentials => {
                "there are no valid AWS credentials; sign in again: aws sso login, or aws login"
            }
            Failure::NoConnection => "the connection failed",
            Failure::UntrustedCertificate => {
                "the server's certificate is not trusted; the command line trusts the certificate \
                 authorities in AWS_CA_BUNDLE, a function those in SSL_CERT_FILE"
            }
            Failure::Timeout => "the request timed out",
            Failure::UnreadableAnswer => "the answer can't be read",
            Failure::Refused => "AWS refused the request",
            Failure::ServerError => "AWS failed to handle the request",
        })?;
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        }
        if let Some(status) = self.status {
            write!(f, ", status {status}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        Ok(())
    }
}

fn is_transient_code(code: &str) -> bool {
    let lists = [THROTTLING_ERRORS, TRANSIENT_ERRORS, &MORE_TRANSIENT_CODES];
    lists.iter().any(|list| list.contains(&code))
}

const fn is_retryable(kind: ErrorKind) -> bool {
    !matches!(kind, ErrorKind::ClientError)
}

/// Returns the text if it has the form of AWS's identifiers. Anything else might quote a request.
fn token(text: &str) -> Option<String> {
    let fits =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '=' | '/');
    (text.len() <= MAX_TOKEN && text.chars().all(fits)).then(|| text.to_owned())
}

/// The first error of this type in the chain of causes.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // `source` skips the error that an I/O error wraps.
        let wrapped = error.downcast_ref().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests;
