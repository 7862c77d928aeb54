//! The project's habits of style, from what each file counted.

use std::collections::{BTreeMap, BTreeSet};

use aksara_python::read::LineCounts;
use aksara_sdk::RelPath;
use aksara_sdk::protocol::facts::{AppFacts, Expr, NameStyle, Parts, Style};

use super::super::detect::is_vendored;
use super::super::scanned::{ConfigFile, Said, StyleCount};
use super::modules::Modules;

/// What the nearest configuration file that says it has, else what most files do: quotes, the line length, how imports
/// are sorted. The indent is most files'. `folders` are those that Python imports from, `paths` all files.
pub(super) fn decide<'c>(
    counts: impl Iterator<Item = &'c StyleCount>,
    configs: &[ConfigFile],
    folders: &[String],
    paths: &[RelPath],
) -> Style {
    let mut style = Style::default();
    let (mut single, mut double) = (0, 0);
    let mut lines = LineCounts::default();
    let mut indents: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut formatted, mut migrations) = (0, 0);
    let (mut said, mut said_in_tests) = (Said::default(), Said::default());
    for count in counts {
        if let Some(is_formatted) = count.formatted_migration {
            migrations += 1;
            formatted += usize::from(is_formatted);
        }
        said += count.said;
        said_in_tests += count.said_in_tests;
        single += count.single;
        double += count.double;
        lines.code += count.lines.code;
        lines.near_79 += count.lines.near_79;
        lines.over_79 += count.lines.over_79;
        lines.over_88 += count.lines.over_88;
        lines.over_100 += count.lines.over_100;
        if let Some(indent) = &count.indent {
            *indents.entry(indent).or_default() += 1;
        }
    }
    let most = if single > double { '\'' } else { '"' };
    style.quote = configs.iter().find_map(|config| config.quote).unwrap_or(most);
    if let Some((indent, _)) = indents.into_iter().max_by_key(|(_, files)| *files) {
        style.indent = indent.to_owned();
    }
    style.line_length = configs.iter().find_map(|c| c.line_length).unwrap_or_else(|| habit(&lines));
    let annotates = |said: Said| said.functions >= SOME && said.annotated * 2 > said.functions;
    style.annotations = annotates(said) && !configs.iter().any(|config| config.old_python);
    style.test_annotations = annotates(said_in_tests);
    style.no_docstrings = said.classes >= ENOUGH_CLASSES && said.documented == 0;
    style.formatted_migrations = formatted * 2 > migrations;
    style.ruff = configs.iter().any(|config| config.ruff);
    style.parenthesized_with = configs.iter().any(|config| config.parenthesized_with);
    match configs.iter().find_map(|config| config.imports.as_ref()) {
        None => style.first_party = modules_in(folders, paths).into_iter().collect(),
        Some(imports) => {
            let mut own = modules_in(&imports.folders, paths);
            own.extend(imports.first_party.iter().cloned());
            style.first_party = own.into_iter().collect();
            style.single_imports = imports.single;
            style.combined_aliases = imports.combined_aliases;
            style.mixed_imports = imports.mixed;
            style.lines_after_imports = imports.lines_after;
        }
    }
    style
}

/// The modules and packages that stand in one of the folders.
fn modules_in(folders: &[String], paths: &[RelPath]) -> BTreeSet<String> {
    let module = |path: &RelPath, folder: &String| {
        let path = path.as_str().strip_suffix(".py")?;
        let below = match folder.as_str() {
            "" => path,
            folder => path.strip_prefix(folder)?.strip_prefix('/')?,
        };
        let name = below.split('/').next()?;
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        (is_name && name != "__init__").then(|| name.to_owned())
    };
    let of = |path| folders.iter().filter_map(move |folder| module(path, folder));
    paths.iter().filter(|path| !is_vendored(path)).flat_map(of).collect()
}

/// Whether most lists of names in the apps' classes are tuples.
pub(super) fn writes_tuples(apps: &[AppFacts]) -> bool {
    let is_tuple = |expr: &Expr| match expr.source.as_bytes().first() {
        Some(b'(') => Some(true),
        Some(b'[') => Some(false),
        _ => None,
    };
    let of_app = |app: &AppFacts| {
        let models = app.models.iter().filter_map(|m| m.meta("ordering"));
        let serializers = app.serializers.iter().filter_map(|s| s.fields_source.as_ref());
        let filtersets = app.filtersets.iter().filter_map(|f| f.fields.as_ref());
        let views = app.viewsets.iter().flat_map(|v| v.attributes.iter().map(|(_, value)| value));
        let all = models.chain(serializers).chain(filtersets).chain(views).filter_map(is_tuple);
        all.fold((0, 0), |(tuples, all), is_tuple| (tuples + usize::from(is_tuple), all + 1))
    };
    let (tuples, all) =
        apps.iter().map(of_app).fold((0, 0), |(tuples, all), (more, of)| (tuples + more, all + of));
    tuples * 2 > all
}

/// The functions that put a text off until it is shown, and so translate names for people.
const TRANSLATORS: [&str; 2] =
    ["django.utils.translation.gettext_lazy", "django.utils.translation.ugettext_lazy"];

/// How the models of the apps are named for people, if most of them or of their fields are by names that are translated.
pub(super) fn names(apps: &[AppFacts], modules: &Modules) -> Option<NameStyle> {
    let mut aliases: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for import in modules.iter().flat_map(|module| &module.module.imports) {
        if TRANSLATORS.contains(&import.path.as_str()) {
            *aliases.entry((&import.path, &import.name)).or_default() += 1;
        }
    }
    let ((function, alias), _) = aliases.into_iter().max_by_key(|(_, count)| *count)?;
    let text = |expr: &Expr| match expr.parts.as_deref() {
        Some(Parts::Call { function, args }) if TRANSLATORS.contains(&function.as_str()) => {
            Some(args.positional.first()?.literal.as_ref()?.as_str()?.to_owned())
        }
        _ => None,
    };
    let mut texts = Vec::new();
    let (mut fields, mut named, mut by_keyword, mut first) = (0, 0, 0, 0);
    let (mut models, mut named_models) = (0, 0);
    for model in apps.iter().flat_map(|app| &app.models) {
        if !model.is_abstract {
            models += 1;
            let name = model.meta("verbose_name").and_then(text);
            named_models += usize::from(name.is_some());
            texts.extend(name);
        }
        for field in model.fields.iter().filter(|field| field.inherited_from.is_none()) {
            fields += 1;
            let keyword = field.args.keyword("verbose_name").and_then(text);
            let positional =
                field.args.positional.first().filter(|_| field.relation.is_none()).and_then(text);
            if field.relation.is_none() {
                by_keyword += usize::from(keyword.is_some());
            }
            first += usize::from(positional.is_some());
            named += usize::from(keyword.is_some() || positional.is_some());
            texts.extend(keyword.or(positional));
        }
    }
    let style = NameStyle {
        function: function.to_owned(),
        alias: alias.to_owned(),
        fields: named * 2 > fields,
        by_keyword: by_keyword > first,
        models: named_models * 2 > models,
        capitalized: texts.iter().filter(|text| text.starts_with(char::is_uppercase)).count() * 2
            > texts.len(),
    };
    (style.fields || style.models).then_some(style)
}

/// How many functions must be there before annotations are a habit.
const SOME: usize = 3;
/// How many classes without a docstring are no accident.
const ENOUGH_CLASSES: usize = 6;

/// How many lines of code must be there before short ones are a habit and not a lack of long ones.
const ENOUGH_LINES: u32 = 200;
/// How many lines must come near a limit of 79 columns before it is taken for one.
const SEVERAL: u32 = 5;

/// The usual limit that the project's lines keep. One line in a thousand may be longer: linters are silenced for
/// single lines.
fn habit(lines: &LineCounts) -> u32 {
    let keeps = |longer: u32| longer <= lines.code / 1000;
    if keeps(lines.over_79) && lines.code >= ENOUGH_LINES && lines.near_79 >= SEVERAL {
        79
    } else if keeps(lines.over_88) {
        88
    } else if keeps(lines.over_100) {
        100
    } else {
        120
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::scanned::ImportConfig;
    use super::*;

    #[test]
    fn the_limit_is_the_one_that_the_lines_keep() {
        let lines = |code, near_79, over_79, over_88, over_100| LineCounts {
            code,
            near_79,
            over_79,
            over_88,
            over_100,
        };
        assert_eq!(habit(&lines(0, 0, 0, 0, 0)), 88);
        assert_eq!(habit(&lines(199, 50, 0, 0, 0)), 88, "too few lines to tell");
        assert_eq!(habit(&lines(200, 4, 0, 0, 0)), 88, "none of them near the limit");
        assert_eq!(habit(&lines(200, 5, 0, 0, 0)), 79);
        assert_eq!(habit(&lines(200, 5, 1, 0, 0)), 88);
        assert_eq!(habit(&lines(200, 5, 1, 1, 0)), 100);
        assert_eq!(habit(&lines(200, 5, 1, 1, 1)), 120);
        assert_eq!(habit(&lines(2000, 50, 2, 2, 2)), 79, "two lines that a linter was told to leave");
        assert_eq!(habit(&lines(2000, 50, 3, 3, 3)), 120);
    }

    #[test]
    fn what_most_functions_and_no_classes_say_is_a_habit() {
        let of = |said: Said| {
            let count =
                StyleCount { said, said_in_tests: Said { annotated: 0, ..said }, ..StyleCount::default() };
            let style = decide([&count, &StyleCount::default()].into_iter(), &[], &[], &[]);
            assert!(!style.test_annotations);
            (style.annotations, style.no_docstrings)
        };
        let said =
            |functions, annotated, classes, documented| Said { functions, annotated, classes, documented };
        assert_eq!(of(said(4, 3, 5, 0)), (true, false));
        assert_eq!(of(said(4, 2, 6, 0)), (false, true));
        assert_eq!(of(said(2, 2, 6, 1)), (false, false), "two functions are no habit, one docstring is one");
    }

    #[test]
    fn a_configured_length_wins() {
        let count = StyleCount {
            lines: LineCounts { code: 9, over_88: 1, ..LineCounts::default() },
            ..StyleCount::default()
        };
        let config = ConfigFile { line_length: Some(95), quote: Some('\''), ..ConfigFile::default() };
        let style = decide([&count].into_iter(), &[config], &[], &[]);
        assert_eq!((style.line_length, style.quote), (95, '\''));
        assert_eq!(decide([&count].into_iter(), &[], &[], &[]).line_length, 100);
    }

    #[test]
    fn the_projects_own_modules_are_those_that_python_or_the_tools_find() {
        let paths: Vec<RelPath> =
            ["web/manage.py", "web/blog/models.py", "web/lib/tags/models.py", "web/.venv/x.py"]
                .iter()
                .map(|path| RelPath::new(*path).unwrap())
                .collect();
        let own = |configs: &[ConfigFile], folders: &[&str]| {
            let folders: Vec<String> = folders.iter().map(|&folder| folder.to_owned()).collect();
            decide([].into_iter(), configs, &folders, &paths).first_party
        };
        assert_eq!(own(&[], &["web", "web/lib"]), ["blog", "lib", "manage", "tags"]);
        let imports = ImportConfig {
            folders: vec![String::new()],
            first_party: vec!["blog".to_owned()],
            single: true,
            ..ImportConfig::default()
        };
        let config = ConfigFile { imports: Some(imports), ..ConfigFile::default() };
        assert_eq!(own(&[config], &["web"]), ["blog", "web"], "as the tool sees it from the top");
    }
}
