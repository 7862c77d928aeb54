//! `create_app`: an app of the project's own, listed in the settings and, if wanted, in the URLs.

use aksara_python::edit::{OpenFile, is_stdlib};
use aksara_python::example::on_blog;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{ProjectFacts, TestLayout};
use aksara_sdk::protocol::params::CreateApp as Params;
use aksara_sdk::{
    Context, Diagnostic, Edit, Effect, Executor, ExecutorInfo, Note, Outcome, RelPath, StepInput, params,
};
use serde_json::{Value, json};

use super::config::{ConfigHabits, config_add, usual_class};
use super::installed::{is_installed, own_app_add};
use super::urls::{includes, url_include};
use super::{all_facts, of_tests, open, root_urls_file, settings_file};

/// Makes an app where the project keeps its own, as it has them.
pub struct CreateApp;

impl Executor for CreateApp {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "create_app".into(),
            summary: "Makes an app, and lists it in INSTALLED_APPS and the URLs.".to_owned(),
            params: schema(),
            effects: vec![Effect::Edit],
            examples: vec![on_blog(
                "An app with URLs",
                json!({ "name": "accounts", "doc": "Who may log in.", "urls": "api/accounts/" }),
            )],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let wanted = read(step)?;
        let facts = all_facts(cx)?;
        let (dir, module) = facts.place_of_app(&wanted.name);
        let home = Home { dir, module };
        let folder = format!("{}/", home.dir);
        let is_there = facts.app(&wanted.name).is_some_and(|app| app.dir == home.dir);
        if !is_there {
            free(&wanted.name, &home, &facts, cx)?;
        }
        let class = wanted.config.clone().unwrap_or_else(|| usual_class(&wanted.name));
        let mut edits: Vec<Edit> = Vec::new();
        let made = |name: &str| {
            let path = RelPath::new(format!("{folder}{name}"))
                .map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()))?;
            Ok::<_, Diagnostic>((cx.read(&path)?.is_none(), path))
        };
        let mut empty = vec!["__init__.py", "migrations/__init__.py"];
        if has_test_packages(&facts, cx)? {
            empty.push("tests/__init__.py");
        }
        if is_there {
            // Tests may be kept in another way by now.
            empty.pop_if(|name| name.starts_with("tests"));
        }
        for name in empty {
            if let (true, path) = made(name)? {
                edits.push(Edit::Create { path, text: String::new(), executable: false });
            }
        }
        let (no_config, apps) = made("apps.py")?;
        if no_config {
            let mut file = OpenFile::new(&apps, None, &facts.style)?;
            let habits = ConfigHabits::of(&facts, cx)?;
            let doc = wanted.doc.as_deref();
            let _ = config_add(&mut file.edits, &facts, &home.module, &class, doc, &habits)?;
            edits.extend(file.finish());
        }
        if let Some(prefix) = &wanted.urls {
            let (no_urls, path) = made("urls.py")?;
            let own = facts.app(&wanted.name).and_then(|app| app.files.urls.clone());
            if no_urls && own.is_none() {
                let text = "urlpatterns = []\n".to_owned();
                edits.push(Edit::Create { path, text, executable: false });
            }
            let module = facts.app(&wanted.name).zip(own).and_then(|(app, file)| app.module_of(&file));
            let module = module.unwrap_or_else(|| format!("{}.urls", home.module));
            edits.extend(included(&facts, prefix, &module, cx)?);
        }
        for facts in std::iter::once(&facts).chain(&of_tests(&facts)) {
            if is_installed(facts, &home.module) {
                continue;
            }
            let mut settings = open(cx, settings_file(facts)?, facts)?;
            let entry = match names_classes(facts) {
                true => format!("{}.apps.{class}", home.module),
                false => home.module.clone(),
            };
            let _ = own_app_add(&mut settings, facts, &entry)?;
            edits.extend(settings.finish());
        }
        let mut notes = Vec::new();
        if edits.is_empty() {
            notes.push(Note::info(format!("the app `{}` is there already", wanted.name)));
        }
        Ok(Outcome { edits, file: Some(apps), notes, ..Outcome::default() })
    }
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let wanted: Params = params(&step.params)?;
    let bad = |what: &str, text: &str, help: &str| {
        let text: String = text.chars().take(80).collect();
        Err(Diagnostic::new(codes::BAD_PARAMS, format!("`{text}` cannot name {what}")).with_help(help))
    };
    let word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = wanted.name.as_str();
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
        && word(name)
        && name.chars().all(|c| !c.is_ascii_uppercase());
    if !fits || KEYWORDS.contains(&name) {
        return bad("an app", name, "use lower case letters, digits and `_`, such as `accounts`");
    }
    match &wanted.config {
        Some(class) if !(class.starts_with(|c: char| c.is_ascii_uppercase()) && word(class)) => {
            bad("the class of a configuration", class, "write a class, such as `AccountsConfig`")
        }
        _ => Ok(wanted),
    }
}

/// Words that Python keeps for itself, as far as they are in lower case.
const KEYWORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The URLs of `module` in the URL module that includes those of the other apps; in the project's own where that one has
/// no list of patterns, or has another prefix.
fn included(
    facts: &ProjectFacts,
    prefix: &str,
    module: &str,
    cx: &Context<'_>,
) -> Result<Option<Edit>, Diagnostic> {
    let root = root_urls_file(facts)?;
    let mut urls = open(cx, root, facts)?;
    if !includes(urls.source().text(), module)
        && let Some((file, rest)) = facts.including_urls(prefix)
    {
        let list =
            facts.api_urls.as_ref().filter(|api| api.file == *file).and_then(|api| api.list.as_deref());
        let list = list.filter(|_| rest != prefix);
        if *file != *root || list.is_some() {
            let mut inner = open(cx, file, facts)?;
            if url_include(&mut inner, rest, module, list).is_ok() {
                return Ok(inner.finish());
            }
        }
    }
    let _ = url_include(&mut urls, prefix, module, None)?;
    Ok(urls.finish())
}

/// Where an app goes.
struct Home {
    /// Its folder.
    dir: String,
    /// The name that Python knows it by.
    module: String,
}

/// Checks that nothing else has the app's name, label or folder.
fn free(name: &str, home: &Home, facts: &ProjectFacts, cx: &Context<'_>) -> Result<(), Diagnostic> {
    let taken =
        |message: String, help: &str| Err(Diagnostic::new(codes::NAME_TAKEN, message).with_help(help));
    let another = "choose another name for the app";
    if let Some(app) = facts.app(name) {
        return taken(format!("there is an app `{name}` already, in `{}`", app.dir), another);
    }
    if let Some(unused) = facts.not_installed.iter().find(|app| app.label == name) {
        return taken(
            format!("`{}` is an app already, which INSTALLED_APPS does not list", unused.dir),
            &format!("list `{}` in INSTALLED_APPS, or choose another name for the app", unused.module),
        );
    }
    let label = |entry: &str| {
        let module = entry.split(".apps.").next().unwrap_or(entry);
        module.rsplit('.').next().unwrap_or(module).to_owned()
    };
    if let Some(entry) = facts.settings.installed_apps.iter().find(|entry| label(entry) == name) {
        return taken(format!("the label `{name}` is taken by the installed app `{entry}`"), another);
    }
    if !home.module.contains('.') && is_stdlib(name) {
        return taken(format!("`{name}` is a module of Python's own, which the app would hide"), another);
    }
    let module = RelPath::new(format!("{}.py", home.dir)).ok();
    let hides = match &module {
        Some(path) => cx.read(path)?.is_some(),
        None => false,
    };
    if hides || !cx.list(&home.dir, true)?.is_empty() {
        return taken(format!("`{}` is there already, and is not an app of the project", home.dir), another);
    }
    Ok(())
}

/// Whether the settings name the project's own apps by the classes of their configurations.
fn names_classes(facts: &ProjectFacts) -> bool {
    let entries = &facts.settings.installed_apps;
    let by_class = |module: &str| {
        let prefix = format!("{module}.apps.");
        entries.iter().any(|entry| entry.starts_with(&prefix))
    };
    let named = facts.apps.iter().filter(|app| by_class(&app.module)).count();
    named * 2 > facts.apps.len()
}

/// Whether the project's apps have packages of tests with an `__init__.py`.
fn has_test_packages(facts: &ProjectFacts, cx: &Context<'_>) -> Result<bool, Diagnostic> {
    let packages = facts.apps.iter().filter(|app| app.tests.layout == TestLayout::Package);
    let paths: Vec<RelPath> =
        packages.filter_map(|app| RelPath::new(format!("{}/tests/__init__.py", app.dir)).ok()).collect();
    Ok(cx.read_all(&paths)?.iter().any(Option::is_some))
}

fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
            "name": {
                "type": "string",
                "pattern": "^[a-z][a-z0-9_]*$",
                "description": "The app's name, which is its label too. It goes beside the project's other apps."
            },
            "doc": {"type": "string", "description": "The docstring of its configuration."},
            "urls": {
                "type": "string",
                "description": "The prefix under which the app's URLs are reached; the URL module that includes the other apps' APIs includes them, if it is above the prefix, else the project's. Absent makes no URLs."
            },
            "config": {"type": "string", "description": "The class of its configuration; `<Name>Config` if absent."}
        }
    })
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;

    use super::*;

    fn project(settings: &str) -> TestProject<'static> {
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", settings)
            .file(
                "config/urls.py",
                "from django.urls import path\n\nurlpatterns = [\n    path('a/', a),\n] + static()\n",
            )
    }

    const SETTINGS: &str = "ROOT_URLCONF = 'config.urls'\n\nINSTALLED_APPS = [\n    'django.contrib.auth',\n    'blog',\n    'debug',\n]\n";

    fn create(project: &mut TestProject<'_>, params: Value) -> Result<Outcome, Diagnostic> {
        project.apply(&CreateApp, "create_app", params)
    }

    #[test]
    fn an_app_is_made_as_the_others_are() {
        let apps = "from django.apps import AppConfig\n\n\nclass BlogConfig(AppConfig):\n    default_auto_field = 'django.db.models.BigAutoField'\n    name = 'blog'\n";
        let mut project = project(SETTINGS)
            .file("blog/__init__.py", "")
            .file("blog/apps.py", apps)
            .file("blog/models.py", "")
            .file("blog/tests/__init__.py", "");
        let params = json!({"name": "user_accounts", "doc": "Who may log in.", "urls": "/api/accounts"});
        create(&mut project, params.clone()).unwrap();
        assert_eq!(
            project.text("user_accounts/apps.py").unwrap(),
            "from django.apps import AppConfig\n\n\nclass UserAccountsConfig(AppConfig):\n    \"\"\"Who may log in.\"\"\"\n\n    default_auto_field = 'django.db.models.BigAutoField'\n    name = 'user_accounts'\n"
        );
        for empty in ["__init__.py", "migrations/__init__.py", "tests/__init__.py"] {
            assert_eq!(project.text(&format!("user_accounts/{empty}")), Some(""));
        }
        assert_eq!(
            project.text("config/settings.py").unwrap(),
            SETTINGS.replace("'blog',\n", "'blog',\n    'user_accounts',\n")
        );
        assert_eq!(
            project.text("config/urls.py").unwrap(),
            "from django.urls import include, path\n\nurlpatterns = [\n    path('a/', a),\n    path('api/accounts/', include('user_accounts.urls')),\n] + static()\n"
        );
        assert_eq!(project.text("user_accounts/urls.py"), Some("urlpatterns = []\n"));
        let app = project.facts().unwrap().app("user_accounts").cloned().unwrap();
        assert_eq!((app.module.as_str(), app.dir.as_str()), ("user_accounts", "user_accounts"));
        assert!(create(&mut project, params).unwrap().is_noop());
    }

    #[test]
    fn a_configuration_says_what_all_others_say() {
        let config = |name: &str, more: &str| {
            format!(
                "from django.apps import AppConfig\nfrom django.utils.translation import gettext_lazy as _\n\n\nclass {name}Config(AppConfig):\n    name = '{}'\n{more}",
                name.to_lowercase()
            )
        };
        for (blog, debug, expected) in [
            ("    label = 'blog'\n", "    label = 'tools'\n", "    label = 'user_accounts'\n"),
            (
                "    verbose_name = 'blog'\n",
                "    verbose_name = 'debug'\n",
                "    verbose_name = 'user accounts'\n",
            ),
            (
                "    verbose_name = _('Blog')\n",
                "    label = 'debug'\n    verbose_name = _('Debugging')\n",
                "    verbose_name = _('User accounts')\n",
            ),
            ("    label = 'blog'\n", "    verbose_name = 'Debugging'\n", ""),
        ] {
            let mut project = project(SETTINGS)
                .file("blog/__init__.py", "")
                .file("blog/apps.py", config("Blog", blog))
                .file("debug/__init__.py", "")
                .file("debug/apps.py", config("Debug", debug));
            let params = json!({"name": "user_accounts"});
            create(&mut project, params.clone()).unwrap();
            let text = project.text("user_accounts/apps.py").unwrap();
            assert!(text.ends_with(&format!("    name = 'user_accounts'\n{expected}")), "{text}");
            let translated = "from django.utils.translation import gettext_lazy as _\n";
            assert_eq!(text.contains(translated), expected.contains("_("), "{text}");
            assert!(create(&mut project, params).unwrap().is_noop());
        }
    }

    #[test]
    fn urls_are_included_where_those_of_the_others_are() {
        let api = "from django.urls import include, path\n\nurlpatterns = router.urls + [\n    path('blog/', include('blog.urls')),\n]\n";
        let root = "from django.urls import include, path\n\nurlpatterns = [\n    path('api/v2/', include('config.api')),\n]\n";
        let mut project = project(SETTINGS)
            .file("blog/__init__.py", "")
            .file("blog/views.py", "from rest_framework import generics\n\n\nclass Posts(generics.ListAPIView):\n    pass\n")
            .file("blog/urls.py", "from django.urls import path\n\nfrom .views import Posts\n\nurlpatterns = [path('', Posts.as_view())]\n")
            .file("config/api.py", api)
            .file("config/urls.py", root);
        let params = json!({"name": "accounts", "urls": "api/v2/accounts/"});
        create(&mut project, params.clone()).unwrap();
        assert_eq!(project.text("config/urls.py"), Some(root));
        let text = project.text("config/api.py").unwrap();
        assert!(text.ends_with("    path('accounts/', include('accounts.urls')),\n]\n"), "{text}");
        assert!(create(&mut project, params).unwrap().is_noop());
        let root = "from django.urls import include, path\n\napi_v2 = [\n    path('blog/', include('blog.urls')),\n]\nurlpatterns = [\n    path('api/v2/', include((api_v2, 'v2'))),\n]\n";
        let mut listed = TestProject::new(Some(&Django));
        for path in project.paths().cloned().collect::<Vec<_>>() {
            listed.change(path.as_str(), project.text(path.as_str()).unwrap());
        }
        listed.change("config/urls.py", root);
        listed.change("config/api.py", "");
        create(&mut listed, json!({"name": "news", "urls": "api/v2/news/"})).unwrap();
        create(&mut listed, json!({"name": "pages", "urls": "pages/"})).unwrap();
        assert_eq!(
            listed.text("config/urls.py").unwrap(),
            root.replace("'blog.urls')),\n", "'blog.urls')),\n    path('news/', include('news.urls')),\n")
                .replace("'v2'))),\n", "'v2'))),\n    path('pages/', include('pages.urls')),\n")
        );
        create(&mut project, json!({"name": "elsewhere", "urls": "elsewhere/"})).unwrap();
        assert!(
            project
                .text("config/urls.py")
                .unwrap()
                .contains("    path('elsewhere/', include('elsewhere.urls')),\n")
        );
    }

    #[test]
    fn an_app_goes_where_the_others_are() {
        let settings =
            "INSTALLED_APPS = ['apps.blog.apps.BlogConfig', 'apps.shop.apps.ShopConfig', 'core']\n";
        let mut nested = project(settings);
        for app in ["blog", "shop"] {
            let class = usual_class(app);
            nested.change(&format!("apps/{app}/__init__.py"), "");
            nested.change(
                &format!("apps/{app}/apps.py"),
                format!("from django.apps import AppConfig\n\n\nclass {class}(AppConfig):\n    name = 'apps.{app}'\n"),
            );
        }
        nested.change("core/__init__.py", "");
        nested.change("core/models.py", "");
        create(&mut nested, json!({"name": "accounts"})).unwrap();
        assert_eq!(
            nested.text("config/settings.py").unwrap(),
            "INSTALLED_APPS = [\n    'apps.blog.apps.BlogConfig',\n    'apps.shop.apps.ShopConfig',\n    'core',\n    'apps.accounts.apps.AccountsConfig',\n]\n"
        );
        assert!(nested.text("apps/accounts/apps.py").unwrap().ends_with("    name = 'apps.accounts'\n"));
        assert_eq!(nested.facts().unwrap().app("accounts").unwrap().module, "apps.accounts");

        let mut first = project("INSTALLED_APPS = ['django.contrib.auth']\n");
        create(&mut first, json!({"name": "accounts", "config": "Accounts"})).unwrap();
        assert_eq!(
            first.text("accounts/apps.py").unwrap(),
            "from django.apps import AppConfig\n\n\nclass Accounts(AppConfig):\n    default_auto_field = 'django.db.models.BigAutoField'\n    name = 'accounts'\n"
        );
    }

    #[test]
    fn names_that_are_taken_are_refused() {
        let mut project = project(SETTINGS)
            .file("blog/__init__.py", "")
            .file("blog/models.py", "")
            .file("tools/x.py", "x = 1\n")
            .file("other.py", "x = 1\n");
        for (name, code) in [
            ("Accounts", codes::BAD_PARAMS),
            ("class", codes::BAD_PARAMS),
            ("../x", codes::BAD_PARAMS),
            ("auth", codes::NAME_TAKEN),
            ("debug", codes::NAME_TAKEN),
            ("calendar", codes::NAME_TAKEN),
            ("tools", codes::NAME_TAKEN),
            ("other", codes::NAME_TAKEN),
            ("config", codes::NAME_TAKEN),
        ] {
            let error = create(&mut project, json!({"name": name})).unwrap_err();
            assert_eq!(error.code, code, "{name}");
            assert!(error.help.is_some());
        }
        let error = create(&mut project, json!({"name": "a", "config": "a b"})).unwrap_err();
        assert_eq!(error.code, codes::BAD_PARAMS);
        let error = create(&mut project, json!({"name": "a", "urls": "a b"})).unwrap_err();
        assert_eq!(error.code, codes::BAD_PARAMS);
    }

    #[test]
    fn a_computed_list_of_apps_is_refused() {
        let mut project = project("INSTALLED_APPS = load()\n");
        let error = create(&mut project, json!({"name": "accounts"})).unwrap_err();
        assert_eq!(error.code, codes::REFUSED);
        assert_eq!(project.text("accounts/apps.py"), None);
    }
}
