//! The compiled programs: the four functions and the baseline.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use shared::contract::WebhookName;

/// A program as it would be deployed.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name in tables: `create`, `update`, `delete`, `verify` or `baseline`, or the name of a
    /// variant.
    pub name: &'static str,
    /// Which webhook it answers; the baseline answers any.
    pub webhook: Option<WebhookName>,
    /// The file.
    pub path: PathBuf,
    /// Whether its secrets are in Secrets Manager, not in the environment.
    pub secrets_manager: bool,
}

impl Program {
    /// Its size in bytes, and that of its deployment zip.
    pub fn sizes(&self) -> (usize, usize) {
        let bytes = std::fs::read(&self.path).unwrap();
        // SAM's compression level.
        let mut zip = DeflateEncoder::new(Vec::new(), Compression::new(6));
        zip.write_all(&bytes).unwrap();
        (bytes.len(), zip.finish().unwrap().len())
    }
}

/// Builds the programs with the release profile.
pub fn build() -> Vec<Program> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--release", "--locked", "--package", "baseline"]);
    for webhook in WebhookName::ALL {
        command.args(["--package", webhook.as_str()]);
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let status = command.current_dir(workspace).status().unwrap();
    assert!(status.success(), "the programs can't be built");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    built_in(&workspace.join(target).join("release"))
}

/// The programs in `folder`, under their names; the baseline comes first.
pub fn built_in(folder: &Path) -> Vec<Program> {
    let baseline = Program {
        name: "baseline",
        webhook: None,
        path: folder.join("baseline"),
        secrets_manager: false,
    };
    let functions = functions(|webhook| folder.join(webhook.as_str()));
    std::iter::once(baseline)
        .chain(functions)
        .filter(|program| program.path.exists())
        .collect()
}

/// The four functions that `sam build` wrote to `folder`.
pub fn built_by_sam(folder: &Path) -> Vec<Program> {
    functions(|webhook| {
        let mut name = webhook.as_str().to_owned();
        name[..1].make_ascii_uppercase();
        folder.join(format!("{name}Function")).join("bootstrap")
    })
    .collect()
}

fn functions(path: impl Fn(WebhookName) -> PathBuf) -> impl Iterator<Item = Program> {
    WebhookName::ALL.into_iter().map(move |webhook| Program {
        name: webhook.as_str(),
        webhook: Some(webhook),
        path: path(webhook),
        secrets_manager: false,
    })
}
