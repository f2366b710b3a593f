//! Runs the binary at a real terminal, as a person at a keyboard does.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Child;

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::program::program;

/// The binary at a terminal, until it is dropped, and what the terminal has shown.
pub(crate) struct Terminal {
    child: Child,
    keyboard_and_screen: File,
    shown: Vec<u8>,
}

impl Drop for Terminal {
    /// A test that fails leaves nothing behind.
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Terminal {
    /// Starts the binary at a terminal of this many columns.
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)], columns: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&ours, size).unwrap();
        let theirs = || ioctl_tiocgptpeer(&ours, flags).unwrap();
        let mut command = program(arguments, environment);
        command.stdin(theirs()).stdout(theirs()).stderr(theirs());
        let child = command.spawn().unwrap();
        Self {
            child,
            keyboard_and_screen: ours.into(),
            shown: Vec::new(),
        }
    }

    /// Everything that was shown so far.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown).replace("\r\n", "\n")
    }

    /// Waits until `words` are shown.
    pub(crate) fn until(&mut self, words: &str) {
        while !self.shown().contains(words) {
            assert!(self.read(), "it ended without {words}: {}", self.shown());
        }
    }

    /// Waits until typed text is hidden.
    pub(crate) fn until_hidden(&self) {
        let is_shown = || {
            let modes = tcgetattr(&self.keyboard_and_screen).unwrap().local_modes;
            modes.contains(LocalModes::ECHO)
        };
        while is_shown() {
            std::thread::yield_now();
        }
    }

    /// Types `text` and presses the enter key.
    pub(crate) fn enter(&mut self, text: &str) {
        let line = format!("{text}\n");
        self.keyboard_and_screen.write_all(line.as_bytes()).unwrap();
    }

    /// Waits for the end; returns the exit code and everything that was shown.
    pub(crate) fn end(mut self) -> (i32, String) {
        while self.read() {}
        let status = self.child.wait().unwrap();
        (status.code().unwrap(), self.shown())
    }

    /// Reads what has arrived; returns whether there may be more. Linux reports an error once nobody has
    /// the terminal open any more.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let read = self.keyboard_and_screen.read(&mut buffer).unwrap_or(0);
        self.shown.extend(&buffer[..read]);
        read > 0
    }
}
