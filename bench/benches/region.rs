//! `cargo bench --package bench --bench region`: what a cold start waits for in a region, step by step.
//!
//! The store and Secrets Manager are behind TLS, a round trip away, and take some time for an answer:
//! `--round-trip MS` (1), `--store-answer MS` (4) and `--secret-answer MS` (20) set these times; with 0, 0 and 0
//! they are on loopback. Each function starts with its secret in the environment and with its secret in Secrets
//! Manager, in turns with the baseline, with what `--beside NAME=FILE` names (another build of create; it can be
//! repeated), and with the same create on AWS's SDKs for Node and Python, if `bench/peers/install` has
//! installed it. `--cold N` sets the number of turns, and `--programs FOLDER` takes the programs from there
//! instead of building them. The tables are Markdown, in milliseconds from the start of the process.
//!
//! The times come from outside: from what the services and the Runtime API see. Two steps can't be seen from
//! there. Reading the settings and looking up the store's name both lie between the start of the process and
//! `connect`; the name `localhost` is in a file, so looking it up takes no round trip.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use bench::arguments::number;
use bench::functions::{ColdStart, Exchange, cold_start};
use bench::network::Latency;
use bench::programs::{self, Answers, Program};
use bench::services::Services;
use bench::statistics::Sample;

/// A program's cold starts with its secret in one place.
struct Series {
    program: Program,
    starts: Vec<ColdStart>,
}

impl Series {
    fn sample(&self, time: impl Fn(&ColdStart) -> Option<Duration>) -> Sample {
        self.starts.iter().filter_map(time).collect()
    }

    fn total(&self) -> Sample {
        self.sample(|start| Some(start.total))
    }

    /// The most round trips in sequence of any of them.
    fn round_trips(&self) -> usize {
        let all = self.starts.iter().map(|start| start.round_trips);
        all.max().unwrap_or_default()
    }
}

fn main() {
    let mut programs = programs::named_or_built();
    programs.extend(programs::beside());
    let peers = programs::peers();
    if peers.is_empty() {
        println!("Node and Python are left out: bench/peers/install installs what they need.\n");
    }
    programs.extend(peers);
    let round_trip = milliseconds("--round-trip", 1.0);
    let latency = |answer| Latency { round_trip, answer };
    let store = latency(milliseconds("--store-answer", 4.0));
    let secrets_manager = latency(milliseconds("--secret-answer", 20.0));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let services = runtime.block_on(Services::start_at(store, secrets_manager));
    let turns = number("--cold", 100);
    println!(
        "Cold start, n = {turns}: a round trip takes {round_trip:?}, the store answers after {:?} more, Secrets \
         Manager after {:?} more.\n",
        store.answer, secrets_manager.answer
    );
    let series = measure(&programs, &services, turns);
    let (stored, environment): (Vec<_>, Vec<_>) = series
        .into_iter()
        .partition(|series| series.program.secrets_manager);
    totals(&environment, &stored);
    timeline("Secret in the environment", &environment);
    timeline("Secret in Secrets Manager", &stored);
}

fn milliseconds(name: &str, default: f64) -> Duration {
    Duration::from_secs_f64(number(name, default) / 1000.0)
}

/// Starts every program once a turn with its secret in the environment, and once with its secret in Secrets
/// Manager. The first turn doesn't count, since it reads the programs from the disk. Nor does the first start of
/// a turn, since it follows the last program of the turn before, the heaviest one.
fn measure(programs: &[Program], services: &Services, turns: usize) -> Vec<Series> {
    let each = programs.iter().flat_map(|program| {
        let places = [false, true].into_iter();
        places.map(|stored| program.with_secrets_manager(stored))
    });
    let mut series: Vec<Series> = each
        .filter(|program| program.answers != Answers::Anything || !program.secrets_manager)
        .map(|program| Series {
            program,
            starts: Vec::new(),
        })
        .collect();
    for turn in 0..=turns {
        if let Some(first) = programs.first() {
            cold_start(first, services, &first.meeting(turn), None);
        }
        for Series { program, starts } in &mut series {
            let start = cold_start(program, services, &program.meeting(turn), None);
            if turn > 0 {
                starts.push(start);
            }
        }
    }
    series
}

/// From the start of the process to its first answer, every program in one line.
fn totals(environment: &[Series], stored: &[Series]) {
    println!(
        "| median (p90), times the baseline | secret in the environment | round trips in sequence | \
         secret in Secrets Manager | round trips in sequence |\n| --- | --- | --- | --- | --- |"
    );
    let baseline = environment.first().map(Series::total);
    let baseline = baseline.unwrap_or_default().median();
    let cells = |series: Option<&Series>| {
        series.map_or("– | –".to_owned(), |series| {
            let total = series.total();
            format!(
                "{:.2} ({:.2}), {:.1} | {}",
                total.median(),
                total.percentile(90),
                total.median() / baseline,
                series.round_trips()
            )
        })
    };
    for series in environment {
        let name = &series.program.name;
        let same = stored.iter().find(|other| other.program.name == *name);
        println!("| {name} | {} | {} |", cells(Some(series)), cells(same));
    }
}

/// One step of a cold start: its name, and when it is taken.
type Step = (&'static str, fn(&ColdStart) -> Option<Duration>);

/// The steps in the order in which the functions take them.
const STEPS: [Step; 13] = [
    ("store: connect", |start| start.store.connect),
    ("store: connected, TLS begins", |start| {
        start.store.client_hello
    }),
    ("store: TLS is open", |start| start.store.handshake),
    ("secret: connect", |start| start.secrets_manager.connect),
    ("secret: connected, TLS begins", |start| {
        start.secrets_manager.client_hello
    }),
    ("secret: TLS is open", |start| {
        start.secrets_manager.handshake
    }),
    ("secret: request", |start| start.secrets_manager.request),
    ("secret: answer", |start| start.secrets_manager.answer),
    ("ready for events", |start| Some(start.ready)),
    ("event", |start| {
        Some(start.total.saturating_sub(start.first))
    }),
    ("store: request", |start| start.store.request),
    ("store: answer", |start| start.store.answer),
    ("answer to the event", |start| Some(start.total)),
];

/// When each step is taken, in the median of all turns.
fn timeline(title: &str, all: &[Series]) {
    let names = all.iter().map(|series| series.program.name.as_str());
    let names: Vec<_> = names.collect();
    println!("\n| {title} | {} |", names.join(" | "));
    println!("| --- |{}", " --- |".repeat(all.len()));
    for (step, time) in STEPS {
        let samples: Vec<Sample> = all.iter().map(|series| series.sample(time)).collect();
        if samples.iter().all(|sample| sample.count() == 0) {
            continue;
        }
        let cells: Vec<_> = samples.iter().map(median).collect();
        println!("| {step} | {} |", cells.join(" | "));
    }
    let requests = |what: &str, exchange: fn(&ColdStart) -> Exchange| {
        let counts = all.iter().map(|series| {
            let requests = |start| exchange(start).counts.requests;
            series.starts.iter().map(requests).max().unwrap_or_default()
        });
        let counts: Vec<_> = counts.map(|count| count.to_string()).collect();
        println!("| {what} | {} |", counts.join(" | "));
    };
    requests("requests to the store", |start| start.store);
    requests("requests for the secret", |start| start.secrets_manager);
}

fn median(sample: &Sample) -> String {
    match sample.count() {
        0 => "–".to_owned(),
        _ => format!("{:.2}", sample.median()),
    }
}
