//! The AWS clients: how they find their settings and how long they wait.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};

/// The longest that one AWS operation takes, all attempts included. Shorter than what a webhook has
/// (see [`crate::edge`]), so that a dead store is answered while HubSpot still listens.
const OPERATION: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_millis(1_400);
const CONNECT: Duration = Duration::from_secs(1);

/// The settings for a Lambda function: Lambda puts region and credentials into the environment, so
/// none of the SDK's other sources is asked.
pub async fn function_config() -> SdkConfig {
    loader()
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .load()
        .await
}

/// What every client of ours has in common: behaviour, retries and time limits.
#[must_use]
pub fn loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(3)
                .with_initial_backoff(Duration::from_millis(50)),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(ATTEMPT)
                .operation_timeout(OPERATION)
                .build(),
        )
}
