//! Managers that a model is to have, beside those that it has: what these do is not lost.
//!
//! A feature gives a class of managers, and a function that makes of another class one that does the same. So
//! `objects = ProductManager()` becomes `objects = live_only(ProductManager)()`, and Django's own is replaced.

use aksara_python::edit::{Change, Edits, MemberPlace};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, ManagerFacts, ModelFacts};
use aksara_sdk::protocol::params::ManagerSpec;
use aksara_sdk::{Diagnostic, Label, Note};

/// The name of the manager that Django gives a model by itself.
const OBJECTS: &str = "objects";
/// The class of managers that adds nothing.
const PLAIN: [&str; 2] = ["django.db.models.Manager", "django.db.models.manager.Manager"];
/// Packages whose abstract models have managers that their models cannot be without.
const MANAGED: [&str; 3] = ["mptt.", "polymorphic.", "treebeard."];

/// The class that is changed, and its surroundings.
pub(super) struct Site<'a> {
    pub(super) model: &'a ModelFacts,
    /// The app of the model.
    pub(super) app: &'a AppFacts,
    /// How the module writes `django.db.models`.
    pub(super) models: &'a str,
}

/// A manager's call in parts: what is called, as source, and with what.
struct Made {
    /// `None` for Django's own class.
    class: Option<String>,
    arguments: String,
}

impl Site<'_> {
    /// Gives the class the managers of `specs`; whether anything was to be changed.
    ///
    /// # Errors
    /// A manager that migrations know, that defines what it would be given, or whose class is not told.
    pub(super) fn have(
        &self,
        edits: &mut Edits,
        specs: &[ManagerSpec],
        notes: &mut Vec<Note>,
    ) -> Result<bool, Diagnostic> {
        let Some(objects) = specs.iter().find(|spec| spec.name == OBJECTS) else {
            return Ok(false);
        };
        let of_objects = self.base_of_objects(edits, objects)?;
        // The other managers of the base that a feature gives are what they are meant to be.
        let given = self.model.managers.iter().find(|m| m.name == OBJECTS && is_of(m, objects));
        let given = given.and_then(|manager| manager.inherited_from.as_ref());
        let mut made = false;
        for manager in &self.model.managers {
            let is_wanted = specs.iter().any(|spec| spec.name == manager.name && spec.name != OBJECTS);
            match &manager.inherited_from {
                _ if is_wanted => {}
                None => made |= self.compose(edits, manager, objects)? == Change::Made,
                Some(base)
                    if manager.name != OBJECTS && Some(base) != given && !is_beside(manager, objects) =>
                {
                    notes.push(Note::warning(format!(
                        "`{}.{}` comes from `{base}` and stays as it is: it has rows that `{}` leaves out",
                        self.model.label, manager.name, objects.class
                    )))
                }
                Some(_) => {}
            }
        }
        for spec in specs {
            let is_own = edits.class_attribute(&self.model.name, &spec.name)?.is_some();
            let is_given = spec.inherited && of_objects.is_none();
            if is_own || is_given {
                continue;
            }
            let value = match &of_objects {
                Some(class) => format!("{}({class})()", self.imported(edits, spec, &spec.over)?),
                None => format!("{}()", self.imported(edits, spec, &spec.class)?),
            };
            made |= self.add(edits, specs, &format!("{} = {value}", spec.name))? == Change::Made;
        }
        Ok(made)
    }

    /// Puts a manager below the others; the first one stands apart from the fields.
    fn add(&self, edits: &mut Edits, specs: &[ManagerSpec], code: &str) -> Result<Change, Diagnostic> {
        let own = self.model.managers.iter().filter(|manager| manager.inherited_from.is_none());
        let names: Vec<&str> =
            own.map(|manager| manager.name.as_str()).chain(specs.iter().map(|s| s.name.as_str())).collect();
        let members = edits.class_members(&self.model.name)?;
        let last = members.iter().rfind(|member| names.contains(&member.as_str()));
        let place = last.map_or(MemberPlace::ApartFromFields, |name| MemberPlace::After(name));
        edits.add_class_member(&self.model.name, code, place)
    }

    /// The class of the model's `objects`, if it is another than Django's and not one that `objects` makes.
    fn base_of_objects(
        &self,
        edits: &mut Edits,
        objects: &ManagerSpec,
    ) -> Result<Option<String>, Diagnostic> {
        let Some(manager) = self.model.managers.iter().find(|manager| manager.name == OBJECTS) else {
            let package = |base: &&String| MANAGED.iter().any(|package| base.starts_with(package));
            return match self.model.flat_bases.iter().find(package) {
                _ if self.model.members.iter().any(|member| member == OBJECTS) => Err(self.unknown(OBJECTS)),
                Some(base) => Err(self.foreign(base)),
                None => Ok(None),
            };
        };
        if manager.inherited_from.is_none() {
            let made = self.made(edits, manager)?;
            return Ok(made.class.filter(|class| !has(class, objects)));
        }
        if PLAIN.contains(&manager.class.as_str()) || is_of(manager, objects) {
            return Ok(None);
        }
        self.check(manager, objects)?;
        match manager.class.rsplit_once('.').filter(|_| !manager.class.contains('(')) {
            Some((module, class)) => super::name_in(edits, Some(self.app), module, class).map(Some),
            None => Err(self.unknown(&manager.name)),
        }
    }

    /// Makes a manager of the class one that does what `spec` says as well.
    fn compose(
        &self,
        edits: &mut Edits,
        manager: &ManagerFacts,
        spec: &ManagerSpec,
    ) -> Result<Change, Diagnostic> {
        let class = &self.model.name;
        let Made { class: base, arguments } = self.made(edits, manager)?;
        let value = match base {
            None if spec.inherited && manager.name == spec.name && self.is_alone(manager) => {
                return edits.remove_class_attribute(class, &manager.name);
            }
            None => format!("{}()", self.imported(edits, spec, &spec.class)?),
            Some(base) if has(&base, spec) => return Ok(Change::AlreadyThere),
            Some(base) => {
                self.check(manager, spec)?;
                format!("{}({base}){arguments}", self.imported(edits, spec, &spec.over)?)
            }
        };
        edits.replace_class_attribute(class, &manager.name, &value)
    }

    /// Whether the class has no other manager, which would be the default one without this.
    fn is_alone(&self, manager: &ManagerFacts) -> bool {
        let mut own = self.model.managers.iter().filter(|other| other.inherited_from.is_none());
        own.all(|other| other.name == manager.name)
    }

    /// What a manager of the class is made from.
    fn made(&self, edits: &Edits, manager: &ManagerFacts) -> Result<Made, Diagnostic> {
        let source = edits.class_attribute(&self.model.name, &manager.name)?.unwrap_or_default();
        if let Some(queryset) = source.strip_suffix(".as_manager()") {
            let class = Some(format!("{}.Manager.from_queryset({queryset})", self.models));
            return Ok(Made { class, arguments: "()".to_owned() });
        }
        if PLAIN.contains(&manager.class.as_str()) {
            return Ok(Made { class: None, arguments: String::new() });
        }
        let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let at = match source.strip_suffix("()") {
            Some(class) => Some(class.len()),
            None => source.find('(').filter(|at| is_name(&source[..*at])),
        };
        let at = at.filter(|at| *at > 0).ok_or_else(|| self.unknown(&manager.name))?;
        let (class, arguments) = source.split_at(at);
        if manager.foreign && arguments != "()" {
            // It may be a function that makes one, and go by fields of its own.
            return Err(self.unknown(&manager.name));
        }
        Ok(Made { class: Some(class.to_owned()), arguments: arguments.to_owned() })
    }

    fn imported(&self, edits: &mut Edits, spec: &ManagerSpec, name: &str) -> Result<String, Diagnostic> {
        let module = match spec.module.strip_prefix('.') {
            Some(own) => format!("{}.{own}", self.app.module),
            None => spec.module.clone(),
        };
        super::name_in(edits, Some(self.app), &module, name)
    }

    /// Refuses a manager that would not be the same any more.
    fn check(&self, manager: &ManagerFacts, spec: &ManagerSpec) -> Result<(), Diagnostic> {
        let what = format!("`{}.{}`, a `{}`,", self.model.label, manager.name, short(&manager.class));
        if manager.in_migrations {
            let message =
                format!("{what} is written into migrations, which know no manager that is made by a call");
            return Err(self.refused(&message).with_help(
                "set `use_in_migrations = False` in its class, with the migration that makemigrations makes of it, \
                 and commit that",
            ));
        }
        match spec.defines.iter().find(|name| manager.members.contains(name)) {
            None => Ok(()),
            Some(name) => Err(self
                .refused(&format!("{what} has `{name}` of its own, and `{}` another", spec.class))
                .with_help(format!(
                    "give `{name}` of `{}` another name, and commit that",
                    short(&manager.class)
                ))),
        }
    }

    fn unknown(&self, name: &str) -> Diagnostic {
        let message = format!("what `{}.{name}` is made from was not understood", self.model.label);
        self.refused(&message).with_help(format!(
            "give it a class with a name, write `{name} = ThatClass()` in `{}`, and commit that",
            self.model.name
        ))
    }

    fn foreign(&self, base: &str) -> Diagnostic {
        let message =
            format!("`{}` has its `{OBJECTS}` from `{base}`, which is not in the project", self.model.label);
        self.refused(&message).with_help(format!(
            "write `{OBJECTS} = …()` with the class of that manager in `{}`, and commit that",
            self.model.name
        ))
    }

    fn refused(&self, message: &str) -> Diagnostic {
        Diagnostic::new(codes::REFUSED, message).with_label(Label {
            path: self.model.place.file.clone(),
            line: self.model.place.line,
            column: 1,
            len: 0,
            text: "this model".to_owned(),
        })
    }
}

/// Whether the source of a class of managers does what `spec` says already, whatever is made of that.
fn has(class: &str, spec: &ManagerSpec) -> bool {
    class
        .split(|c: char| c != '_' && !c.is_alphanumeric())
        .any(|name| name == spec.class || name == spec.over)
}

/// Whether an inherited manager is the very one that is wanted.
/// Whether the feature's own module makes the manager.
fn is_beside(manager: &ManagerFacts, spec: &ManagerSpec) -> bool {
    manager.class.rsplit_once('.').is_some_and(|(module, _)| module == spec.module)
}

fn is_of(manager: &ManagerFacts, spec: &ManagerSpec) -> bool {
    short(&manager.class) == spec.class
}

fn short(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}
