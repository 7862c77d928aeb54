//! The configuration of an app: the class in its `apps.py`.

use std::collections::BTreeMap;

use aksara_python::Source;
use aksara_python::edit::{Change, ClassPlace, Edits};
use aksara_python::read::{Class, ModuleName, read};
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, Parts};
use aksara_sdk::{Context, Diagnostic, RelPath};
use serde_json::Value;

/// What `startapp` writes, up to Django 5; later ones have it as the default and write nothing.
const AUTO_FIELD: &str = "django.db.models.BigAutoField";

/// The file of an app's configuration.
///
/// # Errors
/// A folder that is no path inside the repository.
pub fn config_file(app: &AppFacts) -> Result<RelPath, Diagnostic> {
    match &app.files.apps {
        Some(file) => Ok(file.clone()),
        None => RelPath::new(format!("{}/apps.py", app.dir))
            .map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string())),
    }
}

/// The class that an app's configuration is called by, unless somebody says otherwise: `UserProfilesConfig` of
/// `user_profiles`.
pub fn usual_class(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    };
    format!("{}Config", name.split('_').filter_map(capital).collect::<String>())
}

/// What the configurations of all apps of a project say besides their names.
#[derive(Clone, Debug, Default)]
pub struct ConfigHabits {
    /// Whether they say their labels.
    label: bool,
    /// How they are called for people.
    verbose_name: Option<VerboseName>,
}

/// How a configuration is called for people.
#[derive(Clone, Debug)]
struct VerboseName {
    is_capitalized: bool,
    /// The full name of the function that translates it, and how that is written.
    translate: Option<(String, String)>,
}

impl ConfigHabits {
    /// Those of a project: what the configurations in the apps' own files have in common.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn of(facts: &ProjectFacts, cx: &Context<'_>) -> Result<Self, Diagnostic> {
        let paths: Vec<RelPath> = facts.apps.iter().filter_map(|app| app.files.apps.clone()).collect();
        let mut configs = Vec::new();
        for file in cx.read_all(&paths)?.into_iter().flatten() {
            let (Ok(source), Some(name)) =
                (Source::parse(&file.path, &file.text), ModuleName::of_path(file.path.as_str(), ""))
            else {
                continue;
            };
            let module = read(&source, &name);
            let is_config = |class: &Class| class.bases.iter().any(|base| base.ends_with("AppConfig"));
            configs.extend(module.classes.into_iter().find(is_config));
        }
        let have =
            |name: &str| !configs.is_empty() && configs.iter().all(|class| class.assign(name).is_some());
        let verbose_name = configs.first().filter(|_| have("verbose_name")).and_then(|class| {
            let value = &class.assign("verbose_name")?.value;
            let (text, translate) = match value.parts.as_deref() {
                Some(Parts::Call { function, args }) => {
                    let (written, _) = value.source.split_once('(')?;
                    (args.positional.first()?, Some((function.clone(), written.to_owned())))
                }
                _ => (value, None),
            };
            let text = text.literal.as_ref()?.as_str()?;
            Some(VerboseName { is_capitalized: text.starts_with(char::is_uppercase), translate })
        });
        Ok(Self { label: have("label"), verbose_name })
    }

    /// The lines of an app's configuration below its name.
    fn lines(&self, edits: &mut Edits, app: &str) -> Result<String, Diagnostic> {
        let mut lines = String::new();
        if self.label {
            lines.push_str(&format!("    label = {}\n", edits.layout().string(app)));
        }
        if let Some(name) = &self.verbose_name {
            let mut words = app.replace('_', " ");
            if name.is_capitalized {
                words =
                    words.chars().take(1).flat_map(char::to_uppercase).chain(words.chars().skip(1)).collect();
            }
            let mut text = edits.layout().string(&words);
            if let Some((function, written)) = &name.translate
                && let Some((module, function)) = function.rsplit_once('.')
            {
                let translate = match edits.local_name(module, function) {
                    Some(known) => known,
                    None if written == function || written.contains('.') => {
                        edits.name_from(module, function)?
                    }
                    None => {
                        let _ = edits.import_as(module, Some(function), written)?;
                        written.clone()
                    }
                };
                text = format!("{translate}({text})");
            }
            lines.push_str(&format!("    verbose_name = {text}\n"));
        }
        Ok(lines)
    }
}

/// Puts the configuration of the app `module` into its file, with what `habits` say.
///
/// # Errors
/// As [`Edits::add_class`].
pub fn config_add(
    edits: &mut Edits,
    facts: &ProjectFacts,
    module: &str,
    class: &str,
    doc: Option<&str>,
    habits: &ConfigHabits,
) -> Result<Change, Diagnostic> {
    let base = edits.name_from("django.apps", "AppConfig")?;
    let layout = edits.layout();
    let mut code = format!("class {class}({base}):\n");
    if let Some(doc) = doc.map(str::trim).filter(|doc| !doc.is_empty()) {
        let doc = doc.replace('\\', "\\\\").replace("\"\"\"", "'''");
        let end = if doc.ends_with('"') { " " } else { "" };
        code.push_str(&format!("    \"\"\"{doc}{end}\"\"\"\n\n"));
    }
    if let Some(field) = auto_field(facts) {
        code.push_str(&format!("    default_auto_field = {}\n", layout.string(&field)));
    }
    code.push_str(&format!("    name = {}\n", layout.string(module)));
    code.push_str(&habits.lines(edits, module.rsplit('.').next().unwrap_or(module))?);
    edits.code().add_class(&code, ClassPlace::End)
}

/// The `default_auto_field` of a new app: that of most other apps. Where they leave it to the settings, none; where
/// neither says anything, that of `startapp`.
fn auto_field(facts: &ProjectFacts) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for field in facts.apps.iter().filter_map(|app| app.default_auto_field.as_deref()) {
        *counts.entry(field).or_default() += 1;
    }
    let silent =
        facts.apps.iter().filter(|app| app.default_auto_field.is_none() && !app.models.is_empty()).count();
    // Django takes no other class for keys that it makes itself.
    let most = counts.into_iter().filter(|(field, count)| field.ends_with("AutoField") && *count > silent);
    let most = most.max_by_key(|(_, count)| *count);
    let said = !facts.settings.default_auto_field.is_empty() || facts.settings.is_framework_since([6, 0]);
    match most {
        Some((field, _)) => Some(field.to_owned()),
        None if said => None,
        // Keys of another kind than those of its neighbours would surprise.
        None if facts.apps.iter().any(|app| !app.models.is_empty()) => None,
        None => Some(AUTO_FIELD.to_owned()),
    }
}

/// Puts a statement into `ready` of the app's configuration; both are made where they are not there. `facts` are those
/// of all apps.
///
/// # Errors
/// Several configurations of which none is the default; as [`Edits::add_to_method`].
pub fn ready_add(
    edits: &mut Edits,
    facts: &ProjectFacts,
    app: &AppFacts,
    source: &str,
) -> Result<Change, Diagnostic> {
    let class = match config_of(edits, facts, app)? {
        Some(class) => class,
        None => {
            let class = usual_class(&app.label);
            let _ = config_add(edits, facts, &app.module, &class, None, &ConfigHabits::default())?;
            class
        }
    };
    let source = own_import(edits, app, source).unwrap_or_else(|| source.to_owned());
    edits.code().add_to_method(&class, "ready", &source)
}

/// An import of one of the app's own modules as the module of its configuration, or else the app, writes such imports.
fn own_import(edits: &Edits, app: &AppFacts, source: &str) -> Option<String> {
    let (module, names) = source.strip_prefix("from .")?.split_once(" import ")?;
    let text = edits.source().text();
    let here = |start: &str| text.lines().any(|line| line.trim_start().starts_with(start));
    let absolute = here(&format!("from {} import ", app.module)) || here(&format!("from {}.", app.module));
    let file = match module {
        "" => format!("{}/__init__.py", app.dir),
        module => format!("{}/{}.py", app.dir, module.replace('.', "/")),
    };
    let usual = app.import_path(edits.source().path(), text, &RelPath::new(file).ok()?)?;
    if here("from .") || (!absolute && usual.starts_with('.')) {
        return None;
    }
    let module = if module.is_empty() { app.module.clone() } else { format!("{}.{module}", app.module) };
    Some(format!("from {module} import {names}"))
}

/// The class that Django takes: the one that INSTALLED_APPS names, the only one, or the default one.
fn config_of(edits: &Edits, facts: &ProjectFacts, app: &AppFacts) -> Result<Option<String>, Diagnostic> {
    let source = edits.source();
    let Some(name) = ModuleName::of_path(source.path().as_str(), "") else { return Ok(None) };
    let module = read(source, &name);
    let configs: Vec<&Class> =
        module.classes.iter().filter(|class| class.bases.iter().any(|b| b.ends_with("Config"))).collect();
    let named = facts.settings.installed_apps.iter().find_map(|entry| {
        let class = entry.strip_prefix(app.module.as_str())?.strip_prefix(".apps.")?;
        configs.iter().find(|config| config.name == class)
    });
    let is_default =
        |class: &&&Class| class.assign("default").is_some_and(|a| a.value.literal == Some(Value::Bool(true)));
    match (named, configs.as_slice()) {
        (Some(config), _) => Ok(Some(config.name.clone())),
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(only.name.clone())),
        (None, several) => match several.iter().find(is_default) {
            Some(config) => Ok(Some(config.name.clone())),
            None => {
                let names: Vec<&str> = several.iter().map(|config| config.name.as_str()).collect();
                let message = format!("`{}` has several configurations: {}", source.path(), names.join(", "));
                Err(Diagnostic::new(codes::REFUSED, message)
                    .with_help("give the one that counts `default = True`, or name it in INSTALLED_APPS"))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::Diagnostic;
    use aksara_sdk::testing::TestProject;
    use serde_json::json;

    use crate::ModifyFile;

    fn ready(entry: &str, apps: Option<&str>) -> Result<String, Diagnostic> {
        let mut project = TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file(
                "config/settings.py",
                format!(
                    "INSTALLED_APPS = ['{entry}']\nDEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n"
                ),
            )
            .file("blog/__init__.py", "")
            .file("blog/models.py", "");
        if let Some(apps) = apps {
            project.change("blog/apps.py", apps);
        }
        let operations = json!([{"op": "ready_add", "source": "from . import signals  # noqa: F401"}]);
        let params = json!({"file": "app_config", "app": "blog", "operations": operations});
        project.apply(&ModifyFile, "modify_file", params)?;
        Ok(project.text("blog/apps.py").unwrap().to_owned())
    }

    const CONFIG: &str =
        "from django.apps import AppConfig\n\n\nclass BlogConfig(AppConfig):\n    name = 'blog'\n";

    const READY: &str = "\n    def ready(self):\n        from . import signals  # noqa: F401\n";

    #[test]
    fn code_is_put_where_the_app_gets_ready() {
        assert_eq!(ready("blog", Some(CONFIG)).unwrap(), format!("{CONFIG}{READY}"));
        assert_eq!(ready("blog", None).unwrap(), format!("{CONFIG}{READY}"));
        // Imports that are there are added to, or have it in its place.
        let of_others = |import: &str| format!("{CONFIG}\n    def ready(self):\n        {import}\n");
        assert_eq!(
            ready("blog", Some(&of_others("from blog import checks, tasks  # noqa: F401"))).unwrap(),
            of_others("from blog import checks, signals, tasks  # noqa: F401")
        );
        assert_eq!(
            ready("blog", Some(&of_others("from .tasks import plan"))).unwrap(),
            of_others("from . import signals  # noqa: F401\n        from .tasks import plan")
        );
        assert_eq!(
            ready("blog", Some(&of_others("from shop import checks\n\n        checks.add()"))).unwrap(),
            of_others(
                "from shop import checks\n\n        from . import signals  # noqa: F401\n\n        checks.add()"
            )
        );
        let other = "\n\nclass OtherConfig(AppConfig):\n    name = 'blog'\n";
        let two = format!("{CONFIG}{other}");
        assert_eq!(ready("blog.apps.BlogConfig", Some(&two)).unwrap(), format!("{CONFIG}{READY}{other}"));
        assert_eq!(
            ready("blog", Some(&format!("{two}    default = True\n"))).unwrap(),
            format!("{two}    default = True\n{READY}")
        );
        let error = ready("blog", Some(&two)).unwrap_err();
        assert!(error.message.contains("BlogConfig, OtherConfig"), "{error}");
    }
}
