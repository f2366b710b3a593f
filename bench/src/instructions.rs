//! Counts a webhook's instructions with valgrind's callgrind: the same number on a busy machine as on an
//! idle one, to within about one percent.

use std::process::Command;

use serde_json::{Value, json};
use shared::contract::WebhookName;
use simulator::sample::Meeting;

use crate::events::{meeting, signed, signed_event};
use crate::functions::Function;
use crate::programs::Program;
use crate::services::Services;

/// The webhooks of a short and of a long run. Their difference excludes all one-time work.
const FEW: u64 = 10;
const MANY: u64 = 60;

const MORE_FIELDS: u64 = 50;

/// A meeting that no other event uses.
const FIRST: usize = 300_000_000;

/// Instruction counts.
#[derive(Debug)]
pub struct Instructions {
    /// A cold `create`, from the program's start up to its first answer.
    pub cold_start: u64,
    /// A webhook that needs no store, from event to log: `verify`, warm, accepting everybody.
    pub webhook: u64,
    /// The signature's share of that.
    pub signature: u64,
    /// The cost of one more field in the body: its signature and its parsing.
    pub field: u64,
}

/// Counts them; `None` without valgrind.
pub fn count(create: &Program, verify: &Program, services: &Services) -> Option<Instructions> {
    Command::new("valgrind").arg("--version").output().ok()?;
    let each = |event: &dyn Fn() -> Value| {
        let total = |webhooks| count_process(verify, services, webhooks, event);
        (total(MANY) - total(FEW)) / (MANY - FEW)
    };
    let webhook = each(&|| signed_event(WebhookName::Verify, &Meeting::default()));
    let more_fields = each(&|| {
        let mut body = Meeting::default().body(WebhookName::Verify);
        for number in 0..MORE_FIELDS {
            body[format!("field{number}")] = json!("A text");
        }
        signed(WebhookName::Verify, &body.to_string())
    });
    let unreadable = each(&|| signed(WebhookName::Verify, "{"));
    let unsigned = each(&|| {
        let mut event = signed(WebhookName::Verify, "{");
        event["headers"] = json!({});
        event
    });
    let first = || signed_event(WebhookName::Create, &meeting(FIRST));
    Some(Instructions {
        cold_start: count_process(create, services, 1, &first),
        webhook,
        signature: unreadable.saturating_sub(unsigned),
        field: more_fields.saturating_sub(webhook) / MORE_FIELDS,
    })
}

/// The instructions of a process that answers this many webhooks.
fn count_process(
    program: &Program,
    services: &Services,
    webhooks: u64,
    event: &dyn Fn() -> Value,
) -> u64 {
    let file = std::env::temp_dir().join(format!("callgrind-{}", std::process::id()));
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(&program.path);
    let mut settings = program.settings();
    settings.push(("USER_VERIFICATION", "open".to_owned()));
    let function = Function::start_as(valgrind, program.answers, services, &settings);
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
