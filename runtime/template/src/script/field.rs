//! `field::string("name", #{ max_length: 50 })` and the like: fields of a model, as maps.

use rhai::{Dynamic, FuncRegistration, Map, Module};

/// Types that need nothing but a name.
const PLAIN: &[&str] = &[
    "string",
    "text",
    "integer",
    "positive_integer",
    "big_integer",
    "float",
    "decimal",
    "boolean",
    "date",
    "datetime",
    "time",
    "duration",
    "uuid",
    "json",
    "email",
    "url",
    "slug",
];

/// Types that point to a model.
const RELATIONS: &[&str] = &["foreign_key", "one_to_one", "many_to_many"];

pub(crate) fn module() -> Module {
    let mut module = Module::new();
    for kind in PLAIN {
        FuncRegistration::new(*kind)
            .set_into_module(&mut module, |name: &str| field(kind, name, None, Map::new()));
        FuncRegistration::new(*kind)
            .set_into_module(&mut module, |name: &str, options: Map| field(kind, name, None, options));
    }
    for kind in RELATIONS {
        FuncRegistration::new(*kind)
            .set_into_module(&mut module, |name: &str, to: &str| field(kind, name, Some(to), Map::new()));
        FuncRegistration::new(*kind).set_into_module(&mut module, |name: &str, to: &str, options: Map| {
            field(kind, name, Some(to), options)
        });
    }
    module
}

fn field(kind: &str, name: &str, to: Option<&str>, mut options: Map) -> Map {
    options.insert("name".into(), Dynamic::from(name.to_owned()));
    options.insert("type".into(), Dynamic::from(kind.to_owned()));
    if let Some(to) = to {
        options.insert("to".into(), Dynamic::from(to.to_owned()));
    }
    options
}

#[cfg(test)]
mod tests {
    use aksara_protocol::params::FieldType;

    use super::{PLAIN, RELATIONS};

    #[test]
    fn every_function_is_a_field_type() {
        for kind in PLAIN.iter().chain(RELATIONS) {
            assert!(serde_json::from_value::<FieldType>((*kind).into()).is_ok(), "{kind}");
        }
    }
}
