//! How many instructions a webhook takes, by valgrind's callgrind: the same number on a busy machine
//! as on an idle one, but for a percent or so.

use std::process::Command;

use hubspot_conference::sample::{self, Meeting, Webhook};
use serde_json::{Value, json};

use crate::events::{signed, signed_event};
use crate::functions::Function;
use crate::programs::Program;
use crate::services::Services;

/// The webhooks before counting begins, in which everything that is done once is done.
const FEW: u64 = 10;
const MANY: u64 = 60;

/// Where the instructions of a webhook go that needs no store: `verify`, warm, accepting everybody.
#[derive(Debug)]
pub struct Instructions {
    /// The whole webhook: event, signature, body, answer and log.
    pub webhook: u64,
    /// Of it, what the signature takes.
    pub signature: u64,
    /// Of it, what reading the body and writing the answer take, beyond refusing a body.
    pub payload: u64,
}

/// Counts them, or not where there is no valgrind.
pub fn count(verify: &Program, services: &Services) -> Option<Instructions> {
    Command::new("valgrind").arg("--version").output().ok()?;
    let each = |event: &dyn Fn() -> Value| {
        let of = |webhooks| of_process(verify, services, webhooks, event);
        (of(MANY) - of(FEW)) / (MANY - FEW)
    };
    let webhook = each(&|| signed_event(Webhook::Verify, &Meeting::default()));
    let unreadable = each(&|| signed(Webhook::Verify, "{"));
    let unsigned = each(&|| {
        let mut event = signed(Webhook::Verify, "{");
        event["headers"] = json!({});
        event
    });
    Some(Instructions {
        webhook,
        signature: unreadable.saturating_sub(unsigned),
        payload: webhook.saturating_sub(unreadable),
    })
}

/// The instructions of a process that answers so many webhooks.
fn of_process(
    verify: &Program,
    services: &Services,
    webhooks: u64,
    event: &dyn Fn() -> Value,
) -> u64 {
    let file = std::env::temp_dir().join(format!("callgrind-{}", std::process::id()));
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(&verify.path);
    let settings = [
        ("HUBSPOT_CLIENT_SECRET", sample::CLIENT_SECRET),
        ("USER_VERIFICATION", "open"),
    ];
    let function = Function::start_as(valgrind, verify.webhook, services, &settings);
    for _ in 0..webhooks {
        function.answer(&event());
    }
    function.terminate();
    let profile = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let mut lines = profile.lines();
    let totals = lines.find_map(|line| line.strip_prefix("totals: "));
    totals.unwrap().trim().parse().unwrap()
}
