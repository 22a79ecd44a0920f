//! Puts a program into a jail. Everything is in the library; see `sarai_sandbox::program`.

fn main() -> std::process::ExitCode {
    sarai_sandbox::program::main(std::env::args_os())
}
