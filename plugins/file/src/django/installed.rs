//! An app in INSTALLED_APPS: which list it belongs to where there are several, and beside which other apps.

use aksara_python::edit::{Change, Edits, ItemPlace, ListPart};
use aksara_sdk::Diagnostic;
use aksara_sdk::protocol::ProjectFacts;

const SETTING: &str = "INSTALLED_APPS";

/// What an app is, as far as the order of INSTALLED_APPS goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Framework,
    Package,
    Own,
}

/// Lists an app. `facts` are those of all apps.
///
/// # Errors
/// A setting that is not there, is set twice or conditionally, or in which no literal list can be found.
pub fn installed_app_add(edits: &mut Edits, facts: &ProjectFacts, app: &str) -> Result<Change, Diagnostic> {
    if is_installed(facts, app) {
        return Ok(Change::AlreadyThere);
    }
    let parts = edits.list_parts(SETTING)?;
    let module = app.split(".apps.").next().unwrap_or(app);
    let kind = match facts.not_installed.iter().any(|unused| unused.module == module) {
        true => Kind::Own,
        false => kind_of(facts, app),
    };
    add(edits, facts, &parts, app, kind)
}

/// Lists an app of the project's own that may not be there yet.
///
/// # Errors
/// As [`installed_app_add`].
pub fn own_app_add(edits: &mut Edits, facts: &ProjectFacts, app: &str) -> Result<Change, Diagnostic> {
    let parts = edits.list_parts(SETTING)?;
    add(edits, facts, &parts, app, Kind::Own)
}

/// Whether the settings list an app, by itself or by a class of its configuration.
pub fn is_installed(facts: &ProjectFacts, app: &str) -> bool {
    let by_class = format!("{app}.apps.");
    let plain = app.split_once(".apps.").map(|(module, _)| module);
    let mut installed = facts.settings.installed_apps.iter();
    installed.any(|entry| entry == app || entry.starts_with(&by_class) || Some(entry.as_str()) == plain)
}

fn is_own(facts: &ProjectFacts, entry: &str) -> bool {
    facts.apps.iter().any(|app| {
        entry == app.module
            || entry.strip_prefix(app.module.as_str()).is_some_and(|rest| rest.starts_with(".apps."))
    })
}

fn kind_of(facts: &ProjectFacts, entry: &str) -> Kind {
    if entry.starts_with("django.contrib.") {
        Kind::Framework
    } else if is_own(facts, entry) {
        Kind::Own
    } else {
        Kind::Package
    }
}

fn add(
    edits: &mut Edits,
    facts: &ProjectFacts,
    parts: &[ListPart],
    app: &str,
    kind: Kind,
) -> Result<Change, Diagnostic> {
    let kind_of_item = |item: &String| {
        let text = item.trim_matches(['"', '\'']);
        (text.len() + 2 == item.len()).then(|| kind_of(facts, text))
    };
    let count =
        |part: &ListPart, kind: Kind| part.items.iter().filter(|i| kind_of_item(i) == Some(kind)).count();
    let words: &[&str] = match kind {
        Kind::Framework => &["DJANGO", "CONTRIB", "CORE"],
        Kind::Package => &["THIRD", "EXTERNAL", "VENDOR", "PACKAGE"],
        Kind::Own => &["LOCAL", "PROJECT", "OWN", "MY", "CUSTOM", "INTERNAL"],
    };
    let is_named = |part: &ListPart| {
        part.name.as_ref().is_some_and(|name| words.iter().any(|word| name.to_uppercase().contains(word)))
    };
    // The list that has most of its kind, else the one that is named for it, else the last one.
    let most = parts.iter().map(|part| count(part, kind)).max().unwrap_or_default();
    let index = (most > 0)
        .then(|| parts.iter().position(|part| count(part, kind) == most))
        .flatten()
        .or_else(|| parts.iter().position(is_named))
        .unwrap_or(parts.len().saturating_sub(1));
    let items = parts.get(index).map(|part| part.items.as_slice()).unwrap_or_default();
    let last = |kind: Kind| items.iter().rfind(|i| kind_of_item(i) == Some(kind));
    let first_own = items.iter().position(|i| kind_of_item(i) == Some(Kind::Own));
    // Own apps stand together at the end, as a rule: a package goes above them.
    let own_at_end =
        first_own.filter(|first| items[*first..].iter().all(|i| kind_of_item(i) == Some(Kind::Own)));
    let place = match (last(kind), kind) {
        (Some(last), _) => ItemPlace::After(last),
        (None, Kind::Package) => own_at_end.map_or(ItemPlace::End, |first| ItemPlace::Before(&items[first])),
        (None, _) => ItemPlace::End,
    };
    let item = edits.layout().string(app);
    edits.list_part_append(SETTING, index, &item, place)
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;
    use serde_json::json;

    use crate::ModifyFile;

    fn added(settings: &str, app: &str) -> Result<String, aksara_sdk::Diagnostic> {
        let mut project = TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", settings)
            .file("blog/__init__.py", "")
            .file("blog/models.py", "")
            .file("shop/__init__.py", "")
            .file(
                "shop/models.py",
                "from django.db import models\n\n\nclass Book(models.Model):\n    pass\n",
            );
        let operations = json!([{"op": "installed_app_add", "app": app}]);
        project.apply(&ModifyFile, "modify_file", json!({"file": "settings", "operations": operations}))?;
        Ok(project.text("config/settings.py").unwrap().to_owned())
    }

    #[test]
    fn an_app_goes_beside_its_own_kind() {
        let list = "INSTALLED_APPS = [\n    'django.contrib.auth',\n    'rest_framework',\n    'blog',\n]\n";
        assert_eq!(
            added(list, "allauth").unwrap(),
            list.replace("'rest_framework',\n", "'rest_framework',\n    'allauth',\n")
        );
        assert_eq!(added(list, "shop").unwrap(), list.replace("'blog',\n", "'blog',\n    'shop',\n"));
        assert_eq!(
            added(list, "django.contrib.sites").unwrap(),
            list.replace("auth',\n", "auth',\n    'django.contrib.sites',\n")
        );
        assert_eq!(added(list, "rest_framework").unwrap(), list);
        let bare = "INSTALLED_APPS = ['django.contrib.auth', 'blog.apps.BlogConfig']\n";
        assert_eq!(added(bare, "blog").unwrap(), bare);
        assert_eq!(
            added("INSTALLED_APPS = ['django.contrib.auth', 'blog']\n", "allauth").unwrap(),
            "INSTALLED_APPS = ['django.contrib.auth', 'allauth', 'blog']\n"
        );
    }

    #[test]
    fn of_several_lists_the_right_one_grows() {
        let split = "DJANGO_APPS = ['django.contrib.auth']\nTHIRD_PARTY_APPS = []\nLOCAL_APPS = ['blog']\n\nINSTALLED_APPS = DJANGO_APPS + THIRD_PARTY_APPS + LOCAL_APPS\n";
        assert_eq!(
            added(split, "allauth").unwrap(),
            split.replace("PARTY_APPS = []", "PARTY_APPS = ['allauth']")
        );
        assert_eq!(added(split, "shop").unwrap(), split.replace("['blog']", "['blog', 'shop']"));
        let unpacked = split.replace(
            "DJANGO_APPS + THIRD_PARTY_APPS + LOCAL_APPS",
            "[*DJANGO_APPS, *THIRD_PARTY_APPS, *LOCAL_APPS]",
        );
        assert_eq!(added(&unpacked, "shop").unwrap(), unpacked.replace("['blog']", "['blog', 'shop']"));
    }

    #[test]
    fn the_settings_of_the_tests_get_what_they_need_too() {
        let list = "INSTALLED_APPS = ['django.contrib.auth', 'blog']\n";
        let project = |tests: &str| {
            TestProject::new(Some(&Django))
                .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
                .file("config/__init__.py", "")
                .file("config/settings.py", format!("{list}MIDDLEWARE = ['a.A']\n"))
                .file("pytest.ini", "[pytest]\naddopts = --ds=tests.settings_test\n")
                .file("tests/settings_test.py", tests)
                .file("blog/__init__.py", "")
                .file("blog/models.py", "")
        };
        let operations = json!([
            {"op": "installed_app_add", "app": "allauth"},
            {"op": "list_add", "name": "MIDDLEWARE", "item": "'allauth.M'"},
            {"op": "setting_add", "name": "SITE_ID", "value": "1"},
        ]);
        let params = json!({"file": "settings", "operations": operations});
        let mut of_own = project(&format!("{list}SITE_ID = 7\n"));
        of_own.apply(&ModifyFile, "modify_file", params.clone()).unwrap();
        assert_eq!(
            of_own.text("tests/settings_test.py").unwrap(),
            format!("{}SITE_ID = 7\n", list.replace("'blog'", "'allauth', 'blog'")),
            "what the tests set themselves, and lists that they do without, stay"
        );
        assert!(of_own.text("config/settings.py").unwrap().contains("MIDDLEWARE = ['a.A', 'allauth.M']"));
        let app = json!({"name": "news"});
        of_own.apply(&crate::CreateApp, "create_app", app).unwrap();
        for file in ["config/settings.py", "tests/settings_test.py"] {
            assert!(of_own.text(file).unwrap().contains("'blog', 'news']"), "{file}");
        }

        let shared = "from config.settings import *\n";
        let mut of_shared = project(shared);
        of_shared.apply(&ModifyFile, "modify_file", params.clone()).unwrap();
        assert_eq!(of_shared.text("tests/settings_test.py"), Some(shared));

        let mut computed = project("INSTALLED_APPS = env.list('APPS')\n");
        let error = computed.apply(&ModifyFile, "modify_file", params).unwrap_err();
        assert!(error.message.contains("tests/settings_test.py"), "{error}");
    }

    #[test]
    fn a_computed_list_is_refused() {
        let error = added("INSTALLED_APPS = env.list('APPS')\n", "allauth").unwrap_err();
        assert!(error.message.contains("is not a plain list"), "{error}");
        assert!(error.help.unwrap().contains("by hand"));
    }
}
