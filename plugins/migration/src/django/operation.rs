//! The operations of a migration, and how Django prints them.

use super::field::Field;
use super::value::{Imports, Value, write_str};

/// One operation. Models are named as Django's autodetector names them: in lower case, except where they are
/// created or deleted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operation {
    CreateModel {
        name: String,
        fields: Vec<(String, Field)>,
        options: Vec<(String, Value)>,
        bases: Vec<Value>,
    },
    DeleteModel {
        name: String,
    },
    AddField {
        model: String,
        name: String,
        field: Field,
        preserve_default: bool,
    },
    RemoveField {
        model: String,
        name: String,
    },
    AlterField {
        model: String,
        name: String,
        field: Field,
    },
    RenameField {
        model: String,
        old: String,
        new: String,
    },
    AlterModelOptions {
        name: String,
        options: Vec<(String, Value)>,
    },
    AlterModelTable {
        name: String,
        table: Value,
    },
    AlterModelTableComment {
        name: String,
        comment: Value,
    },
    AlterUniqueTogether {
        name: String,
        lists: Vec<Vec<String>>,
    },
    AlterOrderWithRespectTo {
        name: String,
        field: Value,
    },
    AddIndex {
        model: String,
        index: Value,
    },
    RemoveIndex {
        model: String,
        name: String,
    },
    RenameIndex {
        model: String,
        old: String,
        new: String,
    },
    AddConstraint {
        model: String,
        constraint: Value,
    },
    RemoveConstraint {
        model: String,
        name: String,
    },
    AlterConstraint {
        model: String,
        name: String,
        constraint: Value,
    },
}

impl Operation {
    /// The model that the operation is about, in lower case.
    pub(super) fn model(&self) -> String {
        match self {
            Operation::CreateModel { name, .. }
            | Operation::DeleteModel { name }
            | Operation::AlterModelOptions { name, .. }
            | Operation::AlterModelTable { name, .. }
            | Operation::AlterModelTableComment { name, .. }
            | Operation::AlterUniqueTogether { name, .. }
            | Operation::AlterOrderWithRespectTo { name, .. } => name.to_lowercase(),
            Operation::AddField { model, .. }
            | Operation::RemoveField { model, .. }
            | Operation::AlterField { model, .. }
            | Operation::RenameField { model, .. }
            | Operation::AddIndex { model, .. }
            | Operation::RemoveIndex { model, .. }
            | Operation::RenameIndex { model, .. }
            | Operation::AddConstraint { model, .. }
            | Operation::RemoveConstraint { model, .. }
            | Operation::AlterConstraint { model, .. } => model.to_lowercase(),
        }
    }

    /// The fields that it brings.
    pub(super) fn fields(&self) -> Vec<&Field> {
        match self {
            Operation::CreateModel { fields, .. } => fields.iter().map(|(_, field)| field).collect(),
            Operation::AddField { field, .. } | Operation::AlterField { field, .. } => vec![field],
            _ => Vec::new(),
        }
    }

    /// One line for people.
    pub(super) fn describe(&self) -> String {
        match self {
            Operation::CreateModel { name, .. } => format!("create model {name}"),
            Operation::DeleteModel { name } => format!("delete model {name}"),
            Operation::AddField { model, name, .. } => format!("add field {name} to {model}"),
            Operation::RemoveField { model, name } => format!("remove field {name} from {model}"),
            Operation::AlterField { model, name, .. } => format!("alter field {name} on {model}"),
            Operation::RenameField { model, old, new } => format!("rename field {old} on {model} to {new}"),
            Operation::AlterModelOptions { name, .. } => format!("change Meta options on {name}"),
            Operation::AlterModelTable { name, .. } => format!("rename the table of {name}"),
            Operation::AlterModelTableComment { name, .. } => format!("change the table comment of {name}"),
            Operation::AlterUniqueTogether { name, .. } => format!("alter unique_together of {name}"),
            Operation::AlterOrderWithRespectTo { name, .. } => {
                format!("alter order_with_respect_to of {name}")
            }
            Operation::AddIndex { model, index } => {
                format!("create index {} on {model}", super::index::name(index).unwrap_or_default())
            }
            Operation::RemoveIndex { model, name } => format!("remove index {name} from {model}"),
            Operation::RenameIndex { model, old, new } => format!("rename index {old} on {model} to {new}"),
            Operation::AddConstraint { model, constraint } => {
                format!("create constraint {} on {model}", super::index::name(constraint).unwrap_or_default())
            }
            Operation::RemoveConstraint { model, name } => format!("remove constraint {name} from {model}"),
            Operation::AlterConstraint { model, name, .. } => format!("alter constraint {name} on {model}"),
        }
    }

    /// Its source inside `operations = [...]`, as Django's `OperationWriter` prints it.
    pub(super) fn write(&self, imports: &mut Imports) -> String {
        let mut call = Printed::new(self.class());
        let text = |text: &str| write_str(text);
        match self {
            Operation::CreateModel { name, fields, options, bases } => {
                call.argument("name", &text(name));
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, field)| format!("({}, {})", text(name), field.write(imports)))
                    .collect();
                call.block("fields", '[', &fields, ']');
                call.options(options, imports, true);
                if *bases != [Value::Name("django.db.models.Model".to_owned())] {
                    call.argument("bases", &Value::Tuple(bases.clone()).write(imports));
                }
            }
            Operation::DeleteModel { name } => call.argument("name", &text(name)),
            Operation::AddField { model, name, field, preserve_default } => {
                call.argument("model_name", &text(model));
                call.argument("name", &text(name));
                call.argument("field", &field.write(imports));
                if !preserve_default {
                    call.argument("preserve_default", "False");
                }
            }
            Operation::RemoveField { model, name }
            | Operation::RemoveIndex { model, name }
            | Operation::RemoveConstraint { model, name } => {
                call.argument("model_name", &text(model));
                call.argument("name", &text(name));
            }
            Operation::AlterField { model, name, field } => {
                call.argument("model_name", &text(model));
                call.argument("name", &text(name));
                call.argument("field", &field.write(imports));
            }
            Operation::RenameField { model, old, new } => {
                call.argument("model_name", &text(model));
                call.argument("old_name", &text(old));
                call.argument("new_name", &text(new));
            }
            Operation::AlterModelOptions { name, options } => {
                call.argument("name", &text(name));
                call.options(options, imports, false);
            }
            Operation::AlterModelTable { name, table } => {
                call.argument("name", &text(name));
                call.argument("table", &table.write(imports));
            }
            Operation::AlterModelTableComment { name, comment } => {
                call.argument("name", &text(name));
                call.argument("table_comment", &comment.write(imports));
            }
            Operation::AlterUniqueTogether { name, lists } => {
                call.argument("name", &text(name));
                call.argument("unique_together", &super::model::together_value(lists).write(imports));
            }
            Operation::AlterOrderWithRespectTo { name, field } => {
                call.argument("name", &text(name));
                call.argument("order_with_respect_to", &field.write(imports));
            }
            Operation::AddIndex { model, index } => {
                call.argument("model_name", &text(model));
                call.argument("index", &index.write(imports));
            }
            Operation::RenameIndex { model, old, new } => {
                call.argument("model_name", &text(model));
                call.argument("new_name", &text(new));
                call.argument("old_name", &text(old));
            }
            Operation::AddConstraint { model, constraint } => {
                call.argument("model_name", &text(model));
                call.argument("constraint", &constraint.write(imports));
            }
            Operation::AlterConstraint { model, name, constraint } => {
                call.argument("model_name", &text(model));
                call.argument("name", &text(name));
                call.argument("constraint", &constraint.write(imports));
            }
        }
        call.finish()
    }

    fn class(&self) -> &'static str {
        match self {
            Operation::CreateModel { .. } => "CreateModel",
            Operation::DeleteModel { .. } => "DeleteModel",
            Operation::AddField { .. } => "AddField",
            Operation::RemoveField { .. } => "RemoveField",
            Operation::AlterField { .. } => "AlterField",
            Operation::RenameField { .. } => "RenameField",
            Operation::AlterModelOptions { .. } => "AlterModelOptions",
            Operation::AlterModelTable { .. } => "AlterModelTable",
            Operation::AlterModelTableComment { .. } => "AlterModelTableComment",
            Operation::AlterUniqueTogether { .. } => "AlterUniqueTogether",
            Operation::AlterOrderWithRespectTo { .. } => "AlterOrderWithRespectTo",
            Operation::AddIndex { .. } => "AddIndex",
            Operation::RemoveIndex { .. } => "RemoveIndex",
            Operation::RenameIndex { .. } => "RenameIndex",
            Operation::AddConstraint { .. } => "AddConstraint",
            Operation::RemoveConstraint { .. } => "RemoveConstraint",
            Operation::AlterConstraint { .. } => "AlterConstraint",
        }
    }
}

/// An operation's lines, as they grow.
struct Printed(String);

impl Printed {
    fn new(class: &str) -> Self {
        Printed(format!("        migrations.{class}(\n"))
    }

    fn argument(&mut self, name: &str, source: &str) {
        self.0.push_str(&format!("            {name}={source},\n"));
    }

    /// A collection with one item a line.
    fn block(&mut self, name: &str, open: char, items: &[String], close: char) {
        self.0.push_str(&format!("            {name}={open}\n"));
        for item in items {
            self.0.push_str(&format!("                {item},\n"));
        }
        self.0.push_str(&format!("            {close},\n"));
    }

    fn options(&mut self, options: &[(String, Value)], imports: &mut Imports, expanded: bool) {
        if expanded && options.is_empty() {
            return;
        }
        if expanded {
            let entries: Vec<String> = options
                .iter()
                .map(|(key, value)| format!("{}: {}", write_str(key), value.write(imports)))
                .collect();
            self.block("options", '{', &entries, '}');
        } else {
            let entries = options.iter().map(|(key, value)| (Value::str(key), value.clone())).collect();
            let source = Value::Dict(entries).write(imports);
            self.argument("options", &source);
        }
    }

    fn finish(mut self) -> String {
        self.0.push_str("        ),\n");
        self.0
    }
}
