//! Projects and templates for tests.

use aksara_protocol::facts::{AppFacts, ModelFacts, Place, SerializerFacts, SettingsFacts, ViewsetFacts};
use aksara_protocol::{ProjectFacts, RelPath};
use serde_json::json;

use crate::{RootKind, Template, TemplateError, TemplateFile, TemplateRoot, Templates};

fn place() -> Place {
    Place { file: RelPath::new("app/models.py").unwrap(), line: 1 }
}

pub(crate) fn model(label: &str) -> ModelFacts {
    ModelFacts {
        label: label.to_owned(),
        name: label.rsplit('.').next().unwrap().to_owned(),
        place: place(),
        bases: vec!["django.db.models.Model".to_owned()],
        flat_bases: Vec::new(),
        is_abstract: false,
        is_proxy: false,
        fields: Vec::new(),
        meta: Vec::new(),
        members: Vec::new(),
        cancelled: Vec::new(),
        managers: Vec::new(),
        texts: Vec::new(),
        not_static: Vec::new(),
    }
}

/// What filters every view of a project.
const FILTERS: &str = "django_filters.rest_framework.DjangoFilterBackend";

/// A Django project with these models; each has a serializer and a viewset.
pub(crate) fn project(labels: &[&str]) -> ProjectFacts {
    let mut facts = ProjectFacts {
        stack: "django".to_owned(),
        settings: SettingsFacts {
            installed_apps: vec!["rest_framework".to_owned(), "django_filters".to_owned()],
            rest_framework: [("DEFAULT_FILTER_BACKENDS".to_owned(), json!([FILTERS]))].into_iter().collect(),
            ..SettingsFacts::default()
        },
        ..ProjectFacts::default()
    };
    for label in labels {
        let (app, name) = label.split_once('.').unwrap();
        if facts.app(app).is_none() {
            facts.apps.push(AppFacts { label: app.to_owned(), ..AppFacts::default() });
            facts.app_labels.push(app.to_owned());
        }
        facts.model_labels.push((*label).to_owned());
        let app = facts.apps.iter_mut().find(|a| a.label == app).unwrap();
        if name.is_empty() {
            continue;
        }
        app.models.push(model(label));
        app.serializers.push(SerializerFacts {
            name: format!("{name}Serializer"),
            place: place(),
            bases: Vec::new(),
            model: Some((*label).to_owned()),
            fields: None,
            fields_source: None,
            declared: Vec::new(),
            declarations: Vec::new(),
            meta: Vec::new(),
            methods: Vec::new(),
            fields_from: None,
        });
        app.viewsets.push(ViewsetFacts {
            name: format!("{name}ViewSet"),
            place: place(),
            bases: vec!["rest_framework.viewsets.ModelViewSet".to_owned()],
            model: Some((*label).to_owned()),
            serializer: None,
            serializers: Vec::new(),
            narrowing: None,
            attributes: Vec::new(),
            inherited: Vec::new(),
            inherited_bases: Vec::new(),
            methods: Vec::new(),
            inherited_methods: Vec::new(),
            actions: Vec::new(),
            decorators: Vec::new(),
        });
    }
    facts
}

pub(crate) fn file(name: &str, text: &str) -> TemplateFile {
    TemplateFile { name: name.to_owned(), text: text.to_owned() }
}

pub(crate) fn root(kind: RootKind, files: &[(&str, &str)]) -> TemplateRoot {
    TemplateRoot {
        kind,
        label: "here".to_owned(),
        files: files.iter().map(|(name, text)| file(name, text)).collect(),
    }
}

/// A template `x` whose script is a valid declaration followed by `rest`.
pub(crate) fn template(rest: &str) -> Result<Template, TemplateError> {
    template_of(&[("x.rhai", &script(rest))])
}

/// The declaration is the first line, so that `rest` starts at line 2.
pub(crate) fn script(rest: &str) -> String {
    format!("const META = #{{ name: \"x\", title: \"t\", summary: \"s\", version: \"1\" }};\n{rest}")
}

pub(crate) fn template_of(files: &[(&str, &str)]) -> Result<Template, TemplateError> {
    Templates::load(vec![root(RootKind::Project, files)]).get("x").cloned()
}
