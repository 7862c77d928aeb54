//! What a stack links, and what a plugin keeps of it for the next time.

use std::any::Any;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aksara_protocol::diagnostic::codes;
use aksara_protocol::wire::{Detected, FileFacts};
use aksara_protocol::{Diagnostic, RelPath};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What [`crate::Stack::link`] works on.
#[derive(Clone, Debug)]
pub struct LinkInput {
    /// What `detect` said.
    pub project: Detected,
    /// The facts of every file that has any, in the order of their paths.
    pub files: Vec<Arc<LinkFile>>,
    /// The paths of every file that `scan` wants to see, in order.
    pub paths: Vec<RelPath>,
}

impl LinkInput {
    /// The input for files with these facts.
    #[must_use]
    pub fn new(project: Detected, files: Vec<FileFacts>, paths: Vec<RelPath>) -> Self {
        let mut input = Self { project, files: link_files(files), paths };
        input.sort();
        input
    }

    /// This input with other contents of some files: `paths` are all that are new or changed, `files` the facts of
    /// those that have any, `removed` is gone.
    pub(crate) fn changed(&self, files: Vec<FileFacts>, paths: Vec<RelPath>, removed: &[RelPath]) -> Self {
        let other: HashSet<&RelPath> =
            removed.iter().chain(&paths).chain(files.iter().map(|f| &f.path)).collect();
        let kept = |path: &RelPath| !other.contains(path);
        let mut changed = Self {
            project: self.project.clone(),
            files: self.files.iter().filter(|f| kept(&f.path)).cloned().collect(),
            paths: self.paths.iter().filter(|p| kept(p)).cloned().collect(),
        };
        drop(other);
        changed.files.extend(link_files(files));
        changed.paths.extend(paths);
        changed.sort();
        changed
    }

    fn sort(&mut self) {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.paths.sort();
    }
}

fn link_files(files: Vec<FileFacts>) -> Vec<Arc<LinkFile>> {
    files.into_iter().map(|file| Arc::new(LinkFile::from(file))).collect()
}

/// A file and what `scan` said of it. Its facts are read from JSON once, however often the file is linked.
#[derive(Debug)]
pub struct LinkFile {
    path: RelPath,
    problem: Option<Diagnostic>,
    /// Taken by whoever reads it.
    unread: Mutex<Value>,
    read: OnceLock<Result<Box<dyn Any + Send + Sync>, String>>,
}

impl From<FileFacts> for LinkFile {
    fn from(file: FileFacts) -> Self {
        Self { path: file.path, problem: file.problem, unread: Mutex::new(file.facts), read: OnceLock::new() }
    }
}

impl LinkFile {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        &self.path
    }

    /// Why it could not be scanned; then it has no facts.
    #[must_use]
    pub fn problem(&self) -> Option<&Diagnostic> {
        self.problem.as_ref()
    }

    /// Its facts in the plugin's own form, which is the same type at every call.
    ///
    /// # Errors
    /// `bad_facts`: they are of another form.
    pub fn facts<T: DeserializeOwned + Send + Sync + 'static>(&self) -> Result<&T, Diagnostic> {
        let read = self.read.get_or_init(|| {
            let facts = std::mem::take(&mut *self.unread.lock().unwrap_or_else(PoisonError::into_inner));
            match T::deserialize(facts) {
                Ok(facts) => Ok(Box::new(facts)),
                Err(error) => Err(error.to_string()),
            }
        });
        let bad = |reason: &str| {
            Diagnostic::new(
                "bad_facts",
                format!("the facts of `{}` are not this plugin's: {reason}", self.path),
            )
            .with_help("clear the cache of facts, then run the command again")
        };
        match read {
            Ok(facts) => facts.downcast_ref().ok_or_else(|| bad("they were read as another type before")),
            Err(reason) => Err(bad(reason)),
        }
    }
}

/// The newest inputs that a host gave a name. Only a means to be asked for less: an input that is not here any
/// more is sent again.
#[derive(Default)]
pub(crate) struct Kept(Mutex<VecDeque<Base>>);

struct Base {
    stack: String,
    name: String,
    input: Arc<LinkInput>,
}

/// How many inputs are kept. A step needs the one before it; the others are for calls that take turns.
const MOST_KEPT: usize = 4;

impl Kept {
    pub(crate) fn keep(&self, stack: &str, name: String, input: Arc<LinkInput>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|base| !base.is(stack, &name, &input.project));
        kept.truncate(MOST_KEPT - 1);
        kept.push_front(Base { stack: stack.to_owned(), name, input });
    }

    /// The input that is kept as `name`.
    ///
    /// # Errors
    /// [`codes::UNKNOWN_BASE`]
    pub(crate) fn find(
        &self,
        stack: &str,
        name: &str,
        project: &Detected,
    ) -> Result<Arc<LinkInput>, Diagnostic> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|base| base.is(stack, name, project));
        found
            .map(|base| Arc::clone(&base.input))
            .ok_or_else(|| Diagnostic::new(codes::UNKNOWN_BASE, format!("no files are kept as `{name}`")))
    }
}

impl Base {
    fn is(&self, stack: &str, name: &str, project: &Detected) -> bool {
        self.stack == stack && self.name == name && self.input.project == *project
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(path: &str, facts: Value) -> FileFacts {
        FileFacts { path: RelPath::new(path).unwrap(), facts, problem: None }
    }

    fn paths(input: &LinkInput) -> Vec<&str> {
        assert_eq!(input.files.len(), input.paths.len());
        input.paths.iter().map(RelPath::as_str).collect()
    }

    fn project() -> Detected {
        Detected { root: String::new(), scan: vec![String::new()], data: aksara_protocol::JsonMap::new() }
    }

    fn input(names: &[&str]) -> LinkInput {
        let files = names.iter().map(|name| file(name, json!([name]))).collect();
        LinkInput::new(project(), files, names.iter().map(|name| RelPath::new(*name).unwrap()).collect())
    }

    #[test]
    fn facts_are_read_once_and_shared_by_what_did_not_change() {
        let base = input(&["a.py", "b.py", "c.py"]);
        let read: *const Vec<String> = base.files[0].facts().unwrap();
        let new = RelPath::new("b.py").unwrap();
        let gone = [RelPath::new("c.py").unwrap()];
        let changed = base.changed(vec![file("b.py", json!(["new"]))], vec![new], &gone);
        assert_eq!(paths(&changed), ["a.py", "b.py"]);
        assert!(std::ptr::eq(read, changed.files[0].facts().unwrap()));
        assert_eq!(changed.files[1].facts::<Vec<String>>(), Ok(&vec!["new".to_owned()]));
        assert_eq!(base.files[1].facts::<Vec<String>>(), Ok(&vec!["b.py".to_owned()]));
        assert_eq!(paths(&base), ["a.py", "b.py", "c.py"]);
    }

    #[test]
    fn facts_of_another_form_are_refused_again_and_again() {
        let file = LinkFile::from(file("a.py", json!("text")));
        for _ in 0..2 {
            let error = file.facts::<Vec<String>>().unwrap_err();
            assert!(error.message.contains("the facts of `a.py` are not this plugin's"), "{error}");
        }
        let number = LinkFile::from(self::file("a.py", json!(1)));
        assert_eq!(number.facts::<u8>(), Ok(&1));
        assert!(number.facts::<String>().is_err());
    }

    #[test]
    fn the_same_name_of_another_project_is_another() {
        let kept = Kept::default();
        kept.keep("django", "tree".to_owned(), Arc::new(input(&["a.py"])));
        let other = Detected { root: "shop".to_owned(), ..project() };
        assert_eq!(kept.find("django", "tree", &project()).map(|input| input.paths.len()), Ok(1));
        assert_eq!(kept.find("django", "tree", &other).unwrap_err().code, codes::UNKNOWN_BASE);
        assert!(kept.find("flask", "tree", &project()).is_err());
    }
}
