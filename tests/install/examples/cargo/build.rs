// SPDX-License-Identifier: BSD-2-Clause
// Rust links libc before what is asked for here, and the first malloc wins. So the archive is taken,
// which makes malloc the program's own.
use std::process::Command;

fn main() {
    let answer = Command::new("pkg-config")
        .args(["--variable=static_libs", "uma_malloc"])
        .output()
        .expect("pkg-config cannot be run");
    assert!(answer.status.success(), "pkg-config does not know uma_malloc");
    let flag = String::from_utf8(answer.stdout).expect("pkg-config prints no text");
    println!("cargo:rustc-link-arg={}", flag.trim());
}
