//! Code of one module that another is to have as well.

use aksara_protocol::facts::{AppFacts, Narrowing};
use aksara_protocol::{Diagnostic, RelPath};

use super::Edits;
use crate::read::{names, renamed};

impl Edits {
    /// Code from the rule of a `get_queryset`, with what it names imported here and written as it is here.
    ///
    /// # Errors
    /// As [`Edits::import_from`].
    pub fn borrowed(
        &mut self,
        code: &str,
        from: &Narrowing,
        apps: &[AppFacts],
    ) -> Result<String, Diagnostic> {
        // `.filter(…)` is an expression only behind what it is called on.
        if code.starts_with('.') {
            let whole = self.borrowed(&format!("self{code}"), from, apps)?;
            return Ok(whole.strip_prefix("self").unwrap_or(&whole).to_owned());
        }
        let is_here = *self.source().path() == from.place.file;
        let mut written = code.to_owned();
        let named = names(code);
        for (name, path) in from.names_in(code).filter(|(name, _)| named.contains(name)) {
            if is_here && self.meaning_of(name).is_some() {
                continue;
            }
            let here = match path.rsplit_once('.') {
                Some((module, defined)) => match own_module(apps, module) {
                    Some((_, file)) if file == *self.source().path() => defined.to_owned(),
                    Some((app, file)) => self.name_of_app(app, &file, defined)?,
                    None => self.name_from(module, defined)?,
                },
                None => {
                    let _ = self.import_module(path)?;
                    path.clone()
                }
            };
            written = renamed(&written, name, &here);
        }
        Ok(written)
    }
}

/// The app and the file of a module of the project's own.
fn own_module<'f>(apps: &'f [AppFacts], module: &str) -> Option<(&'f AppFacts, RelPath)> {
    apps.iter().find_map(|app| {
        let inside = module.strip_prefix(&app.module)?.strip_prefix('.')?;
        let file = RelPath::new(format!("{}/{}.py", app.dir, inside.replace('.', "/"))).ok()?;
        Some((app, file))
    })
}
