//! Custom endpoints that replace AWS's own, read from the SDK's variables.

use http::Uri;

use crate::config::{ConfigError, Environment};

const ALL_SERVICES: &str = "AWS_ENDPOINT_URL";

/// Reads the service's own endpoint or, if it has none, the one for all services. Returns `None` if
/// configured endpoints are to be ignored ([AWS SDKs and Tools, "Service-specific endpoints"][guide]).
///
/// [guide]: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
///
/// # Errors
/// [`ConfigError`] if it isn't a single `http://` or `https://` URL. The SDK itself would accept it, and
/// every request would fail as if the service were unreachable.
pub(super) fn read(
    environment: &Environment,
    service: &'static str,
) -> Result<Option<String>, ConfigError> {
    let ignored = environment.optional("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    for name in [service, ALL_SERVICES] {
        if let Some(url) = environment.optional(name) {
            return if is_url(&url) {
                Ok(Some(url))
            } else {
                Err(ConfigError::new(
                    name,
                    "must be one URL that begins with http:// or https://",
                ))
            };
        }
    }
    Ok(None)
}

/// Whether `text` is a single `http://` or `https://` URL.
#[must_use]
pub fn is_url(text: &str) -> bool {
    let Ok(url) = text.parse::<Uri>() else {
        return false;
    };
    let host = url.host().unwrap_or_default();
    matches!(url.scheme_str(), Some("http" | "https"))
        && !host.is_empty()
        && !text.contains([',', '"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "AWS_ENDPOINT_URL_DYNAMODB";
    const ONE: &str = "http://localhost:8000";
    const OTHER: &str = "https://vpce-1.dynamodb.eu-central-1.vpce.amazonaws.com";

    fn found<const N: usize>(variables: [(&'static str, &'static str); N]) -> Option<String> {
        read(&Environment::from_variables(variables), SERVICE).unwrap()
    }

    #[test]
    fn the_services_own_endpoint_takes_precedence() {
        assert_eq!(
            found([(ALL_SERVICES, ONE), (SERVICE, OTHER)]).as_deref(),
            Some(OTHER)
        );
        assert_eq!(found([(ALL_SERVICES, ONE)]).as_deref(), Some(ONE));
        assert_eq!(found([]), None);
    }

    #[test]
    fn endpoints_can_be_ignored() {
        let ignored = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE");
        assert_eq!(found([ignored, (SERVICE, ONE)]), None);
    }

    #[test]
    fn an_endpoint_that_is_not_one_url_is_named() {
        for wrong in [
            "localhost:8000",
            "127.0.0.1",
            "\"http://localhost:8000\"",
            "http://localhost:8000 ",
            "http://localhost:8000,http://localhost:8001",
            "ftp://localhost",
            "http://",
            "//localhost",
        ] {
            for name in [SERVICE, ALL_SERVICES] {
                let environment = Environment::from_variables([(name, wrong)]);
                let error = read(&environment, SERVICE).unwrap_err();
                assert_eq!(error.name, name, "{wrong}");
            }
        }
    }
}
