//! A file that an executor changes or makes, and the names of a project in it.

use aksara_protocol::diagnostic::codes;
use aksara_protocol::facts::{AppFacts, ProjectFacts, Style};
use aksara_protocol::params::MemberSpec;
use aksara_protocol::wire::SourceFile;
use aksara_protocol::{BlobId, Diagnostic, Edit, RelPath};

use super::{Change, Edits, MemberPlace};
use crate::habits::{has_word, in_habits};
use crate::layout::INDENT;
use crate::messages::{translated, without_shadows};
use crate::read::renamed;
use crate::tidy;

/// A file being edited that may not be there yet.
#[derive(Debug)]
pub struct OpenFile {
    /// The operations so far.
    pub edits: Edits,
    is_new: bool,
}

impl OpenFile {
    /// Opens the file at `path`: `there` as it was read, or an empty new one.
    ///
    /// # Errors
    /// As [`Edits::open`].
    pub fn new(path: &RelPath, there: Option<SourceFile>, project: &Style) -> Result<Self, Diagnostic> {
        let is_new = there.is_none();
        let file = there.unwrap_or_else(|| SourceFile {
            path: path.clone(),
            blob: BlobId::new(""),
            text: String::new(),
        });
        Ok(Self { edits: Edits::open(&file, project)?, is_new })
    }

    /// As [`OpenFile::new`], with the habits of a project, and with its own packages for sorting imports.
    ///
    /// # Errors
    /// As [`Edits::open`].
    pub fn in_project(
        path: &RelPath,
        there: Option<SourceFile>,
        facts: &ProjectFacts,
    ) -> Result<Self, Diagnostic> {
        let mut file = Self::new(path, there, &facts.style)?;
        // An answer may hold some apps only; their labels are always there.
        let apps = facts.apps.iter().map(|app| &app.module).chain(&facts.app_labels);
        let settings = facts.settings.module.iter().chain(&facts.settings.root_urlconf);
        let module = facts.apps.iter().find_map(|app| app.module_of(path));
        file.edits = file.edits.with_first_party(apps.chain(settings).cloned()).imported_as(module);
        Ok(file)
    }

    /// The edit, if anything changed.
    #[must_use]
    pub fn finish(&self) -> Option<Edit> {
        if !self.is_new {
            return self.edits.finish();
        }
        let source = self.edits.source();
        (!source.text().is_empty()).then(|| Edit::Create {
            path: source.path().clone(),
            text: source.text().to_owned(),
            executable: false,
        })
    }
}

impl Edits {
    /// How this file writes `name` of `package.module`, such as `serializers.CharField`; without an import that
    /// reaches it, `from package import module` is added.
    ///
    /// # Errors
    /// As [`Edits::import_from`].
    pub fn name_through(&mut self, package: &str, module: &str, name: &str) -> Result<String, Diagnostic> {
        if let Some(written) = self.local_name(&format!("{package}.{module}"), name) {
            return Ok(written);
        }
        let _ = self.import_from(package, module)?;
        Ok(format!("{module}.{name}"))
    }

    /// How this file writes `name` of `module`; without an import that reaches it, `from module import name` is
    /// added or, where that name means something else in this file, its module is imported: `filters.SearchFilter` beside
    /// a `SearchFilter` of the project's own.
    ///
    /// # Errors
    /// As [`Edits::import_from`].
    pub fn name_from(&mut self, module: &str, name: &str) -> Result<String, Diagnostic> {
        if let Some(written) = self.local_name(module, name) {
            return Ok(written);
        }
        self.name_or_through(module, name)
    }

    /// Makes `name` of `module` known by its own name or, where that means something else in this file, through its
    /// module: `generics.get_object_or_404` beside the one of `django.shortcuts`.
    fn name_or_through(&mut self, module: &str, name: &str) -> Result<String, Diagnostic> {
        match (self.import_from(module, name), module.rsplit_once('.')) {
            (Ok(_), _) => Ok(name.to_owned()),
            (Err(error), Some((package, last))) if error.code == codes::NAME_TAKEN => {
                self.name_through(package, last, name).map_err(|_| error)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Adds a member to a class, and imports what it uses: an assignment below the others, anything else at the end.
    /// Its source is written with double quotes and long lines; the file gets its own.
    ///
    /// # Errors
    /// As [`Edits::add_class_member`] and [`Edits::import_from`]; a module of the app that is no path.
    pub fn add_member(
        &mut self,
        class: &str,
        member: &MemberSpec,
        app: &AppFacts,
    ) -> Result<Change, Diagnostic> {
        let mut source = match member.follow_habits {
            true => in_habits(&member.source, &self.style),
            false => member.source.clone(),
        };
        // What only annotations use is not imported without them.
        let plain = source.clone();
        let is_needed = |name: &str| has_word(&plain, name) || !has_word(&member.source, name);
        for import in member.imports.iter().filter(|import| is_needed(&import.name)) {
            match import.module.strip_prefix('.') {
                Some(own) => {
                    let file = RelPath::new(format!("{}/{}.py", app.dir, own.replace('.', "/")))
                        .map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()))?;
                    self.name_of_app(app, &file, &import.name)?;
                }
                None => {
                    let written = self.name_from(&import.module, &import.name)?;
                    if written != import.name {
                        source = renamed(&source, &import.name, &written);
                    }
                }
            }
        }
        let starts = ["def ", "async ", "class ", "@"];
        let is_block = starts.iter().any(|start| source.trim_start().starts_with(start));
        let place = if is_block { MemberPlace::End } else { MemberPlace::AfterFields };
        let layout = self.layout();
        let width = layout.line_length.saturating_sub(INDENT.len());
        let line_length = u32::try_from(width).unwrap_or(u32::MAX);
        let style = Style { quote: layout.quote, line_length, ..Style::default() };
        self.add_class_member(class, &tidy(source.trim_matches('\n'), &style), place)
    }

    /// The code as the project has it: see [`in_habits`]. Of `imports`, modules and names that annotations use, are made
    /// those that the code still uses then.
    ///
    /// # Errors
    /// As [`Edits::import_from`].
    pub fn in_habits(&mut self, code: &str, imports: &[(&str, &str)]) -> Result<String, Diagnostic> {
        let mut code = in_habits(code, &self.style);
        // What translates may come to be known here by this name.
        if self.meaning_of("_").is_some() || self.style.names.as_ref().is_some_and(|names| names.alias == "_")
        {
            code = without_shadows(&code);
        }
        for (module, name) in imports.iter().filter(|(_, name)| has_word(&code, name)) {
            let _ = self.import_from(module, name)?;
        }
        match self.translated(&code) {
            Some(code) => self.import_translator().map(|_| code),
            None => Ok(code),
        }
    }

    /// The code with the messages of its validation errors translated, where the project translates what it calls its
    /// models and fields, and with no loop that hides what this file calls `_`; `None` if no message is.
    #[must_use]
    pub fn translated(&self, code: &str) -> Option<String> {
        translated(code, &self.translator()?.2)
    }

    /// Makes the project's function that translates known.
    ///
    /// # Errors
    /// As [`Edits::import_from`].
    pub fn import_translator(&mut self) -> Result<Change, Diagnostic> {
        match self.translator() {
            Some((module, function, name)) if name == function => self.import_from(&module, &name),
            Some((module, function, name)) => self.import_as(&module, Some(&function), &name),
            None => Ok(self.already()),
        }
    }

    /// The module and the name of the project's function that translates, and what it is called here; `None` in a
    /// project without one, and where its name means something else.
    fn translator(&self) -> Option<(String, String, String)> {
        let style = self.style.names.as_ref()?;
        let (module, function) = style.function.rsplit_once('.')?;
        let known = self.local_name(module, function);
        let is_free = || self.meaning_of(&style.alias).is_none();
        let name = known.or_else(|| is_free().then(|| style.alias.clone()))?;
        Some((module.to_owned(), function.to_owned(), name))
    }

    /// Whether the project annotates its functions.
    #[must_use]
    pub fn has_annotations(&self) -> bool {
        self.style.annotations
    }

    /// How this file writes `name`, which `file` of `app` defines, with an import where one is needed.
    ///
    /// # Errors
    /// As [`Edits::import_from`].
    pub fn name_of_app(&mut self, app: &AppFacts, file: &RelPath, name: &str) -> Result<String, Diagnostic> {
        let source = self.source();
        match app.import_path(source.path(), source.text(), file) {
            Some(module) => self.name_from(&module, name),
            None => Ok(name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use aksara_protocol::facts::NameStyle;
    use aksara_protocol::params::ImportSpec;

    use super::*;

    fn open(text: &str) -> Edits {
        let path = RelPath::new("blog/views.py").unwrap();
        let file = SourceFile { path: path.clone(), blob: BlobId::new("0"), text: text.to_owned() };
        OpenFile::new(&path, Some(file), &Style::default()).unwrap().edits
    }

    #[test]
    fn messages_are_translated_where_the_projects_names_are() {
        let names = NameStyle {
            function: "django.utils.translation.gettext_lazy".into(),
            alias: "_".into(),
            fields: true,
            by_keyword: false,
            models: false,
            capitalized: false,
        };
        let style = Style { names: Some(names), ..Style::default() };
        let edits = |text: &str| {
            let path = RelPath::new("blog/views.py").unwrap();
            let file = SourceFile { path: path.clone(), blob: BlobId::new("0"), text: text.to_owned() };
            OpenFile::new(&path, Some(file), &style).unwrap().edits
        };
        let code = "def f():\n    for _ in rows:\n        raise ValidationError(\"No.\")\n";
        let mut file = edits("");
        let written = file.in_habits(code, &[]).unwrap();
        assert_eq!(written, code.replace("\"No.\"", "_(\"No.\")").replace("for _ in", "for _index in"));
        assert_eq!(file.source().text(), "from django.utils.translation import gettext_lazy as _\n");
        assert_eq!(file.in_habits(code, &[]).unwrap(), written);
        let mut other = edits("from django.utils.translation import gettext_lazy as gt\n");
        assert!(other.in_habits(code, &[]).unwrap().contains("gt(\"No.\")"));
        let mut taken = edits("_ = print\n");
        assert!(taken.in_habits(code, &[]).unwrap().contains("ValidationError(\"No.\")"));
    }

    #[test]
    fn names_are_written_as_the_imports_are() {
        let through = |text: &str| {
            let mut edits = open(text);
            let name = edits.name_through("rest_framework", "viewsets", "ModelViewSet").unwrap();
            (name, edits.source().text().to_owned())
        };
        for text in
            ["from rest_framework import viewsets\n", "from rest_framework.viewsets import ModelViewSet\n"]
        {
            assert_eq!(through(text).1, text);
        }
        assert_eq!(through("from rest_framework.viewsets import ModelViewSet\n").0, "ModelViewSet");
        let (name, text) = through("");
        assert_eq!(
            (name.as_str(), text.as_str()),
            ("viewsets.ModelViewSet", "from rest_framework import viewsets\n")
        );
    }

    #[test]
    fn members_are_annotated_where_the_project_is() {
        let import =
            |module: &str, name: &str| ImportSpec { module: module.to_owned(), name: name.to_owned() };
        let member = MemberSpec {
            source: "def rows(self, request: HttpRequest) -> Any:\n    return F(request)".to_owned(),
            imports: vec![
                import("typing", "Any"),
                import("django.http", "HttpRequest"),
                import("django.db.models", "F"),
            ],
            follow_habits: true,
        };
        let with = |annotations: bool| {
            let path = RelPath::new("blog/admin.py").unwrap();
            let file = SourceFile { path, blob: BlobId::new("0"), text: "class A:\n    x = 1\n".to_owned() };
            let mut edits = Edits::open(&file, &Style { annotations, ..Style::default() }).unwrap();
            let _ = edits.add_member("A", &member, &AppFacts::default()).unwrap();
            assert_eq!(edits.add_member("A", &member, &AppFacts::default()).unwrap(), Change::AlreadyThere);
            edits.source().text().to_owned()
        };
        let plain = with(false);
        assert!(plain.starts_with("from django.db.models import F\n\n\nclass"), "{plain}");
        assert!(plain.contains("def rows(self, request):\n"), "{plain}");
        assert!(
            with(true)
                .starts_with("from typing import Any\n\nfrom django.db.models import F\nfrom django.http")
        );
    }

    #[test]
    fn what_has_another_meaning_here_is_reached_through_its_module() {
        let member = MemberSpec {
            source: "def one(self):\n    return find(self.find, refind(find))".to_owned(),
            imports: vec![ImportSpec {
                module: "rest_framework.generics".to_owned(),
                name: "find".to_owned(),
            }],
            follow_habits: false,
        };
        let mut edits = open("from django.shortcuts import find\n\n\nclass A:\n    x = find\n");
        let _ = edits.add_member("A", &member, &AppFacts::default()).unwrap();
        assert_eq!(edits.add_member("A", &member, &AppFacts::default()).unwrap(), Change::AlreadyThere);
        assert_eq!(
            edits.source().text(),
            "from django.shortcuts import find\nfrom rest_framework import generics\n\n\nclass A:\n    x = find\n\n    \
             def one(self):\n        return generics.find(self.find, refind(generics.find))\n"
        );
    }

    #[test]
    fn a_method_that_is_made_is_annotated_where_the_project_is() {
        let with = |annotations: bool| {
            let path = RelPath::new("blog/apps.py").unwrap();
            let file = SourceFile { path, blob: BlobId::new("0"), text: "class A:\n    x = 1\n".to_owned() };
            let mut edits = Edits::open(&file, &Style { annotations, ..Style::default() }).unwrap();
            let _ = edits.add_to_method("A", "ready", "f()").unwrap();
            edits.source().text().to_owned()
        };
        assert!(
            with(true).contains("def ready(self) -> None:\n") && with(false).contains("def ready(self):\n")
        );
    }

    #[test]
    fn a_new_file_is_created_and_an_untouched_one_is_not() {
        let path = RelPath::new("blog/filters.py").unwrap();
        let mut file = OpenFile::new(&path, None, &Style::default()).unwrap();
        assert_eq!(file.finish(), None);
        let _ = file.edits.import_module("django_filters").unwrap();
        let text = "import django_filters\n".to_owned();
        assert_eq!(file.finish(), Some(Edit::Create { path, text, executable: false }));
    }

    #[test]
    fn members_have_the_quotes_and_the_width_of_the_file() {
        let mut edits = open("class Post:\n    title = 'A title'\n    slug = 'a-title'\n");
        let source = "def rows(self):\n    return self.filter(first=\"first\", second=\"second\", third=\"third\", last=\"it's last\")\n";
        let member = MemberSpec { source: source.to_owned(), imports: Vec::new(), follow_habits: false };
        assert_eq!(edits.add_member("Post", &member, &AppFacts::default()).unwrap(), Change::Made);
        let text = edits.source().text().to_owned();
        assert!(
            text.ends_with(
                "    def rows(self):\n        return self.filter(\n            first='first', second='second', third='third', last=\"it's last\"\n        )\n"
            ),
            "{text}"
        );
        assert_eq!(edits.add_member("Post", &member, &AppFacts::default()).unwrap(), Change::AlreadyThere);
    }
}
