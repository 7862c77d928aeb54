//! Migrations in projects whose formatter goes over them.

use aksara_protocol::facts::Style;

use crate::tidy::{tidy, with_quotes};

/// The text of a migration, which is written as Django writes it: laid out as the project's code, if the project's own
/// migrations are.
#[must_use]
pub fn migration(text: &str, style: &Style) -> String {
    if !style.formatted_migrations {
        return text.to_owned();
    }
    let text = tidy(&with_quotes(text, style.quote), style);
    text.replace("(migrations.Migration):\n\n", "(migrations.Migration):\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DJANGOS: &str = "# Generated\n\nfrom django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n\n    \
                           dependencies = [\n        ('blog', '0001_initial'),\n    ]\n\n    operations = [\n        \
                           migrations.AddField(\n            model_name='post',\n            name='text',\n            \
                           field=models.CharField(default='', help_text=\"It's so\", max_length=200, verbose_name='Text'),\n        \
                           ),\n    ]\n";

    #[test]
    fn a_migration_is_djangos_or_the_formatters() {
        assert_eq!(migration(DJANGOS, &Style::default()), DJANGOS);
        let style = Style { formatted_migrations: true, ..Style::default() };
        assert_eq!(
            migration(DJANGOS, &style),
            "# Generated\n\nfrom django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    \
             dependencies = [\n        (\"blog\", \"0001_initial\"),\n    ]\n\n    operations = [\n        \
             migrations.AddField(\n            model_name=\"post\",\n            name=\"text\",\n            \
             field=models.CharField(\n                default=\"\", help_text=\"It's so\", max_length=200, verbose_name=\"Text\"\n            \
             ),\n        ),\n    ]\n"
        );
    }
}
