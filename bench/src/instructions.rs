//! How many instructions a webhook takes, by valgrind's callgrind: the same number on a busy machine
//! as on an idle one, but for a percent or so.

use std::process::Command;

use hubspot_conference::sample::{self, Meeting};

use crate::functions::Function;
use crate::programs::Program;
use crate::tls::Tls;

/// The webhooks before counting begins, in which everything that is done once is done.
const FEW: u64 = 10;
const MANY: u64 = 60;

/// The instructions of one warm webhook of `verify`, when it accepts everybody and so needs no store.
/// `None` without valgrind.
pub fn of_a_webhook(verify: &Program, store: &Tls) -> Option<u64> {
    Command::new("valgrind").arg("--version").output().ok()?;
    let difference = count(verify, store, MANY) - count(verify, store, FEW);
    Some(difference / (MANY - FEW))
}

/// The instructions of a process that answers so many webhooks.
fn count(verify: &Program, store: &Tls, webhooks: u64) -> u64 {
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
    let function = Function::start_as(valgrind, verify.webhook, store, &settings);
    for _ in 0..webhooks {
        function.invoke(&Meeting::default());
    }
    function.terminate();
    let profile = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let mut lines = profile.lines();
    let totals = lines.find_map(|line| line.strip_prefix("totals: "));
    totals.unwrap().trim().parse().unwrap()
}
