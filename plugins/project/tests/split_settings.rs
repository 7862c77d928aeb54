//! Settings of several files that django-split-settings puts together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aksara_plugin_project::Django;
use aksara_sdk::protocol::facts::SettingsFacts;
use aksara_sdk::testing::TestProject;

fn settings(main: &str) -> SettingsFacts {
    let project = TestProject::new(Some(&Django))
        .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'server.settings')\n")
        .file("server/__init__.py", "")
        .file(
            "server/settings/__init__.py",
            format!("from split_settings.tools import include, optional\n\n{main}"),
        )
        .file("server/settings/components/__init__.py", "")
        .file(
            "server/settings/components/common.py",
            "INSTALLED_APPS: tuple[str, ...] = (\n    'blog',\n    'rest_framework',\n)\nROOT_URLCONF = 'server.urls'\n",
        )
        .file("server/settings/components/drf.py", "REST_FRAMEWORK = {'PAGE_SIZE': 5}\n")
        .file("server/settings/local.py", "INSTALLED_APPS += ('debug_toolbar',)\n")
        .file("blog/__init__.py", "")
        .file("blog/models.py", "");
    project.facts().unwrap().settings
}

#[test]
fn included_files_are_the_settings() {
    for main in [
        "include('components/common.py', 'components/drf.py', optional('local.py'))\n",
        "include('components/common.py')\nif True:\n    include('./components/drf.py')\ninclude(optional('local.py'))\n",
        "include('components/*.py', optional('local.py'), scope=globals())\n",
        "_base = (\n    'components/common.py',\n    'components/drf.py',\n    f'environments/{ENV}.py',\n    optional('local.py'),\n)\n\ninclude(*_base)\n",
        "include(*['components/common.py', 'components/d?f.py'], *(optional('local.py'),))\n",
    ] {
        let found = settings(main);
        assert_eq!(found.installed_apps, ["blog", "rest_framework", "debug_toolbar"], "{main}");
        assert_eq!(found.rest_framework["PAGE_SIZE"], 5, "{main}");
        assert_eq!(found.file.unwrap().as_str(), "server/settings/components/common.py");
        let files: Vec<&str> = found.files.iter().map(|file| file.as_str()).collect();
        let of = |name: &str| files.iter().position(|file| file.ends_with(name)).unwrap();
        assert!(of("common.py") < of("drf.py") && of("drf.py") < of("local.py"), "{files:?}");
        assert_eq!(files.last(), Some(&"server/settings/__init__.py"));
        assert_eq!(found.apps_unknown, None);
    }
}

#[test]
fn that_no_apps_were_found_is_said() {
    let found = settings("include(f'{FOLDER}/common.py')\n");
    assert_eq!(found.installed_apps, [""; 0]);
    let why = found.apps_unknown.unwrap();
    assert!(why.contains("set neither in `server/settings/__init__.py`"), "{why}");
}

#[test]
fn what_is_included_counts_where_it_is_included() {
    let found = settings("ROOT_URLCONF = 'mine.urls'\ninclude('components/common.py')\n");
    assert_eq!(found.root_urlconf.as_deref(), Some("server.urls"));
    let found = settings("include('components/common.py')\nROOT_URLCONF = 'mine.urls'\n");
    assert_eq!(found.root_urlconf.as_deref(), Some("mine.urls"));
    let found = settings("INSTALLED_APPS = ['blog']\ninclude('local.py')\nINSTALLED_APPS += ['late']\n");
    assert_eq!(found.installed_apps, ["blog", "debug_toolbar", "late"]);
    assert_eq!(found.files.last().unwrap().as_str(), "server/settings/__init__.py");
    assert_eq!(found.files.len(), 2);
}
