//! How the project's tests are written, where pytest runs them.

use aksara_sdk::protocol::JsonMap;
use aksara_sdk::protocol::facts::{ClientFixtureFacts, PytestFacts, TestRunner};
use serde_json::Value;

use super::Files;
use super::modules::Modules;

/// The setting that says where loggers pass on what they are told.
const LOGGING: &str = "LOGGING";

/// What is known of the tests, if most of the test modules have functions and plain classes of pytest. A project without
/// tests has them as soon as pytest is set up for Django.
pub(super) fn read(files: &Files<'_>, modules: &Modules, settings: &JsonMap) -> Option<PytestFacts> {
    let count = |has: &dyn Fn(&aksara_python::pytest::TestHabits) -> bool| {
        files.tests.iter().filter(|t| has(t)).count()
    };
    let (plain, cases) = (count(&|tests| tests.plain), count(&|tests| tests.cases));
    let is_set_up = files.configs.iter().any(|config| config.pytest);
    let is_pytest = plain > cases || (plain + cases == 0 && is_set_up);
    let collects_others = files.configs.iter().any(|config| config.other_test_classes);
    if files.runner() != TestRunner::Pytest || !is_pytest || collects_others {
        return None;
    }
    let clients = files.clients.iter().map(|(path, client)| ClientFixtureFacts {
        name: client.name.clone(),
        folder: path.parent().map_or_else(String::new, String::from),
        is_plain: client.is_plain,
    });
    Some(PytestFacts {
        marks_modules: count(&|tests| tests.marks_module) > count(&|tests| tests.marks_items),
        hides_logs: hides_logs(modules, settings),
        clients: clients.collect(),
    })
}

/// Whether a logger of the project's own keeps what it is told from the root logger. What is not literal may.
fn hides_logs(modules: &Modules, settings: &JsonMap) -> bool {
    if let Some(logging) = settings.get(LOGGING) {
        let loggers = logging.get("loggers").and_then(Value::as_object).into_iter().flatten();
        return loggers.into_iter().any(|(name, logger)| {
            let is_own = !name.is_empty() && name.split('.').next() != Some("django");
            is_own && logger.get("propagate") == Some(&Value::Bool(false))
        });
    }
    let assigns = modules.iter().flat_map(|module| &module.module.assigns);
    assigns.into_iter().any(|assign| assign.name == LOGGING && assign.value.source.contains("propagate"))
}
