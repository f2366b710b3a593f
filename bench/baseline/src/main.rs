//! The baseline: a minimal function that only reads the same event and answers. The other functions are
//! measured against it.

use std::convert::Infallible;

use lambda_http::{Body, Error, Request, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let answer =
        |_: Request| async { Ok::<_, Infallible>(Response::new(Body::from("{\"ok\":true}"))) };
    lambda_http::run(service_fn(answer)).await
}
