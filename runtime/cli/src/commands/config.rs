//! `aksara config`: the settings in force.

use std::fmt::Write as _;

use aksara_runtime::Error;
use aksara_runtime::settings::Setting;

use super::Call;
use crate::args::Config;
use crate::output::{self, Failure};

pub(crate) fn run(call: &Call, command: &Config) -> Result<u8, Failure> {
    let runtime = call.runtime_that_reads(|read| match command {
        Config::List { .. } => true,
        Config::Get { key, .. } => key == read,
    })?;
    let settings = runtime.settings();
    match command {
        Config::List { json: true, .. } => {
            let all: Vec<Setting<'_>> = settings.all().collect();
            output::json(&serde_json::json!({ "settings": all }))?;
        }
        Config::List { origin, .. } => {
            // Lines of TOML: what is printed can be put into a settings file.
            let text = settings.all().fold(String::new(), |mut text, setting| {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{} = {}{}", setting.key, setting.toml, comment(&setting, *origin));
                text
            });
            output::data(&text)?;
        }
        Config::Get { key, origin, json } => {
            let setting = settings.get(key).map_err(Error::from)?;
            if *json {
                output::json(&setting)?;
            } else {
                // A text is what a script wants, without its quotes.
                let value = setting.value.as_str().unwrap_or(&setting.toml);
                output::data(&format!("{value}{}\n", comment(&setting, *origin)))?;
            }
        }
    }
    Ok(0)
}

fn comment(setting: &Setting<'_>, origin: bool) -> String {
    if origin { format!("  # {}", setting.origin) } else { String::new() }
}
