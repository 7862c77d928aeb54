//! What one template makes of a request: which words its keywords, options and slots explain, and which none.

use std::ops::Range;

use aksara_protocol::ProjectFacts;
use serde_json::Value;

use super::english::{
    ACTORS, ADDING, ADJECTIVES, AFTER_SUBJECT, AGAINST, BEFORE_ACTOR, BEFORE_NOUN, FEATURE, FIELD, FILLER,
    INTERFACE, KEPT, LOGGED_IN, MORE, PREPOSITIONS, READERS, SUBJECTS, WHOLE,
};
use super::mentions::{Mention, Named, mentions};
use super::options::switched;
use super::phrases::phrases;
use super::slots::{new_models, nouns};
use super::words::{Word, stem, words};
use crate::Template;
use crate::params::properties;
use crate::script::{pascal, plural, singular};

/// What explains a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A keyword of the template.
    Keyword,
    /// A model or an app.
    Named,
    /// A parameter that is turned on or off.
    Option,
    /// A word that asks for something to be there, or holds the sentence together.
    Filler,
    /// Nothing.
    Unknown,
}

/// A request as one template reads it.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) words: Vec<Word>,
    pub(super) roles: Vec<Role>,
    pub(super) mentions: Vec<Mention>,
    /// Parameters that words turn on or off.
    pub(super) options: Vec<(String, bool)>,
    /// A range that the request names: parameters and their numbers.
    pub(super) range: Vec<(String, i64)>,
    /// Names of new models that words of the request give: parameter and name.
    pub(super) made: Vec<(String, String)>,
    /// Words that stand where the thing that the feature is for stands, and that name nothing.
    pub(super) strangers: Vec<usize>,
    /// The word for an action that is not an addition, or that turns the meaning around.
    pub(super) against: Option<usize>,
    /// Words that say that something is to stay as it is: "as they are".
    pub(super) kept: Option<Range<usize>>,
    /// The word for a model which the template would make, and which is there.
    pub(super) taken: Option<usize>,
    /// Words that limit who may do something, or with what of theirs: "orders they made".
    pub(super) limit: Option<Range<usize>>,
    /// Whether a parameter of the template says what "for logged in users" does.
    login: bool,
    /// From 0 to 1.
    pub(super) score: f64,
}

/// What somebody does who writes something: "only logged in users can post".
const WRITING: &[&str] = &["post", "write", "leave", "submit", "add", "send", "make"];

/// What stands before and after a slot in an example: stems, or nothing at the ends.
type Context = (Option<String>, Option<String>);

/// The stem that stands for any keyword of the template in a context.
const ANY_KEYWORD: &str = "*";

/// The whole of a request counts for this much when only a keyword is explained.
const KEYWORD_WEIGHT: f64 = 2.0;
const NAMED_WEIGHT: f64 = 1.0;
/// A word that nothing explains and that asks for more, or changes what a keyword means.
const HEAVY: f64 = 2.0;
/// Any other word that nothing explains.
const LIGHT: f64 = 1.0;
/// No request that is against something scores more.
const AGAINST_SCORE: f64 = 0.3;

impl Reading {
    /// Reads `words` as `template` would.
    pub(super) fn new(words: &[Word], template: &Template, facts: Option<&ProjectFacts>) -> Self {
        let mut reading = Self {
            words: words.to_vec(),
            roles: vec![Role::Unknown; words.len()],
            mentions: facts.map(|facts| mentions(words, facts)).unwrap_or_default(),
            options: Vec::new(),
            range: Vec::new(),
            made: Vec::new(),
            strangers: Vec::new(),
            against: None,
            kept: None,
            taken: None,
            limit: None,
            login: false,
            score: 0.0,
        };
        let keywords = keywords(template);
        reading.mark_keywords(&keywords);
        reading.mark_phrases(template);
        let contexts = contexts(template, &keywords);
        reading.mark_named(&contexts);
        reading.mark_options(template);
        reading.mark_range(template);
        reading.mark_filler(template);
        reading.name_new_models(template);
        reading.mark_login(template);
        reading.find_limit();
        reading.find_kept();
        reading.find_strangers(&contexts);
        reading.find_against();
        reading.weigh();
        reading
    }

    /// Whether any keyword of the template occurs.
    pub(super) fn has_keyword(&self) -> bool {
        self.roles.contains(&Role::Keyword)
    }

    /// Words that nothing explains, as they were typed.
    pub(super) fn unknown(&self) -> Vec<String> {
        (0..self.words.len())
            .filter(|&i| self.roles[i] == Role::Unknown)
            .map(|i| self.words[i].text.clone())
            .collect()
    }

    /// Models that are named, those in the likeliest place only.
    pub(super) fn models(&self, template: &Template) -> Vec<&Mention> {
        let contexts = contexts(template, &keywords(template));
        let models: Vec<&Mention> = self
            .mentions
            .iter()
            .filter(|m| matches!(m.what, Named::Model(_)) && self.roles[m.start] == Role::Named)
            .collect();
        // "project tasks" are tasks.
        let is_part = |one: &Mention, next: &Mention| {
            let last = &self.words[one.start + one.len - 1].lower;
            one.start + one.len == next.start
                && !self.words[next.start].after_comma
                && singular(last) == *last
        };
        let parts: Vec<bool> = models.windows(2).map(|two| is_part(two[0], two[1])).chain([false]).collect();
        let models: Vec<&Mention> = models
            .into_iter()
            .zip(parts)
            .filter(|(_, is_part)| !is_part)
            .map(|(mention, _)| mention)
            .collect();
        // Of "products and orders" both stand where "products" does.
        let mut fits: Vec<u8> = Vec::with_capacity(models.len());
        for (index, mention) in models.iter().enumerate() {
            let own = self.fit(mention.start, mention.start + mention.len - 1, &contexts);
            let is_beside = |i: usize| {
                self.is_joined(models[i], mention.start) || models[i].start + models[i].len == mention.start
            };
            let joined = index.checked_sub(1).filter(|&i| is_beside(i));
            fits.push(joined.map_or(own, |i| own.max(fits[i])));
            // "own projects and tasks": both stand where the better of them does.
            let mut at = index;
            while let Some(before) = joined.and(at.checked_sub(1))
                && (self.is_joined(models[before], models[at].start)
                    || models[before].start + models[before].len == models[at].start)
            {
                fits[before] = fits[before].max(fits[at]);
                at = before;
            }
        }
        let best = fits.iter().copied().max().unwrap_or(0);
        models.into_iter().zip(fits).filter(|(_, fit)| *fit == best).map(|(mention, _)| mention).collect()
    }

    /// Whether only a comma, "and" or "or" stands between a mention and the word at `start`.
    pub(super) fn is_joined(&self, earlier: &Mention, start: usize) -> bool {
        let between = &self.words[earlier.start + earlier.len..start];
        let is_and = |w: &Word| ["and", "or"].contains(&w.lower.as_str());
        (self.words[start].after_comma || between.iter().any(|w| w.after_comma || is_and(w)))
            && between.iter().all(|w| is_and(w) || BEFORE_NOUN.contains(&w.lower.as_str()))
    }

    /// Apps that are named.
    pub(super) fn apps(&self) -> Vec<&str> {
        let named = self.mentions.iter().filter(|m| self.roles[m.start] == Role::Named);
        named
            .filter_map(|m| if let Named::App(label) = &m.what { Some(label.as_str()) } else { None })
            .collect()
    }

    fn mark_keywords(&mut self, keywords: &[Vec<String>]) {
        for start in 0..self.words.len() {
            for phrase in keywords {
                let end = start + phrase.len();
                if end <= self.words.len()
                    && phrase.iter().zip(&self.words[start..end]).all(|(k, w)| *k == w.stem)
                {
                    self.roles[start..end].fill(Role::Keyword);
                }
            }
        }
    }

    /// "each company sees only its own data" means tenants, and names them. That users or rows of a model that is there do
    /// is something else.
    fn mark_phrases(&mut self, template: &Template) {
        // "each customer sees only its own data" is as well a limit, "each customer is a tenant" is none.
        let is_said = self.has_keyword();
        for found in phrases(&self.words, template) {
            // "tenancy by subdomain" says how, and names nothing.
            if found
                .name
                .as_ref()
                .is_some_and(|(_, at)| !switched(template, &self.words[*at].lower).is_empty())
            {
                continue;
            }
            for index in found.words {
                self.roles[index] = Role::Keyword;
            }
            let Some((param, index)) = found.name else { continue };
            let is_there = self.mentions.iter().any(|m| m.covers(index) && matches!(m.what, Named::Model(_)));
            let is_user = self.is_one_of(index, ACTORS);
            if is_user || self.is_one_of(index, READERS) && !is_said {
                self.limit = Some(index..index + 1);
            } else if is_there {
                self.taken = Some(index);
                self.roles[index] = Role::Unknown;
            } else if self.roles[index] == Role::Unknown {
                self.roles[index] = Role::Keyword;
                if self.made.iter().all(|(made, _)| *made != param) {
                    self.made.push((param, pascal(&singular(&self.words[index].lower))));
                }
            }
        }
    }

    /// Whether the word is a form of one of these.
    fn is_one_of(&self, index: usize, nouns: &[&str]) -> bool {
        nouns.iter().any(|noun| stem(noun) == self.words[index].stem)
    }

    /// The "by" or "from" before who does something: "reviews by our users".
    fn before_doer(&self, index: usize) -> Option<usize> {
        let at = self.before(index)?;
        ["by", "from"].contains(&self.words[at].lower.as_str()).then_some(at)
    }

    /// The "by" before a model whose rows do something: of "comments from customers on orders" only the orders get something.
    fn doer(&self, mention: &Mention) -> Option<usize> {
        let is_model = |m: &Mention| matches!(m.what, Named::Model(_));
        let is_other = |m: &&Mention| is_model(m) && m.start != mention.start;
        let at = self.before_doer(mention.start).filter(|_| is_model(mention))?;
        let is_from = self.is_one_of(mention.start, READERS) && self.mentions.iter().any(|m| is_other(&m));
        (self.words[at].lower == "by" || is_from).then_some(at)
    }

    /// Whether the model is said for whom something is, and another one for what.
    fn is_for_whom(&self, mention: &Mention) -> bool {
        let is = |at: usize, list: &[&str]| {
            self.words.get(at).is_some_and(|word| list.contains(&word.lower.as_str()))
        };
        let Some(so) = (0..mention.start).rev().find(|&at| !is(at, BEFORE_NOUN)) else { return false };
        let is_model = |m: &Mention| matches!(m.what, Named::Model(_)) && m.start < so;
        is(so, &["so"])
            && is(mention.start + mention.len, &["can", "may", "could"])
            && self.mentions.iter().any(is_model)
    }

    /// Whether the words before the "by" at `by` say that it is done: "products can be rated by customers".
    fn is_done(&self, by: usize) -> bool {
        self.follows_a_keyword(by) && self.words[by - 1].lower.ends_with("ed")
    }

    /// Whether "leave" says that somebody writes something: "users can leave a comment", and not "leave comments as they are".
    fn is_left(&self, index: usize) -> bool {
        let doer = (0..index).rev().find(|&i| {
            let word = self.words[i].lower.as_str();
            let adds = ADDING.iter().any(|verb| stem(verb) == self.words[i].stem);
            !(FILLER.contains(&word) || word == "to" || adds)
        });
        let has_article = self.words.get(index + 1).is_some_and(|w| ["a", "an"].contains(&w.lower.as_str()));
        doer.is_some_and(|i| is_actor(&self.words[i].lower))
            || has_article && self.after(index).is_some_and(|i| self.roles[i] == Role::Keyword)
    }

    /// A word that is a keyword and names a model ("labels" in a project with a model `Label`) names the model
    /// only where a thing that the feature is for stands, and only if another keyword is left.
    fn mark_named(&mut self, contexts: &[Context]) {
        for mention in self.mentions.clone() {
            if self.taken.is_some_and(|index| mention.covers(index)) {
                continue;
            }
            // "so that customers can find them" says what for.
            if self.is_for_whom(&mention) {
                self.roles[mention.start..mention.start + mention.len].fill(Role::Filler);
                continue;
            }
            // "reviews by users": who does it. "reviews by authors" are not those of others.
            if let Some(by) = self.doer(&mention) {
                let is_anyone = self.is_one_of(mention.start, ACTORS);
                if is_anyone || self.is_one_of(mention.start, READERS) && self.is_done(by) {
                    self.roles[mention.start] = Role::Filler;
                }
                continue;
            }
            let span = mention.start..mention.start + mention.len;
            let is_keyword = span.clone().any(|i| self.roles[i] == Role::Keyword);
            let others = (0..self.words.len()).any(|i| self.roles[i] == Role::Keyword && !mention.covers(i));
            if !is_keyword || (others && self.in_slot(span.start, span.end - 1, contexts)) {
                self.roles[span].fill(Role::Named);
            }
        }
    }

    /// "1-5", "1 to 5", "from 1 to 5", "between 1 and 5", where the template has a least and a most.
    fn mark_range(&mut self, template: &Template) {
        let of_kind = |kind: &str| {
            let mut all = properties(template.params_schema());
            all.find(|(_, p)| p.get("x-kind").and_then(Value::as_str) == Some(kind))
                .map(|(name, _)| name.clone())
        };
        let (Some(least), Some(most)) = (of_kind("least"), of_kind("most")) else { return };
        let numbers: Vec<(usize, i64)> = self
            .words
            .iter()
            .enumerate()
            .filter_map(|(i, word)| Some((i, word.lower.parse().ok()?)))
            .collect();
        // More numbers than two, or words between them that say something else, are no range.
        let [(first, low), (second, high)] = numbers[..] else { return };
        let between = &self.words[first + 1..second];
        let joined = match between {
            [] => true,
            [word] => matches!(word.lower.as_str(), "to" | "and" | "through"),
            _ => false,
        };
        if !joined || low >= high {
            return;
        }
        self.roles[first..=second].fill(Role::Filler);
        if first > 0 && matches!(self.words[first - 1].lower.as_str(), "from" | "between") {
            self.roles[first - 1] = Role::Filler;
        }
        self.range = vec![(least, low), (most, high)];
    }

    fn mark_filler(&mut self, template: &Template) {
        let adding: Vec<String> = ADDING.iter().map(|word| stem(word)).collect();
        for index in 0..self.words.len() {
            let Word { lower, stem: ending_less, .. } = &self.words[index];
            let is = |list: &[&str]| list.contains(&lower.as_str());
            let is_noun = |list: &[&str]| is(list) || list.iter().any(|noun| stem(noun) == *ending_less);
            let filler = is(FILLER)
                || is(PREPOSITIONS)
                || is(MORE)
                || is(ADJECTIVES)
                || is_noun(WHOLE)
                || (adding.contains(ending_less) && !(lower.starts_with("like") && lower != "like"))
                || (is_noun(FIELD) && self.follows_a_name(index))
                || (is(INTERFACE) && (self.follows_a_keyword(index) || self.is_way(index, template)))
                || (lower == "over"
                    && self.is_way(index + usize::from(self.is_article(index + 1)) + 1, template))
                || (is_noun(READERS) && self.is_actor(index))
                || self
                    .before_doer(index)
                    .is_some_and(|by| is_noun(ACTORS) || is_noun(READERS) && self.is_done(by))
                || (lower == "leave" && self.is_left(index))
                || ((is_noun(FEATURE) || is_noun(ACTORS))
                    && !self.after_preposition(index)
                    && !self.joined_to_named(index));
            if self.roles[index] == Role::Unknown && filler && !is(AGAINST) {
                self.roles[index] = Role::Filler;
            }
        }
    }

    /// "Add labels to posts" asks for a model `Label`, though `Tag` is what the template would call it. Of two
    /// nouns for the same thing only the first is a name; the other asks for more than there is.
    fn name_new_models(&mut self, template: &Template) {
        for (param, property) in new_models(template) {
            if self.made.iter().any(|(made, _)| made == param) {
                continue;
            }
            let nouns = nouns(property);
            let noun_of = |word: &Word| nouns.iter().find(|noun| stem(noun) == word.stem);
            let said: Vec<(usize, &String)> = (0..self.words.len())
                .filter(|&i| self.roles[i] == Role::Keyword)
                .filter_map(|i| Some((i, noun_of(&self.words[i])?)))
                .collect();
            let is_noun = |&(i, noun): &(usize, &String)| {
                let lower = &self.words[i].lower;
                *lower == plural(noun) || (lower == noun && !self.is_verb(i))
            };
            let named: Vec<(usize, &String)> = said.iter().copied().filter(is_noun).collect();
            let Some(&(_, name)) = named.first().or_else(|| said.first()) else { continue };
            for (index, noun) in &named {
                if *noun != name {
                    self.roles[*index] = Role::Unknown;
                }
            }
            let model = pascal(name);
            if property.get("default").and_then(Value::as_str) != Some(&model) {
                self.made.push((param.clone(), model));
            }
        }
    }

    /// "tag posts": what stands behind the word is what it is done to.
    fn is_verb(&self, index: usize) -> bool {
        self.after(index).is_some_and(|next| matches!(self.roles[next], Role::Named | Role::Unknown))
    }

    fn find_strangers(&mut self, contexts: &[Context]) {
        let strangers = (0..self.words.len())
            .filter(|&i| self.roles[i] == Role::Unknown && !AGAINST.contains(&self.words[i].lower.as_str()))
            .filter(|&i| self.in_slot(i, i, contexts) || self.is_subject(i));
        self.strangers = strangers.collect();
    }

    /// "leave comments as they are".
    fn find_kept(&mut self) {
        let says = |at: usize, phrase: &[&str]| {
            let said = self.words.get(at..at + phrase.len());
            said.is_some_and(|said| said.iter().zip(phrase).all(|(word, part)| word.lower == *part))
        };
        let found = (0..self.words.len())
            .find_map(|at| KEPT.iter().find(|phrase| says(at, phrase)).map(|phrase| at..at + phrase.len()))
            .filter(|found| {
                self.roles[found.clone()].iter().all(|r| [Role::Unknown, Role::Filler].contains(r))
            });
        if let Some(kept) = found.clone() {
            self.roles[kept].fill(Role::Unknown);
        }
        self.kept = found;
    }

    /// "only logged in users can comment" is how it is by itself, where the template asks who writes for a login; "comments
    /// only for logged in users" are not read by others either.
    fn mark_login(&mut self, template: &Template) {
        let kind = |p: &Value| p.get("x-kind").and_then(Value::as_str) == Some("login");
        let Some((param, _)) = properties(template.params_schema()).find(|(_, p)| kind(p)) else { return };
        let Some(who) = (0..self.words.len()).find_map(|at| logged_in(&self.words, at)) else { return };
        // Who is verified is more than logged in.
        if self.words[who.start].lower == "verified" {
            return;
        }
        let is = |at: usize, list: &[&str]| {
            self.words.get(at).is_some_and(|word| list.contains(&word.lower.as_str()))
        };
        let start =
            (0..who.start).rev().take_while(|&at| is(at, &["only", "for", "by", "to", "but", "just"])).last();
        let ends = |at: usize| is(at, &["only", "can", "may", "could", "should", "must", "be", "able", "to"]);
        let end = (who.end..self.words.len()).find(|&at| !ends(at)).unwrap_or(self.words.len());
        let range = start.unwrap_or(who.start)..end;
        // "logged in users can comment" leaves out nobody who reads; what is "for logged in users" does.
        let is_only = range.clone().any(|at| is(at, &["only", "just"]));
        let is_for = (range.start..who.start).any(|at| is(at, &["for", "to"]));
        let does = (who.end..end).any(|at| is(at, &["can", "may", "could", "should", "must"]));
        let reads = is(end, &["see", "read", "view", "list"]);
        let acts = does || (who.end..end).any(|at| is(at, &["to"]));
        let is_verb = |role: &Role| matches!(role, Role::Unknown | Role::Filler);
        let writes = acts && is(end, WRITING) && self.roles.get(end).is_some_and(is_verb);
        // "only logged in users comment on posts" says who writes without a word like "can".
        let comments = (acts || !is_for) && self.roles.get(end) == Some(&Role::Keyword);
        if reads || writes {
            self.roles[end] = Role::Filler;
        }
        self.login = true;
        if (is_only || is_for) && (reads || !does && !writes && !comments) {
            self.options.push((param.clone(), true));
        }
        let open = range.filter(|&at| self.roles[at] != Role::Keyword).collect::<Vec<_>>();
        for at in open {
            self.roles[at] = Role::Filler;
        }
    }

    /// "orders they made", "their own orders", "users who bought it", "for logged in users", "comments by members".
    fn find_limit(&mut self) {
        let len = self.words.len();
        let is = |at: Option<usize>, list: &[&str]| {
            at.and_then(|at| self.words.get(at)).is_some_and(|word| list.contains(&word.lower.as_str()))
        };
        let is_named = |at: Option<usize>| at.is_some_and(|at| self.roles[at] == Role::Named);
        let found = (0..len).find_map(|i| {
            let before = i.checked_sub(1);
            let of_whom = is(before, &["that", "which", "who", "whom"]);
            let named = if of_whom { i.checked_sub(2) } else { before };
            if is(Some(i), SUBJECTS) && is_named(named) && i + 1 < len {
                let helps = |at: usize| is(Some(at), FILLER) || is(Some(at), &["have", "had"]);
                let verb = (i + 1..len).find(|&at| !helps(at))?;
                return Some(i..verb + 1);
            }
            if is(Some(i), &["own"]) && is(before, &["their", "his", "her"]) && self.roles[i] == Role::Filler
            {
                return Some(i - 1..i + 1);
            }
            let after_actor = before.is_some_and(|at| is_actor(&self.words[at].lower));
            if is(Some(i), &["who", "whose"]) && after_actor && self.roles[i] == Role::Unknown {
                return Some(i..(i + 2).min(len));
            }
            let doer = self.mentions.iter().find(|m| m.start == i && self.doer(m).is_some());
            let by = self.before_doer(i).filter(|_| doer.is_some() || self.is_one_of(i, READERS));
            if let Some(by) = by.filter(|_| self.roles[i] == Role::Unknown) {
                return Some(by..i + doer.map_or(1, |doer| doer.len));
            }
            logged_in(&self.words, i).filter(|_| self.roles[i] != Role::Named && !self.login)
        });
        self.limit = self.limit.take().or(found);
        if let Some(limit) = self.limit.clone() {
            self.roles[limit].fill(Role::Unknown);
        }
    }

    fn find_against(&mut self) {
        let unknown = |i: &usize| self.roles[*i] == Role::Unknown;
        let turned =
            (0..self.words.len()).filter(unknown).find(|&i| AGAINST.contains(&self.words[i].lower.as_str()));
        // What is asked for stands first: a verb there that adds nothing asks for something else.
        let adding: Vec<String> = ADDING.iter().map(|word| stem(word)).collect();
        let first = (0..self.words.len())
            .find(|&i| self.roles[i] != Role::Filler || adding.contains(&self.words[i].stem))
            .filter(|i| unknown(i) && !self.strangers.contains(i));
        let limited = self.limit.as_ref().map(|limit| limit.start);
        let kept = self.kept.as_ref().map(|kept| kept.start);
        self.against = self.taken.or(limited).or(kept).or(turned).or(first);
    }

    fn weigh(&mut self) {
        if !self.has_keyword() {
            return;
        }
        let named = if self.roles.contains(&Role::Named) { NAMED_WEIGHT } else { 0.0 };
        let explained = KEYWORD_WEIGHT + named + self.options.len() as f64;
        let unexplained: f64 = (0..self.words.len())
            .filter(|&i| self.roles[i] == Role::Unknown)
            .map(|i| if self.asks_for_more(i) || self.strangers.contains(&i) { HEAVY } else { LIGHT })
            .sum();
        self.score = explained / (explained + unexplained);
        if self.against.is_some() {
            self.score = self.score.min(AGAINST_SCORE);
        }
    }

    /// Whether a word belongs to a list or a "with", or stands beside a keyword and so changes what it means.
    fn asks_for_more(&self, index: usize) -> bool {
        if self.words[index].after_comma {
            return true;
        }
        let keyword_beside = |i: Option<usize>| i.is_some_and(|i| self.roles.get(i) == Some(&Role::Keyword));
        if keyword_beside(index.checked_sub(1)) || keyword_beside(Some(index + 1)) {
            return true;
        }
        self.before(index).is_some_and(|i| MORE.contains(&self.words[i].lower.as_str()))
    }

    /// Whether the words stand where the thing that the feature is for stands.
    fn in_slot(&self, start: usize, end: usize, contexts: &[Context]) -> bool {
        self.after_preposition(start) || self.fit(start, end, contexts) == 3
    }

    /// A subject without an article or a keyword: "articles should have …".
    fn is_subject(&self, index: usize) -> bool {
        self.before(index).is_none()
            && self.words.get(index + 1).is_some_and(|next| AFTER_SUBJECT.contains(&next.lower.as_str()))
    }

    fn after_preposition(&self, index: usize) -> bool {
        self.before(index).is_some_and(|i| PREPOSITIONS.contains(&self.words[i].lower.as_str()))
    }

    /// Whether a keyword or a model stands right before the word.
    fn follows_a_name(&self, index: usize) -> bool {
        index.checked_sub(1).is_some_and(|i| matches!(self.roles[i], Role::Keyword | Role::Named))
    }

    /// "through the API": how a feature is used that has no other way, as no parameter turns it off.
    fn is_way(&self, index: usize, template: &Template) -> bool {
        let is = |at: usize, list: &[&str]| {
            self.words.get(at).is_some_and(|word| list.contains(&word.lower.as_str()))
        };
        is(index, INTERFACE)
            && switched(template, &self.words[index].lower).is_empty()
            && self
                .before(index)
                .is_some_and(|at| is(at, &["through", "via", "over", "using", "by", "with", "in", "on"]))
    }

    fn is_article(&self, index: usize) -> bool {
        self.words.get(index).is_some_and(|word| BEFORE_NOUN.contains(&word.lower.as_str()))
    }

    /// Whether a keyword stands right before the word.
    pub(super) fn follows_a_keyword(&self, index: usize) -> bool {
        index.checked_sub(1).is_some_and(|i| self.roles[i] == Role::Keyword)
    }

    /// Whether the word stands for who does something, and not for what gets something: "let readers comment".
    fn is_actor(&self, index: usize) -> bool {
        let is = |at: Option<usize>, list: &[&str]| {
            at.and_then(|at| self.words.get(at)).is_some_and(|word| list.contains(&word.lower.as_str()))
        };
        // "customers can comment on tickets", "customers should be able to leave a comment on tickets"
        let modal = is(Some(index + 1), &["can", "could", "may", "will", "should", "must"]);
        let verb = index + 1 + usize::from(modal || is(Some(index + 1), &["are"]));
        let able = ["be", "able", "to"].iter().skip(usize::from(!modal)).enumerate();
        let is_able = able.clone().all(|(at, word)| is(Some(verb + at), &[word]));
        let verb = if is_able { verb + able.count() } else { verb };
        let done = (verb..self.words.len()).find(|&i| {
            !BEFORE_NOUN.contains(&self.words[i].lower.as_str()) && self.words[i].lower != "leave"
        });
        let does = self.before(index).is_none()
            && ((modal || is_able) && done.is_some_and(|i| self.roles[i] == Role::Keyword)
                || self.follows_a_keyword(index + 2) && self.roles.get(index + 2) == Some(&Role::Named));
        does || is(self.before(index), BEFORE_ACTOR) && !is(Some(index + 1), AFTER_SUBJECT)
    }

    /// Whether the word stands beside a named model: "posts and users".
    fn joined_to_named(&self, index: usize) -> bool {
        let Some(joint) = self.before(index) else { return false };
        matches!(self.words[joint].lower.as_str(), "and" | "or" | "plus")
            && joint.checked_sub(1).is_some_and(|i| self.roles[i] == Role::Named)
    }

    /// How well a place fits the examples' slots: 2 for what stands before, 1 for what stands after.
    fn fit(&self, start: usize, end: usize, contexts: &[Context]) -> u8 {
        let before = self.before(start).map(|i| self.context_stem(i));
        let after = self.after(end).map(|i| self.context_stem(i));
        let fits = contexts.iter().map(|(b, a)| 2 * u8::from(*b == before) + u8::from(*a == after));
        let preposition = if self.after_preposition(start) { 2 } else { 0 };
        fits.max().unwrap_or(0).max(preposition)
    }

    fn context_stem(&self, index: usize) -> String {
        let keyword = self.roles[index] == Role::Keyword;
        if keyword { ANY_KEYWORD.to_owned() } else { self.words[index].stem.clone() }
    }

    /// The word before, past articles, adjectives and apps ("the new blog posts").
    fn before(&self, index: usize) -> Option<usize> {
        (0..index).rev().find(|&i| !self.is_light(i))
    }

    fn after(&self, index: usize) -> Option<usize> {
        (index + 1..self.words.len()).find(|&i| !self.is_light(i) && self.words[i].lower != "please")
    }

    fn is_light(&self, index: usize) -> bool {
        let word = self.words[index].lower.as_str();
        let app = |m: &Mention| m.covers(index) && matches!(m.what, Named::App(_));
        BEFORE_NOUN.contains(&word) || ADJECTIVES.contains(&word) || self.mentions.iter().any(app)
    }
}

/// Whether the words say who has an account, and not that somebody gets one: "for logged in users".
pub(super) fn says_logged_in(words: &[Word]) -> bool {
    (0..words.len()).any(|at| logged_in(words, at).is_some())
}

/// The words for who has an account, from the one at `at` on.
fn logged_in(words: &[Word], at: usize) -> Option<Range<usize>> {
    let is = |at: usize, list: &[&str]| words.get(at).is_some_and(|word| list.contains(&word.lower.as_str()));
    let person = if is(at + 1, &["in", "up"]) { at + 2 } else { at + 1 };
    let is_person = words.get(person).is_some_and(|word| is_actor(&word.lower));
    (is(at, LOGGED_IN) && is_person).then(|| at..person + 1)
}

/// Whether the word is one for who uses a project.
pub(super) fn is_actor(word: &str) -> bool {
    ACTORS.iter().chain(READERS).any(|noun| stem(noun) == stem(word))
}

/// The stems of a template's keywords, and of its name.
pub(super) fn keywords(template: &Template) -> Vec<Vec<String>> {
    let meta = template.meta();
    let name = meta.name.replace('_', " ");
    let phrases = meta.keywords.iter().map(String::as_str).chain([name.as_str()]);
    phrases
        .map(|phrase| words(phrase).into_iter().map(|word| word.stem).collect::<Vec<_>>())
        .filter(|phrase| !phrase.is_empty())
        .collect()
}

/// What stands around the slots of a template's examples.
fn contexts(template: &Template, keywords: &[Vec<String>]) -> Vec<Context> {
    let mut contexts = Vec::new();
    for example in &template.meta().examples {
        let words: Vec<Word> =
            words(example).into_iter().filter(|w| !BEFORE_NOUN.contains(&w.lower.as_str())).collect();
        let stem_at = |index: usize| {
            words.get(index).map(|word| {
                let keyword = keywords.iter().any(|phrase| phrase.contains(&word.stem));
                if keyword { ANY_KEYWORD.to_owned() } else { word.stem.clone() }
            })
        };
        for (index, word) in words.iter().enumerate() {
            if word.text.starts_with('{') {
                contexts.push((index.checked_sub(1).and_then(stem_at), stem_at(index + 1)));
            }
        }
    }
    contexts
}
