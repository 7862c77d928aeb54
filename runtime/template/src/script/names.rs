//! `names::`: the same name in the forms that code and people use.

use heck::{ToKebabCase, ToLowerCamelCase, ToPascalCase, ToSnakeCase, ToTitleCase};
use rhai::{FuncRegistration, Module};

pub(crate) fn module() -> Module {
    let mut module = Module::new();
    let mut add = |name: &str, function: fn(&str) -> String| {
        FuncRegistration::new(name).set_into_module(&mut module, move |text: &str| function(text));
    };
    add("snake", snake);
    add("camel", |name| name.to_lower_camel_case());
    add("pascal", pascal);
    add("kebab", |name| name.to_kebab_case());
    add("title", |name| name.to_title_case());
    add("human", human);
    add("plural", plural);
    add("singular", singular);
    module
}

/// `OrderItem` is `order_item`.
pub(crate) fn snake(name: &str) -> String {
    name.to_snake_case()
}

/// `order item` is `OrderItem`.
pub(crate) fn pascal(name: &str) -> String {
    name.to_pascal_case()
}

/// `OrderItem` is `order item`.
pub(crate) fn human(name: &str) -> String {
    name.to_snake_case().replace('_', " ")
}

/// `order_item` is `order_items`: the last word changes, case and separators stay.
pub(crate) fn plural(name: &str) -> String {
    let (front, last) = split_last_word(name);
    format!("{front}{}", pluralizer::pluralize(last, 2, false))
}

/// `Categories` is `Category`.
pub(crate) fn singular(name: &str) -> String {
    let (front, last) = split_last_word(name);
    format!("{front}{}", pluralizer::pluralize(last, 1, false))
}

fn split_last_word(name: &str) -> (&str, &str) {
    let mut start = 0;
    let mut before: Option<char> = None;
    for (index, c) in name.char_indices() {
        let after_separator = before.is_some_and(|b| !b.is_alphanumeric());
        let hump = c.is_uppercase() && before.is_some_and(char::is_lowercase);
        if (after_separator && c.is_alphanumeric()) || hump {
            start = index;
        }
        before = Some(c);
    }
    name.split_at(start)
}

#[cfg(test)]
mod tests {
    use super::{human, plural, singular, snake};

    #[test]
    fn only_the_last_word_changes() {
        for (one, many) in [
            ("post", "posts"),
            ("Category", "Categories"),
            ("order_item", "order_items"),
            ("SalesPerson", "SalesPeople"),
            ("blog-box", "blog-boxes"),
            ("address", "addresses"),
        ] {
            assert_eq!(plural(one), many);
            assert_eq!(singular(many), one);
            assert_eq!(plural(many), many);
            assert_eq!(singular(one), one);
        }
        assert_eq!(plural(""), "");
    }

    #[test]
    fn cases() {
        assert_eq!(snake("HTTPServerError"), "http_server_error");
        assert_eq!(human("OrderItem"), "order item");
    }
}
