//! `cargo bench --package bench`: how fast the functions are, compared with a minimal function.
//!
//! The programs take turns, each time with a new meeting: create makes its conference, update changes
//! it and delete deletes it. `+ secret` is create with its secrets in Secrets Manager. They take turns
//! so that other load on the machine affects all of them equally; what counts is the ratios. `--cold N`,
//! `--warm N` and `--small N` set the number of runs; `--programs FOLDER` takes the programs from there, as many
//! as there are, instead of building them; `--beside NAME=FILE`, as often as wanted, adds another build of create,
//! to see what a change brings; `--region` puts the services as far away as they are in a region.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

use std::env;
use std::path::Path;
use std::time::Duration;

use bench::events::meeting;
use bench::functions::{ColdStart, Function, cold_start};
use bench::network::Latency;
use bench::process::SmallShare;
use bench::programs::{self, Program};
use bench::put_item::PutItem;
use bench::services::Services;
use bench::statistics::Sample;
use simulator::sample::Meeting;
use simulator::tables::CONFERENCES_TABLE;

fn main() {
    let mut programs = match argument("--programs") {
        Some(folder) => programs::built_in(Path::new(&folder)),
        None => programs::build(),
    };
    let create = programs.iter().find(|program| program.name == "create");
    let create = create.expect("there is no create to measure").clone();
    programs.extend(beside(&create));
    programs.push(Program {
        name: "+ secret",
        secrets_manager: true,
        ..create
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let services = if env::args().any(|argument| argument == "--region") {
        // Assumed for the same region: DynamoDB answers after about 4 ms, Secrets Manager after about 20 ms.
        let (store, secrets_manager) = (Latency::in_region(4), Latency::in_region(20));
        runtime.block_on(Services::start_at(store, secrets_manager))
    } else {
        runtime.block_on(Services::start())
    };
    sizes(&programs);
    cold(&programs, &services, count("--cold", 100));
    small(&programs, &services, count("--small", 30));
    warm(&programs, &services, count("--warm", 500));
}

/// The other builds of create, each with its secrets once in the environment and once in Secrets Manager.
fn beside(create: &Program) -> Vec<Program> {
    let arguments: Vec<String> = env::args().collect();
    let named = arguments
        .windows(2)
        .filter(|pair| pair[0] == "--beside")
        .map(|pair| pair[1].split_once('=').expect("NAME=FILE"));
    named
        .flat_map(|(name, path)| {
            [false, true].map(|secrets_manager| Program {
                name: if secrets_manager {
                    format!("{name}+").leak()
                } else {
                    name.to_owned().leak()
                },
                path: path.into(),
                secrets_manager,
                ..create.clone()
            })
        })
        .collect()
}

/// The value after `name` on the command line.
fn argument(name: &str) -> Option<String> {
    env::args().skip_while(|argument| argument != name).nth(1)
}

fn count(name: &str, default: usize) -> usize {
    argument(name).map_or(default, |number| number.parse().unwrap())
}

/// The meeting that create makes and the others change, delete or ignore. The variants of
/// create make meetings of their own.
fn subject(program: &Program, number: usize) -> Meeting {
    match program.name {
        "baseline" | "create" | "update" | "delete" | "verify" => meeting(number),
        "+ secret" => meeting(200_000_000 + number),
        // No two builds make the same meeting.
        other => Meeting {
            topic: format!("{other} {number}"),
            ..meeting(number)
        },
    }
}

fn sizes(programs: &[Program]) {
    println!("size              program         zip");
    for program in programs {
        let (plain, zipped) = program.sizes();
        println!("{:10} {plain:14} {zipped:11}", program.name);
    }
}

/// One of a cold start's times.
type Column = fn(&ColdStart) -> Duration;

fn cold(programs: &[Program], services: &Services, count: usize) {
    let create = programs.iter().find(|program| program.name == "create");
    cold_start(create.unwrap(), services, &meeting(0), None);
    services.take_counts();
    let mut starts: Vec<Vec<ColdStart>> = vec![Vec::new(); programs.len()];
    let mut counts = vec![Default::default(); programs.len()];
    for number in 1..=count {
        for (place, program) in programs.iter().enumerate() {
            let meeting = subject(program, number);
            starts[place].push(cold_start(program, services, &meeting, None));
            counts[place] = services.take_counts();
        }
    }
    println!("\ncold start, n = {count}, in ms         p50      p90      p99  ratio");
    let columns: [(&str, Column); 4] = [
        ("spawn to ready", |start| start.ready),
        ("first answer", |start| start.first),
        ("cold total", |start| start.total),
        ("processor", |start| start.processor),
    ];
    for (title, column) in columns {
        let samples = starts.iter().map(|starts| starts.iter().map(column));
        table(
            title,
            programs,
            &samples.map(Sample::from_iter).collect::<Vec<_>>(),
        );
    }
    for ((program, starts), (store, secrets_manager)) in programs.iter().zip(&starts).zip(counts) {
        let memory = starts.iter().map(|start| start.memory).max();
        println!(
            "{:10} peak memory {:6} KiB, {} handshakes, {} requests to the store and {} for the secret",
            program.name,
            memory.unwrap_or_default(),
            store.handshakes + secrets_manager.handshakes,
            store.requests,
            secrets_manager.requests
        );
    }
}

fn small(programs: &[Program], services: &Services, count: usize) {
    let share = match SmallShare::new() {
        Ok(share) => share,
        Err(error) => return println!("\n0.072 of a core: not on this machine ({error})"),
    };
    let mut times = vec![Vec::new(); programs.len()];
    for number in 1..=count {
        for (place, program) in programs.iter().enumerate() {
            let meeting = subject(program, 1_000_000 + number);
            times[place].push(cold_start(program, services, &meeting, Some(&share)).first);
        }
    }
    println!("\n0.072 of a core, n = {count}, in ms       p50      p90      p99  ratio");
    let samples: Vec<Sample> = times.into_iter().map(Sample::from_iter).collect();
    table("first answer", programs, &samples);
}

fn warm(programs: &[Program], services: &Services, count: usize) {
    let functions: Vec<Function> = programs
        .iter()
        .map(|program| Function::start(program, services))
        .collect();
    let before: Vec<_> = functions.iter().map(Function::processor_time).collect();
    let mut put_item = PutItem::connect(services, CONFERENCES_TABLE);
    let mut times = vec![Vec::new(); programs.len()];
    let mut bare = Vec::new();
    for number in 1..=count {
        bare.push(put_item.put(number));
        for (place, program) in programs.iter().enumerate() {
            let meeting = subject(program, 2_000_000 + number);
            times[place].push(functions[place].invoke(&meeting).time);
        }
    }
    println!("\nwarm, n = {count}, in ms                  p50      p90      p99  ratio");
    let samples: Vec<Sample> = times.into_iter().map(Sample::from_iter).collect();
    table("answer", programs, &samples);
    let calls = u32::try_from(count.max(1)).unwrap();
    for ((program, function), before) in programs.iter().zip(&functions).zip(before) {
        let each = function.processor_time().saturating_sub(before) / calls;
        println!(
            "processor       {:10} {:7.3} on average",
            program.name,
            each.as_secs_f64() * 1000.0
        );
    }
    let bare = Sample::from_iter(bare);
    println!("bare PutItem              {bare}");
    for (program, sample) in programs.iter().zip(samples) {
        if program.name == "create" {
            let ratio = sample.median() / bare.median();
            println!("a warm create takes {ratio:.2} times as long as the bare PutItem");
        }
    }
}

/// Prints one line per program; it ends with the median as a multiple of the baseline's.
fn table(title: &str, programs: &[Program], samples: &[Sample]) {
    let baseline = samples.first().map_or(f64::NAN, Sample::median);
    for (program, sample) in programs.iter().zip(samples) {
        let ratio = sample.median() / baseline;
        println!("{title:15} {:10}{sample}  {ratio:6.2}", program.name);
    }
}
