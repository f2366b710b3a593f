//! Reads statistics of a running program (proc(5)), and limits it as Lambda limits a function with little
//! memory: by a CPU quota for its control group.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

/// The CPU time that a program has used so far, in all its threads.
pub fn cpu_time(child: &Child) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let nanoseconds = tasks.map(|task| {
        let statistics = fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        let first = statistics.split(' ').next().unwrap();
        first.parse::<u64>().unwrap()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// A program's peak memory, in KiB.
pub fn peak_memory(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

/// A control group with the CPU time that Lambda gives a function of 128 MB.
#[derive(Debug)]
pub struct SmallShare(PathBuf);

impl SmallShare {
    /// The period of the quota, in microseconds.
    const PERIOD: u32 = 20_000;
    /// The CPU time in each period, in microseconds. This is 0.072 vCPU: 128 MB of the 1,769 MB that come with a full vCPU (AWS Lambda, ["Configure
    /// memory"](https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html)).
    const QUOTA: u32 = 1_440;

    /// Creates the group.
    ///
    /// # Errors
    /// If the machine has no control groups, or doesn't allow us to create one; the error says why.
    pub fn new() -> std::io::Result<Self> {
        let name = format!("function-{}", std::process::id());
        let second = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        if second {
            let group = Self(Path::new("/sys/fs/cgroup").join(name));
            fs::create_dir(&group.0)?;
            fs::write(
                group.0.join("cpu.max"),
                format!("{} {}", Self::QUOTA, Self::PERIOD),
            )?;
            return Ok(group);
        }
        let group = Self(Path::new("/sys/fs/cgroup/cpu").join(name));
        fs::create_dir(&group.0)?;
        fs::write(group.0.join("cpu.cfs_period_us"), Self::PERIOD.to_string())?;
        fs::write(group.0.join("cpu.cfs_quota_us"), Self::QUOTA.to_string())?;
        Ok(group)
    }

    /// Limits the program to this quota from now on.
    pub fn limit(&self, child: &Child) {
        fs::write(self.0.join("cgroup.procs"), child.id().to_string()).unwrap();
    }
}

impl Drop for SmallShare {
    fn drop(&mut self) {
        // The group is empty unless the measurement has failed; then it stays, which does no harm.
        fs::remove_dir(&self.0).ok();
    }
}
