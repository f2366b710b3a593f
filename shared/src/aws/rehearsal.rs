//! Everything that a request needs but the sending.

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

/// Makes a request end before it is sent: it is prepared and signed like any other, so that all this
/// code has been read from the disk and run once before the first real one. The answer is an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rehearsal;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Rehearsal {
    fn name(&self) -> &'static str {
        "Rehearsal"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Err("a rehearsal".into())
    }
}
