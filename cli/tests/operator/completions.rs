//! A user installs shell completions.

use crate::program;

#[tokio::test]
async fn every_shell_gets_completions_for_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = program::run(&["completions", shell], &[], "").await;
        assert_eq!(ended.code, 0, "{ended:?}");
        for word in [
            "hubspot-conference",
            "dev",
            "settings",
            "clear",
            "import",
            "--dry-run",
        ] {
            // fish lists options without their dashes.
            let word = if shell == "fish" {
                word.trim_start_matches('-')
            } else {
                word
            };
            assert!(ended.stdout.contains(word), "{shell}: {word}");
        }
    }
    let unknown = program::run(&["completions", "csh"], &[], "").await;
    assert_eq!(unknown.code, 2);
}
