//! `cargo bench --package bench`: how fast the functions are, compared with a minimal function.
//!
//! The programs take turns, each time with a new meeting: create makes its conference, update changes
//! it and delete deletes it. `+ secret` is create with its secrets in Secrets Manager. They take turns
//! so that other load on the machine affects all of them equally; what counts is the ratios. `--cold N`,
//! `--warm N` and `--small N` set the number of runs; `--programs FOLDER` takes the programs from there, as many
//! as there are, instead of building them; `--beside NAME=FILE`, which can be repeated, adds another build of create,
//! to see what a change brings.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::time::Duration;

use bench::arguments::number;
use bench::functions::{ColdStart, Function, cold_start};
use bench::process::SmallShare;
use bench::programs::{self, Program};
use bench::put_item::PutItem;
use bench::services::Services;
use bench::statistics::Sample;
use simulator::tables::CONFERENCES_TABLE;

fn main() {
    let mut programs = programs::named_or_built();
    let create = programs.iter().find(|program| program.name == "create");
    let create = create.expect("there is no create to measure").clone();
    for other in programs::beside() {
        programs.push(Program {
            name: format!("{}+", other.name),
            ..other.with_secrets_manager(true)
        });
        programs.push(other);
    }
    programs.push(Program {
        name: "+ secret".to_owned(),
        ..create.with_secrets_manager(true)
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let services = runtime.block_on(Services::start());
    sizes(&programs);
    cold(&programs, &services, number("--cold", 100));
    small(&programs, &services, number("--small", 30));
    warm(&programs, &services, number("--warm", 500));
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
    let create = create.unwrap();
    cold_start(create, services, &create.meeting(0), None);
    let mut starts: Vec<Vec<ColdStart>> = vec![Vec::new(); programs.len()];
    for number in 1..=count {
        for (starts, program) in starts.iter_mut().zip(programs) {
            starts.push(cold_start(
                program,
                services,
                &program.meeting(number),
                None,
            ));
        }
    }
    println!("\ncold start, n = {count}, in ms         p50      p90      p99  ratio");
    let columns: [(&str, Column); 4] = [
        ("spawn to ready", |start| start.ready),
        ("first answer", |start| start.first),
        ("cold total", |start| start.total),
        ("CPU time", |start| start.cpu_time),
    ];
    for (title, column) in columns {
        let samples = starts.iter().map(|starts| starts.iter().map(column));
        table(
            title,
            programs,
            &samples.map(Sample::from_iter).collect::<Vec<_>>(),
        );
    }
    for (program, starts) in programs.iter().zip(&starts) {
        let memory = starts.iter().map(|start| start.memory).max();
        let Some(last) = starts.last() else { continue };
        let (store, secrets_manager) = (last.store.counts, last.secrets_manager.counts);
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
        Err(error) => return println!("\n0.072 vCPU: not on this machine ({error})"),
    };
    let mut times = vec![Vec::new(); programs.len()];
    for number in 1..=count {
        for (times, program) in times.iter_mut().zip(programs) {
            let meeting = program.meeting(1_000_000 + number);
            times.push(cold_start(program, services, &meeting, Some(&share)).first);
        }
    }
    println!("\n0.072 vCPU, n = {count}, in ms       p50      p90      p99  ratio");
    let samples: Vec<Sample> = times.into_iter().map(Sample::from_iter).collect();
    table("first answer", programs, &samples);
}

fn warm(programs: &[Program], services: &Services, count: usize) {
    let functions: Vec<Function> = programs
        .iter()
        .map(|program| Function::start(program, services))
        .collect();
    let before: Vec<_> = functions.iter().map(Function::cpu_time).collect();
    let mut put_item = PutItem::connect(services, CONFERENCES_TABLE);
    let mut times = vec![Vec::new(); programs.len()];
    let mut bare = Vec::new();
    for number in 1..=count {
        bare.push(put_item.put(number));
        for ((times, program), function) in times.iter_mut().zip(programs).zip(&functions) {
            let meeting = program.meeting(2_000_000 + number);
            times.push(function.invoke(&meeting).time);
        }
    }
    println!("\nwarm, n = {count}, in ms                  p50      p90      p99  ratio");
    let samples: Vec<Sample> = times.into_iter().map(Sample::from_iter).collect();
    table("answer", programs, &samples);
    let calls = u32::try_from(count.max(1)).unwrap();
    for ((program, function), before) in programs.iter().zip(&functions).zip(before) {
        let each = function.cpu_time().saturating_sub(before) / calls;
        println!(
            "CPU time        {:10} {:7.3} on average",
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
