//! The C header says what the Rust structs say: a C compiler lays them out, and the numbers are compared.

use std::mem::{offset_of, size_of};
use std::path::Path;
use std::process::Command;

use aksara_sdk::protocol::abi::{
    ABI_VERSION, AksHost, AksPlugin, AksSink, AksSlice, FLAG_CONCURRENT, MAGIC, Status,
};

macro_rules! layout {
    ($($c:ident = $rust:ident { $($field:ident),* })*) => {{
        let mut c = String::new();
        let mut rust = Vec::new();
        $(
            c.push_str(concat!("P(sizeof(", stringify!($c), "))"));
            rust.push((stringify!($c).to_owned(), size_of::<$rust>() as u64));
            $(
                c.push_str(concat!("P(offsetof(", stringify!($c), ", ", stringify!($field), "))"));
                rust.push((concat!(stringify!($c), ".", stringify!($field)).to_owned(), offset_of!($rust, $field) as u64));
            )*
        )*
        (c, rust)
    }};
}

#[test]
fn the_header_agrees_with_rust() {
    let (mut c, mut rust) = layout! {
        aks_slice = AksSlice { ptr, len }
        aks_sink = AksSink { ctx, write }
        aks_host = AksHost { size, abi, ctx, call, cancelled }
        aks_plugin = AksPlugin { magic, abi, size, flags, describe, open, invoke, close }
    };
    for (name, value) in [
        ("AKS_MAGIC", MAGIC),
        ("AKS_ABI_VERSION", ABI_VERSION),
        ("AKS_FLAG_CONCURRENT", FLAG_CONCURRENT),
        ("AKS_OK", Status::Ok as u32),
        ("AKS_STEP_ERROR", Status::StepError as u32),
        ("AKS_PANIC", Status::Panic as u32),
        ("AKS_CANCELLED", Status::Cancelled as u32),
        ("AKS_UNSUPPORTED", Status::Unsupported as u32),
        ("AKS_BAD_REQUEST", Status::BadRequest as u32),
        ("AKS_HOST_CALL_FAILED", Status::HostCallFailed as u32),
        ("AKS_INCOMPATIBLE", Status::Incompatible as u32),
    ] {
        c.push_str(&format!("P({name})"));
        rust.push((name.to_owned(), u64::from(value)));
    }

    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("layout.c");
    let program = dir.path().join("layout");
    let text = format!(
        "#include <stdio.h>\n#include \"aksara_plugin.h\"\n\
         #define P(value) printf(\"%llu\\n\", (unsigned long long)(value));\n\
         int main(void) {{ {c} return 0; }}\n"
    );
    std::fs::write(&source, text).unwrap();
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let built = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-I"])
        .arg(include)
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .output();
    let built = match built {
        Ok(built) => built,
        Err(error) => {
            eprintln!("SKIPPED: the C header was not checked, `cc` cannot be started: {error}");
            return;
        }
    };
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));

    let printed = Command::new(&program).output().unwrap().stdout;
    let numbers: Vec<u64> =
        String::from_utf8(printed).unwrap().lines().map(|line| line.parse().unwrap()).collect();
    let in_c: Vec<(String, u64)> = rust.iter().map(|(name, _)| name.clone()).zip(numbers).collect();
    assert_eq!(in_c, rust);
}
