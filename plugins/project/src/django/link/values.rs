//! Values that are literal only after names are followed: constants, `Status.choices`, `_("text")`.

use aksara_python::read::Class;
use aksara_sdk::protocol::JsonMap;
use aksara_sdk::protocol::facts::{Args, Expr, Parts};
use serde_json::Value;

use super::modules::{Ancestor, Definition, Modules};

/// How deep names are followed into each other.
const MAX_DEPTH: usize = 12;

/// Django writes the text itself, untranslated, wherever it writes such a call down.
const TRANSLATIONS: [&str; 4] = [
    "django.utils.translation.gettext_lazy",
    "django.utils.translation.gettext",
    "django.utils.translation.ugettext_lazy",
    "django.utils.translation.gettext_noop",
];

impl Modules {
    /// The value of an expression, as far as it can be told without running anything.
    pub(super) fn value(&self, expr: &Expr) -> Option<Value> {
        self.value_within(expr, MAX_DEPTH)
    }

    /// Fills in the values of an expression and its parts.
    pub(super) fn settle(&self, mut expr: Expr) -> Expr {
        self.settle_within(&mut expr);
        expr
    }

    /// Fills in the values of arguments.
    pub(super) fn settle_args(&self, args: &Args) -> Args {
        let mut args = args.clone();
        for expr in args.positional.iter_mut().chain(args.keywords.iter_mut().map(|(_, value)| value)) {
            self.settle_within(expr);
        }
        args
    }

    fn settle_within(&self, expr: &mut Expr) {
        if expr.literal.is_none() {
            expr.literal = self.value(expr);
        }
        match expr.parts.as_deref_mut() {
            Some(Parts::List(items) | Parts::Tuple(items) | Parts::Set(items)) => {
                items.iter_mut().for_each(|item| self.settle_within(item));
            }
            Some(Parts::Operation { operands, .. }) => {
                operands.iter_mut().for_each(|item| self.settle_within(item));
            }
            Some(Parts::Dict(entries)) => {
                for (key, value) in entries {
                    self.settle_within(key);
                    self.settle_within(value);
                }
            }
            Some(Parts::Call { args, .. }) => *args = self.settle_args(args),
            None => {}
        }
    }

    fn value_within(&self, expr: &Expr, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if let Some(literal) = &expr.literal {
            return Some(literal.clone());
        }
        match expr.parts.as_deref() {
            Some(Parts::List(items) | Parts::Tuple(items)) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    match item.parts.as_deref() {
                        Some(Parts::Operation { operator, operands })
                            if operator == "*" && operands.len() == 1 =>
                        {
                            values.extend(self.array(operands.first()?, depth)?);
                        }
                        _ => values.push(self.value_within(item, depth)?),
                    }
                }
                Some(Value::Array(values))
            }
            Some(Parts::Operation { operator, operands }) if operator == "+" && operands.len() == 2 => {
                let mut values = self.array(operands.first()?, depth)?;
                values.extend(self.array(operands.get(1)?, depth)?);
                Some(Value::Array(values))
            }
            Some(Parts::Dict(entries)) => {
                let mut map = JsonMap::new();
                for (key, value) in entries {
                    let Value::String(key) = self.value_within(key, depth)? else { return None };
                    map.insert(key, self.value_within(value, depth)?);
                }
                Some(Value::Object(map))
            }
            Some(Parts::Call { function, args }) => {
                let translated = TRANSLATIONS.contains(&function.as_str()) && args.positional.len() == 1;
                translated.then(|| self.value_within(args.positional.first()?, depth)).flatten()
            }
            Some(_) => None,
            None => self.named(expr.path.as_deref()?, depth),
        }
    }

    fn array(&self, expr: &Expr, depth: usize) -> Option<Vec<Value>> {
        match self.value_within(expr, depth)? {
            Value::Array(values) => Some(values),
            _ => None,
        }
    }

    /// The value of a name: a constant of a module or class, or what an enumeration of choices makes.
    fn named(&self, path: &str, depth: usize) -> Option<Value> {
        match self.resolve(path) {
            Some(Definition::Variable(module, assign)) => {
                let assigned = module.module.assigns.iter().filter(|a| a.name == assign.name).count();
                // A constant is assigned once; what is put together in steps is not followed.
                (assigned == 1 && !assign.conditional)
                    .then(|| self.value_within(&assign.value, depth))
                    .flatten()
            }
            Some(Definition::Member(class, assign)) => {
                let value = self.value_within(&assign.value, depth)?;
                match (self.is_choices(class), value) {
                    (true, Value::Array(pair)) => pair.into_iter().next(),
                    (_, value) => Some(value),
                }
            }
            Some(_) => None,
            None => {
                let (path, attribute) = path.rsplit_once('.')?;
                match (attribute, self.resolve(path)?) {
                    ("choices", Definition::Class(_, class)) if self.is_choices(class) => {
                        self.choices(class, depth)
                    }
                    ("value", Definition::Member(class, _)) if self.is_choices(class) => {
                        self.named(path, depth)
                    }
                    _ => None,
                }
            }
        }
    }

    fn is_choices(&self, class: &Class) -> bool {
        self.ancestors(class).iter().any(|ancestor| match ancestor {
            Ancestor::Foreign(name) => name.starts_with("django.db.models.") && name.ends_with("Choices"),
            Ancestor::Own(..) => false,
        })
    }

    /// `choices` of a `TextChoices` or `IntegerChoices` class: `NAME = value` or `NAME = value, label`.
    fn choices(&self, class: &Class, depth: usize) -> Option<Value> {
        let mut choices = Vec::new();
        for assign in &class.assigns {
            if assign.name == "__empty__" || assign.conditional || assign.adds {
                return None;
            }
            let pair = match self.value_within(&assign.value, depth)? {
                Value::Array(pair) if pair.len() == 2 => pair,
                Value::Array(_) => return None,
                value => vec![value, Value::String(label_of(&assign.name))],
            };
            choices.push(Value::Array(pair));
        }
        Some(Value::Array(choices))
    }
}

/// The label that Django makes for a choice without one: `IN_REVIEW` is `In Review`.
fn label_of(name: &str) -> String {
    let mut label = String::with_capacity(name.len());
    let mut start = true;
    for c in name.replace('_', " ").chars() {
        if start {
            label.extend(c.to_uppercase());
        } else {
            label.extend(c.to_lowercase());
        }
        // Python's `str.title` starts a word after anything that is not a letter.
        start = !c.is_alphabetic();
    }
    label
}

#[cfg(test)]
mod tests {
    use super::label_of;

    #[test]
    fn labels_are_as_django_makes_them() {
        assert_eq!(label_of("DRAFT"), "Draft");
        assert_eq!(label_of("IN_REVIEW"), "In Review");
        assert_eq!(label_of("LEVEL2_A"), "Level2 A");
    }
}
