//! `aksara plugin list`.

use std::fmt::Write as _;

use aksara_runtime::{FolderTrust, PluginInfo};

use crate::commands::Call;
use crate::output::{self, Failure};

// Writing to a String cannot fail; the results of write! are dropped for that reason.

pub(super) async fn run(call: &Call, why: bool, json: bool) -> Result<u8, Failure> {
    let runtime = call.runtime_for_plugins(&[])?;
    let plugins = runtime.plugins().await?;
    if json {
        output::json(&serde_json::json!({ "plugins": plugins }))?;
        return Ok(0);
    }
    let width = plugins.iter().map(|p| p.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for plugin in &plugins {
        let version = plugin.version.as_deref().unwrap_or("-");
        let _ = writeln!(text, "{:<width$}  {version:<8}  {}", plugin.name, says(plugin));
        if why {
            let _ = write!(text, "{}", reasons(plugin));
        }
    }
    output::data(&text)?;
    if plugins.is_empty() {
        output::talk("no plugins found");
    }
    if why || plugins.is_empty() {
        let mut places = "looked in, in this order:".to_owned();
        for folder in runtime.plugin_folders() {
            let trust = match folder.trust {
                FolderTrust::Whole => "used as it is",
                FolderTrust::Pinned => "each plugin accepted by you",
                FolderTrust::None => "not trusted, so nothing in it is used",
            };
            let _ = write!(places, "\n  {} ({}; {trust})", folder.path.display(), folder.why);
        }
        output::talk(&places);
    }
    Ok(0)
}

/// What the plugin carries out, or why it is not used.
fn says(plugin: &PluginInfo) -> String {
    if let Some(problem) = &plugin.problem {
        return format!("not used: {}", problem.replace('\n', "\n    "));
    }
    let pair = |p: &aksara_runtime::Pair| match p.stack.as_str() {
        "*" => p.step_type.to_string(),
        stack => format!("{} ({stack})", p.step_type),
    };
    let mut has: Vec<String> = plugin.stacks.iter().map(|s| format!("the stack {s}")).collect();
    has.extend(plugin.executors.iter().map(pair));
    has.join(", ")
}

fn reasons(plugin: &PluginInfo) -> String {
    let mut text = format!("    found: {}\n    library: {}\n", plugin.why, plugin.library.display());
    if let Some(sha256) = &plugin.sha256 {
        let _ = writeln!(text, "    accepted: sha256 {sha256}");
    }
    text
}
