//! The `aksara` command under its other name.

fn main() -> std::process::ExitCode {
    aksara_cli::main()
}
