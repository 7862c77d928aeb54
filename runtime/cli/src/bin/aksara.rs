//! The `aksara` command.

fn main() -> std::process::ExitCode {
    aksara_cli::main()
}
