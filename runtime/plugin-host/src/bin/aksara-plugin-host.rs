//! The child process that runs plugins, for programs that embed the runtime. Not for people: it speaks frames.

fn main() -> std::process::ExitCode {
    aksara_plugin_host::child_main(&[])
}
